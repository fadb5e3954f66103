/** Values made of others: lists, maps, and parts that may be missing. */
import type { JsonMember } from '../../go-json/scan.js';
import type { Kind, Reading } from './kind.js';
import { text } from './scalars.js';

/** A part that may be missing; `null` removes it. */
export function optional<T>(inner: Kind<T>): Kind<T | undefined> {
  return {
    goType: `*${inner.goType}`,
    zero: () => undefined,
    isEmpty: (value) => value === undefined,
    read: (json, before, reading) =>
      json.kind === 'null' ? undefined : inner.read(json, before ?? inner.zero(), reading),
    write: (value) => (value === undefined ? 'null' : inner.write(value)),
  };
}

/** A list; without anything it is `[]`. A later document changes entries at the same places. */
export function list<T>(inner: Kind<T>): Kind<readonly T[]> {
  const goType = `[]${inner.goType}`;
  return {
    goType,
    zero: () => [],
    isEmpty: (value) => value.length === 0,
    read(json, before, reading) {
      if (json.kind === 'null') return [];
      if (json.kind === 'array') {
        return json.items.map((item, at) =>
          inner.read(item, at < before.length ? (before[at] as T) : inner.zero(), reading),
        );
      }
      reading.mismatch(json.kind, goType);
      return before;
    },
    write: (value) => `[${value.map((item) => inner.write(item)).join(',')}]`,
  };
}

/** A list that is `null` without anything. */
export function listOrNull<T>(inner: Kind<T>): Kind<readonly T[]> {
  const some = list(inner);
  return { ...some, write: (value) => (value.length === 0 ? 'null' : some.write(value)) };
}

/** Names with values, written in the order of the names. */
export function map<T>(inner: Kind<T>): Kind<ReadonlyMap<string, T>> {
  const goType = `map[string]${inner.goType}`;
  return {
    goType,
    zero: () => new Map(),
    isEmpty: (value) => value.size === 0,
    read(json, before, reading) {
      if (json.kind === 'null') return new Map();
      if (json.kind === 'object') return new Map([...before, ...entries(json.members, inner, reading)]);
      reading.mismatch(json.kind, goType);
      return before;
    },
    write: (value) =>
      `{${sortedEntries(value)
        .map(([name, one]) => `${text.write(name)}:${inner.write(one)}`)
        .join(',')}}`,
  };
}

function entries<T>(members: readonly JsonMember[], inner: Kind<T>, reading: Reading): [string, T][] {
  return members.map(({ name, value }) => [name, inner.read(value, inner.zero(), reading)]);
}

function sortedEntries<T>(value: ReadonlyMap<string, T>): [string, T][] {
  return [...value].sort(([one], [other]) => compareBytes(one, other));
}

/** The order of Go's strings, which are bytes: halves of pairs are out of order in JavaScript. */
export function compareBytes(one: string, other: string): number {
  if (PAIRS.test(one) || PAIRS.test(other)) return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return one < other ? -1 : Number(one > other);
}

const PAIRS = /[\ud800-\udfff]/;
