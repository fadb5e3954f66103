/**
 * Compares the contract with the declarations that the addon's build generates: `tsc` fails when a function, a field or
 * its type differs. Types only; nothing imports this file.
 *
 * The contract may be narrower in two ways, which `Wide` removes on both sides: literals where the addon says `string`,
 * and unions where the addon says an object whose fields are optional.
 */
import type { Addon } from './contract.js';
import type * as generated from './generated.js';

type Generated = typeof generated;

type Wide<T> = Widened<Present<T>> | Absent<T>;
type Present<T> = Exclude<T, undefined | null>;
/** The generated declarations allow null wherever a value may be absent. */
type Absent<T> = [T] extends [Present<T>] ? never : undefined;

type Widened<T> = [T] extends [string]
  ? string
  : [T] extends [boolean]
    ? boolean
    : [T] extends [number | ArrayBufferView]
      ? T
      : [T] extends [(...parameters: infer P) => infer R]
        ? (...parameters: WideTuple<P>) => WideResult<R>
        : [T] extends [(infer E)[]]
          ? Wide<E>[]
          : WideObject<IsUnion<T> extends true ? Merged<T> : T>;

type WideResult<R> = [R] extends [object | string | number | boolean] ? Wide<R> : R;
type WideTuple<P extends unknown[]> = { [I in keyof P]: Wide<P[I]> };
type WideObject<T> = { [K in keyof T]: Wide<T[K]> };

/** The members of a union as one object: fields that not every member has are optional. */
type Merged<U> = { [K in KeyOfAll<U>]: FieldOfAny<U, K> } & {
  [K in Exclude<KeyOfAny<U>, KeyOfAll<U>>]?: FieldOfAny<U, K>;
};
type IsUnion<T, U = T> = [T extends unknown ? ([U] extends [T] ? never : true) : never] extends [never] ? false : true;
/** In two steps, so that the mapped type above is not distributed over the union. */
type KeyOfAll<U> = Extract<KeyOfAny<U>, keyof U>;
type KeyOfAny<U> = U extends unknown ? keyof U : never;
type FieldOfAny<U, K> = U extends unknown ? (K extends keyof U ? U[K] : never) : never;

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The names of the functions that only one side has, or that differ. */
type Different = {
  [K in keyof Addon | keyof Generated]: K extends keyof Addon & keyof Generated
    ? Equal<Wide<Addon[K]>, Wide<Generated[K]>> extends true
      ? never
      : K
    : K;
}[keyof Addon | keyof Generated];

/** An error here names the functions whose declarations in contract.ts and generated.d.ts differ. */
export type ContractMatches = Expect<Different>;
type Expect<T extends never> = T;
