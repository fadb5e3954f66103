/** Messages and their parts: named fields in the order in which they are written. */
import { quote } from '../../config/index.js';
import type { JsonMember } from '../../go-json/scan.js';
import type { Kind, Reading } from './kind.js';

/** A field: its kind, and whether it is written although it is empty. */
export interface Field<T> {
  readonly kind: Kind<T>;
  readonly printed: 'always' | 'unless empty';
  /** The struct it comes from, where that is embedded in another one. */
  readonly embeddedIn?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the type of a field is kept by inference
export type Fields = Readonly<Record<string, Field<any>>>;

/** What a struct with these fields has as its value. */
export type ValuesOf<F extends Fields> = { readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never };

export interface Struct<F extends Fields> extends Kind<ValuesOf<F>> {
  readonly fields: F;
}

export function always<T>(kind: Kind<T>): Field<T> {
  return { kind, printed: 'always' };
}

export function unlessEmpty<T>(kind: Kind<T>): Field<T> {
  return { kind, printed: 'unless empty' };
}

/** `goName`: Go's name of the type, which the decoder's messages have. */
export function struct<const F extends Fields>(goName: string, fields: F): Struct<F> {
  const rows = Object.entries(fields);
  const byFoldedName = new Map(rows.map(([name]) => [folded(name), name]));
  const nameOf = (given: string) => (Object.hasOwn(fields, given) ? given : byFoldedName.get(folded(given)));
  const goType = `server.${goName}`;
  return {
    goType,
    fields,
    zero: () => valuesOf(rows.map(([name, { kind }]) => [name, kind.zero()])),
    isEmpty: () => false,
    read(json, before, reading) {
      if (json.kind === 'object') return readMembers(json.members, before, reading);
      if (json.kind !== 'null') reading.mismatch(json.kind, goType);
      return before;
    },
    write: (value) => `{${writtenFields(fields, value).join(',')}}`,
  };

  function readMembers(members: readonly JsonMember[], before: ValuesOf<F>, reading: Reading): ValuesOf<F> {
    if (members.length === 0) return before;
    const values: Record<string, unknown> = { ...before };
    for (const member of members) {
      const name = nameOf(member.name);
      const field = name === undefined ? undefined : fields[name];
      if (name !== undefined && field !== undefined)
        values[name] = readField(name, field, member, values[name], reading);
      else if (reading.strict) reading.note(() => `json: unknown field ${quote(member.name)}`);
    }
    return values as ValuesOf<F>;
  }

  function readField(name: string, field: Fields[string], { value }: JsonMember, before: unknown, reading: Reading) {
    const path = field.embeddedIn === undefined ? [name] : [field.embeddedIn, name];
    return reading.inside(goName, path, () => field.kind.read(value, before, reading));
  }
}

/** The fields of one struct as those of another one that embeds it. */
export function embedded<F extends Fields>(goName: string, { fields }: Struct<F>): F {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, { ...field, embeddedIn: goName }]),
  ) as unknown as F;
}

/** `"name":value` of each field that is written. */
export function writtenFields<F extends Fields>(fields: F, values: ValuesOf<F>): string[] {
  return Object.entries(fields).flatMap(([name, { kind, printed }]) => {
    const value = values[name];
    return printed === 'unless empty' && kind.isEmpty(value) ? [] : [`"${name}":${kind.write(value)}`];
  });
}

function valuesOf<F extends Fields>(entries: readonly (readonly [string, unknown])[]): ValuesOf<F> {
  return Object.fromEntries(entries) as ValuesOf<F>;
}

/** Names match in any case; two letters outside ASCII count as the ones they are forms of. */
function folded(name: string): string {
  return name
    .replace(/\u017f/g, 's')
    .replace(/\u212a/g, 'k')
    .toLowerCase();
}
