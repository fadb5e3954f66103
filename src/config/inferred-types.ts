/**
 * TypeScript types computed from descriptions: what library users write and what the broker reads. Types only.
 *
 * The written types are also generated with their documentation (broker-options.ts); types.ts checks that both agree.
 */

import type { FieldSpec } from './spec.js';
import type { BlockType, ChoiceType, EitherType, ListType, MapType } from './value-type.js';

/** What library users write for a value of this type. */
export type WrittenOf<T> = T extends { readonly kind: 'bool' }
  ? boolean
  : T extends { readonly kind: 'text' }
    ? string
    : T extends { readonly kind: 'int' | 'port' }
      ? number
      : T extends { readonly kind: 'size' | 'duration' }
        ? number | string
        : T extends { readonly kind: 'address' }
          ? number | string | false
          : T extends ChoiceType<infer V>
            ? V
            : T extends ListType<infer E>
              ? WrittenOf<E>[] | (T extends { readonly single: true } ? WrittenOf<E> : never)
              : T extends MapType<infer E>
                ? Record<string, WrittenOf<E>>
                : T extends BlockType<infer F>
                  ? WrittenBlock<F> | ShortOf<T, F> | (T extends { readonly onOff: true } ? boolean : never)
                  : T extends EitherType<infer M>
                    ? WrittenOf<M[number]>
                    : never;

type ShortOf<T, F extends readonly FieldSpec[]> = T extends { readonly short: infer S }
  ? WrittenOf<Extract<F[number], { readonly name: S }>['type']>
  : never;

type Keyed<F extends readonly FieldSpec[]> = Extract<F[number], { readonly key: string }>;
type Needed<F extends readonly FieldSpec[]> = Extract<Keyed<F>, { readonly required: object }>;

/** The members are flat, so that they compare with an interface. */
export type WrittenBlock<F extends readonly FieldSpec[]> = Flat<
  { [R in Needed<F> as R['key']]: WrittenOf<R['type']> } & {
    [R in Exclude<Keyed<F>, Needed<F>> as R['key']]?: WrittenOf<R['type']> | undefined;
  }
>;

type Flat<T> = { [K in keyof T]: T[K] };

/** What the broker reads for a value of this type: bytes and milliseconds are numbers. */
export type ResolvedOf<T> = T extends { readonly kind: 'bool' }
  ? boolean
  : T extends { readonly kind: 'text' }
    ? string
    : T extends { readonly kind: 'int' | 'port' | 'size' | 'duration' }
      ? number
      : T extends ChoiceType<infer V>
        ? V
        : T extends ListType<infer E>
          ? ResolvedOf<E>[]
          : T extends MapType<infer E>
            ? Record<string, ResolvedOf<E>>
            : T extends BlockType<infer F>
              ? ResolvedBlock<F>
              : T extends EitherType<infer M>
                ? ResolvedOf<M[number]>
                : never;

type Sure<F extends readonly FieldSpec[]> =
  | Needed<F>
  | Extract<Keyed<F>, { readonly default: string | number | boolean | object }>;

/** The name under which a resolved block has a field: durations end in `Ms`. */
type ResolvedKey<R extends FieldSpec & { key: string }> = R['type'] extends { readonly kind: 'duration' }
  ? `${R['key']}Ms`
  : R['key'];

/** Fields with a default are always there. */
export type ResolvedBlock<F extends readonly FieldSpec[]> = Flat<
  { [R in Sure<F> as ResolvedKey<R>]: ResolvedOf<R['type']> } & {
    [R in Exclude<Keyed<F>, Sure<F>> as ResolvedKey<R>]?: ResolvedOf<R['type']>;
  }
>;
