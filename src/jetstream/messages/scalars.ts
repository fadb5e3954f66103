/** Values without parts: texts, flags, whole numbers, words of a list, times. Whole numbers are bigints. */
import { quote } from '../../config/index.js';
import { type JsonValue, stringOf } from '../../go-json/scan.js';
import { goJson } from '../../http/go-format.js';
import { type Instant, instantText, parseInstant, ZERO_INSTANT } from './instant.js';
import { type Kind, type Reading, UnreadableError } from './kind.js';

export const text: Kind<string> = {
  goType: 'string',
  zero: () => '',
  isEmpty: (value) => value === '',
  read(json, before, reading) {
    if (json.kind === 'string') return stringOf(json.raw);
    if (json.kind !== 'null') reading.mismatch(json.kind, this.goType);
    return before;
  },
  write: (value) => goJson(value, 0),
};

export const bool: Kind<boolean> = {
  goType: 'bool',
  zero: () => false,
  isEmpty: (value) => !value,
  read(json, before, reading) {
    if (json.kind === 'bool') return json.raw === 'true';
    if (json.kind !== 'null') reading.mismatch(json.kind, this.goType);
    return before;
  },
  write: String,
};

export const int32 = integer('int32', -(2n ** 31n), 2n ** 31n - 1n);
export const int64 = integer('int64', -(2n ** 63n), 2n ** 63n - 1n);
export const int = integer('int', -(2n ** 63n), 2n ** 63n - 1n);
export const uint64 = integer('uint64', 0n, 2n ** 64n - 1n);
/** Nanoseconds. */
export const duration = integer('time.Duration', -(2n ** 63n), 2n ** 63n - 1n);

function integer(goType: string, min: bigint, max: bigint): Kind<bigint> {
  const fits = (raw: string) => {
    if (!/^-?\d+$/.test(raw) || (min === 0n && raw.startsWith('-'))) return false;
    return BigInt(raw) >= min && BigInt(raw) <= max;
  };
  return {
    goType,
    zero: () => 0n,
    isEmpty: (value) => value === 0n,
    read(json, before, reading) {
      if (json.kind === 'number' && fits(json.raw)) return BigInt(json.raw);
      if (json.kind !== 'null') reading.mismatch(json.kind === 'number' ? `number ${json.raw}` : json.kind, goType);
      return before;
    },
    write: String,
  };
}

interface Words<Word extends string, Unset extends string> {
  /** What stands there when nothing is said. */
  readonly zero: Unset;
  readonly anyCase?: boolean;
  /** What else may be written, and what it means. */
  readonly also?: Readonly<Record<string, Word>>;
}

/** One of some words. Anything else ends the reading, `null` included. */
export function words<const Word extends string, const Unset extends string>(
  goType: string,
  list: readonly Word[],
  { zero, anyCase = false, also = {} }: Words<NoInfer<Word>, Unset>,
): Kind<Word | Unset> {
  // As tokens of JSON: escapes are not undone.
  const known = new Map([...list.map((word) => [word, word] as const), ...Object.entries<Word>(also)].map(asToken));
  return {
    ...wordsWritten(goType, zero),
    read({ raw }) {
      const found = known.get(anyCase ? raw.toLowerCase() : raw);
      if (found === undefined) throw new UnreadableError(`can not unmarshal ${quote(bytesOf(raw))}`);
      return found;
    },
  };
}

/** The same for a type that reads a text first. */
export function textWords<const Word extends string>(
  goType: string,
  list: readonly Word[],
  { zero, problem }: { readonly zero: NoInfer<Word>; readonly problem: string },
): Kind<Word> {
  return {
    ...wordsWritten(goType, zero),
    read(json, _, reading) {
      if (json.kind !== 'string' && json.kind !== 'null') {
        throw new UnreadableError(reading.mismatchProblem(json.kind, text.goType));
      }
      const found = list.find((word) => json.kind === 'string' && word === stringOf(json.raw));
      if (found === undefined) throw new UnreadableError(problem);
      return found;
    },
  };
}

function asToken<Word>([word, meaning]: readonly [string, Word]): [string, Word] {
  return [`"${word}"`, meaning];
}

function wordsWritten<Zero extends string>(goType: string, zero: Zero) {
  return {
    goType,
    zero: () => zero,
    isEmpty: (value: string) => value === zero,
    write: (value: string) => goJson(value, 0),
  };
}

function bytesOf(raw: string): string {
  return Buffer.from(raw, 'latin1').toString('utf8');
}

export const instant: Kind<Instant> = {
  goType: 'time.Time',
  zero: () => ZERO_INSTANT,
  isEmpty: () => false,
  read: readInstant,
  write: (value) => `"${instantText(value)}"`,
};

function readInstant(json: JsonValue, before: Instant, _: Reading): Instant {
  if (json.kind === 'null') return before;
  if (json.kind !== 'string') throw new UnreadableError('Time.UnmarshalJSON: input is not a JSON string');
  const found = parseInstant(json.raw.slice(1, -1));
  if (found !== undefined) return found;
  const [value, layout] = [quote(bytesOf(json.raw.slice(1, -1))), '"2006-01-02T15:04:05Z07:00"'];
  throw new UnreadableError(`parsing time ${value} as ${layout}: cannot parse ${value} as "2006"`);
}
