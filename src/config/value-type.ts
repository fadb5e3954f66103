/**
 * The kinds of values an option may have, as data: scalars, lists, maps and blocks, nested as deep as needed.
 *
 * A description is built with the functions below and read by several others: read-value.ts (files), normalize.ts
 * (library options), value-types in inferred-types.ts (TypeScript), src/explain (explain, diff, generated docs and the
 * JSON Schema). A new kind is added to each of them; the compiler says where. Holds no option and checks nothing.
 */

import type { ConfigValue } from './language/nodes.js';
import type { FieldSpec } from './spec.js';

/** What is wrong with a value, and what to write instead. */
export interface Fault {
  readonly problem: string;
  readonly remedy: string;
}

/** Sentences of the reference, where it has its own for an option; otherwise a general one is used. */
export interface Messages {
  /** The value has another type. */
  readonly wrongType?: (got: ConfigValue) => string;
  /** A block has no such field; a suggestion is appended. */
  readonly unknownField?: (name: string) => string;
  /** The text is no duration, or none of the choices. */
  readonly invalid?: (reason: string, written: string) => string;
}

export interface BoolType {
  readonly kind: 'bool';
  readonly messages?: Messages;
}

export interface TextType {
  readonly kind: 'text';
  /** The value must never be shown. */
  readonly secret?: true;
  readonly nonEmpty?: true;
  readonly check?: (text: string) => Fault | undefined;
  /** A rule that the reference checks only when it starts; the problem follows the name of the option. */
  readonly checkAtStart?: (text: string) => Fault | undefined;
  /** The same rule for the JSON Schema. */
  readonly pattern?: string;
  readonly messages?: Messages;
}

/**
 * What becomes of numbers below zero. `refused`: an error, and 0 means the default. `kept`: a meaning of their own, and
 * 0 means the default. A number: 0 and everything below it becomes that number.
 */
export type Negative = 'refused' | 'kept' | number;

export interface NumberType {
  /** A size counts bytes: a number, or `1MB`, `64kib`, `1k` (a thousand). */
  readonly kind: 'int' | 'size';
  readonly negative?: Negative;
  /** 0 is a value like others, not the default. */
  readonly zero?: 'kept';
  /** The largest value. */
  readonly max?: number;
  /** The smallest value a file may say, where that is more than the library allows. */
  readonly minInFile?: number;
  readonly check?: (value: number | bigint) => Fault | undefined;
  readonly messages?: Messages;
}

/** A port; -1 means any free port, which is kept as `anyFree`. */
export interface PortType {
  readonly kind: 'port';
  readonly anyFree: 0 | -1;
  readonly messages?: Messages;
}

/**
 * Milliseconds as a number for the library. In a file `2m`, `1m30s`, `250ms`; a plain number there depends on `number`:
 * `warned` takes an integer as seconds with a warning, `refused` takes text only, `seconds` takes seconds with decimals.
 */
export interface DurationType {
  readonly kind: 'duration';
  readonly number: 'warned' | 'refused' | 'seconds';
  readonly negative?: Negative;
  /** The shortest one a file may say. */
  readonly minInFile?: { readonly ms: number; readonly text: string };
  /** Above this a file gets a warning. */
  readonly warnAboveMs?: number;
  readonly messages?: Messages;
}

/** A port, or `host:port`, which sets two other fields of the same block. */
export interface AddressType {
  readonly kind: 'address';
  /** The keys of the fields that it sets. */
  readonly sets: readonly [host: string, port: string];
  readonly messages?: Messages;
}

export interface ChoiceType<V extends string = string> {
  readonly kind: 'choice';
  readonly values: readonly V[];
  /** In any case; kept in upper case, or in lower case where that is said. */
  readonly anyCase?: true | 'lower';
  /** The name of its TypeScript type, where it has one. */
  readonly name?: string;
  /** What one is called in the library's error, e.g. `connection type`. */
  readonly noun?: string;
  readonly messages?: Messages;
}

export interface ListType<T = ValueType> {
  readonly kind: 'list';
  readonly of: T;
  /** One entry may stand without the list around it. */
  readonly single?: true;
  /** An empty list in a file is the same as none at all. */
  readonly emptyInFile?: 'absent';
  /** What is said about entries that must not be given twice. */
  readonly twice?: (entries: readonly Readonly<Record<string, string | undefined>>[]) => string | undefined;
  /** Entries that are none of the choices are reported together. */
  readonly wrongChoices?: (names: readonly string[]) => string;
  readonly check?: (entries: readonly string[]) => Fault | undefined;
  /** Checks an entry beside those before it. */
  readonly checkEntry?: (entry: unknown, before: readonly unknown[]) => Fault | undefined;
  /** Brings checked entries into their normal form; undefined: the same as not given. */
  readonly normalize?: (entries: readonly string[]) => readonly string[] | undefined;
  /** Where a wrong entry is reported: at the list, where the reference does so. */
  readonly problemsAt?: 'list';
  readonly messages?: Messages;
}

/** Names that users choose, each with a value. */
export interface MapType<T = ValueType> {
  readonly kind: 'map';
  readonly of: T;
  /** The order of the entries counts. */
  readonly ordered?: true;
  readonly checkName?: (name: string) => Fault | undefined;
  /** Checks an entry that is right by itself. */
  readonly checkEntry?: (name: string, value: unknown) => Fault | undefined;
  /** An entry has another type. */
  readonly wrongEntry?: (name: string, got: ConfigValue) => string;
  readonly messages?: Messages;
}

/** Fields that must not be given together: one of the first with one of the second. */
export interface Exclusive {
  readonly fields: readonly [one: readonly string[], other: readonly string[]];
  /** May name the value of the second. */
  readonly problem: string | ((other: unknown) => string);
  readonly remedy: string;
  /** Where it is reported: at the field of the second, instead of the block. */
  readonly problemsAt?: 'other';
}

export interface BlockRules {
  /** A value that is no block is that of this field. */
  readonly short?: string;
  /** `true` is a block with nothing in it, `false` none. */
  readonly onOff?: true;
  /** The fields whose value names an entry in a list of such blocks; the first one that is given. */
  readonly label?: string | readonly string[];
  readonly exclusive?: readonly Exclusive[];
  /** Checks fields that are right by themselves. */
  readonly check?: (block: Readonly<Record<string, unknown>>) => Fault | undefined;
  /** Where problems of the block as a whole are reported: at the field read last, where the reference does so. */
  readonly problemsAt?: 'last field';
  readonly messages?: Messages;
}

export interface BlockType<F extends readonly FieldSpec[] = readonly FieldSpec[]> extends BlockRules {
  readonly kind: 'block';
  /** What its TypeScript type and its definition in the JSON Schema are called. */
  readonly name: string;
  readonly fields: F;
}

/** One of several types, told apart by the shape of the value; the first that fits counts. */
export interface EitherType<T extends readonly unknown[] = readonly ValueType[]> {
  readonly kind: 'either';
  readonly of: T;
  readonly messages?: Messages;
}

/** Not looked into. */
export interface AnyType {
  readonly kind: 'any';
  readonly messages?: Messages;
}

export type ValueType =
  | BoolType
  | TextType
  | NumberType
  | PortType
  | DurationType
  | AddressType
  | ChoiceType
  | ListType
  | MapType
  | BlockType
  | EitherType
  | AnyType;

type Rules<T> = Omit<T, 'kind'>;

export const any: AnyType = { kind: 'any' };

export function bool(rules: Rules<BoolType> = {}): BoolType {
  return { kind: 'bool', ...rules };
}

export function text(rules: Rules<TextType> = {}): TextType {
  return { kind: 'text', ...rules };
}

/** A text that errors, logs and `config explain` never show. */
export function secret(rules: Rules<TextType> = {}): TextType {
  return { kind: 'text', ...rules, secret: true };
}

export function int(rules: Rules<NumberType> = {}): NumberType & { readonly kind: 'int' } {
  return { ...rules, kind: 'int' };
}

export function size(rules: Rules<NumberType> = {}): NumberType & { readonly kind: 'size' } {
  return { ...rules, kind: 'size' };
}

export function port(rules: Partial<Rules<PortType>> = {}): PortType {
  return { kind: 'port', anyFree: 0, ...rules };
}

export function duration(rules: Partial<Rules<DurationType>> = {}): DurationType {
  return { kind: 'duration', number: 'warned', ...rules };
}

export function address(host: string, portKey: string): AddressType {
  return { kind: 'address', sets: [host, portKey] };
}

export function choice<const V extends string>(
  values: readonly V[],
  rules: Omit<ChoiceType, 'kind' | 'values'> = {},
): ChoiceType<V> {
  return { kind: 'choice', values, ...rules };
}

export function list<const T extends ValueType>(of: T, rules: Omit<ListType, 'kind' | 'of' | 'single'> = {}) {
  return { kind: 'list', of, ...rules } as const satisfies ListType<T>;
}

/** A list, or one entry of it without the brackets. */
export function oneOrMore<const T extends ValueType>(of: T, rules: Omit<ListType, 'kind' | 'of' | 'single'> = {}) {
  return { kind: 'list', of, single: true, ...rules } as const satisfies ListType<T>;
}

export function map<const T extends ValueType>(of: T, rules: Omit<MapType, 'kind' | 'of'> = {}): MapType<T> {
  return { kind: 'map', of, ...rules };
}

export function block<const F extends readonly FieldSpec[], const R extends BlockRules = Record<never, never>>(
  name: string,
  fields: F,
  rules?: R & BlockRules,
): BlockType<F> & R {
  return { kind: 'block', name, fields, ...(rules as R) };
}

export function either<const T extends readonly ValueType[]>(...of: T): EitherType<T> {
  return { kind: 'either', of };
}

/** Whether a value of a file has the shape of this type; says nothing about whether it is right. */
export function fits(type: ValueType, value: ConfigValue): boolean {
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean';
    case 'text':
    case 'choice':
      return typeof value === 'string';
    case 'int':
    case 'size':
    case 'port':
      return typeof value === 'bigint';
    case 'address':
      return typeof value === 'bigint' || typeof value === 'string';
    case 'duration':
      if (typeof value === 'string') return true;
      if (type.number === 'seconds') return typeof value === 'bigint' || typeof value === 'number';
      return type.number === 'warned' && typeof value === 'bigint';
    case 'list':
      return Array.isArray(value) || (type.single === true && fits(type.of, value));
    case 'map':
      return value instanceof Map;
    case 'block': {
      if (value instanceof Map || (type.onOff && typeof value === 'boolean')) return true;
      const short = shortField(type);
      return short !== undefined && fits(short.type, value);
    }
    case 'either':
      return type.of.some((one) => fits(one, value));
    case 'any':
      return true;
  }
}

/** What is asked of a block for every value that it is the type of. */
interface BlockIndex {
  readonly short: FieldSpec | undefined;
  /** By the names in a file, in lower case. */
  readonly bySpelling: ReadonlyMap<string, FieldSpec>;
  /** Fields that turn on others. */
  readonly switches: readonly FieldSpec[];
  /** Fields that have to be there. */
  readonly required: readonly FieldSpec[];
  /** Lists that say something about entries that are given twice. */
  readonly withoutTwins: readonly FieldSpec[];
}

const INDEXES = new WeakMap<BlockType, BlockIndex>();

/** Worked out once: a file may have ten thousand blocks of one type. */
export function indexOf(type: BlockType): BlockIndex {
  const known = INDEXES.get(type);
  if (known !== undefined) return known;
  const bySpelling = new Map<string, FieldSpec>();
  for (const field of type.fields) {
    if (field.inFile === false) continue;
    for (const name of [field.name, ...(field.aliases ?? [])]) if (!bySpelling.has(name)) bySpelling.set(name, field);
  }
  const index = {
    short: type.fields.find(({ name }) => name === type.short),
    bySpelling,
    switches: type.fields.filter(({ turnsOn }) => turnsOn !== undefined),
    required: type.fields.filter(({ required }) => required !== undefined),
    withoutTwins: type.fields.filter((field) => field.type.kind === 'list' && field.type.twice !== undefined),
  };
  INDEXES.set(type, index);
  return index;
}

/** The field that a value without the block around it belongs to. */
export function shortField(type: BlockType): FieldSpec | undefined {
  return type.short === undefined ? undefined : indexOf(type).short;
}

/** The field of a name in a file: any of its spellings, in any case. */
export function fieldNamed(type: BlockType, written: string): FieldSpec | undefined {
  const { bySpelling } = indexOf(type);
  return bySpelling.get(written) ?? bySpelling.get(written.toLowerCase());
}

/** Whether a value in the place of this one may be a secret: what should be a block is one at times. */
export function holdsSecret(type: ValueType): boolean {
  switch (type.kind) {
    case 'text':
      return type.secret === true;
    case 'list':
    case 'map':
      return holdsSecret(type.of);
    case 'block':
      return type.fields.some((field) => holdsSecret(field.type));
    case 'either':
      return type.of.some(holdsSecret);
    default:
      return false;
  }
}

/** The blocks that a value may be itself: the type, or one of its alternatives. */
export function blocksIn(type: ValueType): readonly BlockType[] {
  if (type.kind === 'block') return [type];
  return type.kind === 'either' ? type.of.flatMap(blocksIn) : [];
}

/** The same, and those of the entries of lists and maps. */
export function blocksWithin(type: ValueType): readonly BlockType[] {
  if (type.kind === 'list' || type.kind === 'map') return blocksWithin(type.of);
  return type.kind === 'either' ? type.of.flatMap(blocksWithin) : blocksIn(type);
}

/** All spellings of all fields that may stand in a file. */
export function fieldNames(type: BlockType): string[] {
  return [...indexOf(type).bySpelling.keys()];
}

/** The choice that a text names. */
export function choiceNamed({ values, anyCase }: ChoiceType, written: string): string | undefined {
  const name = anyCase === 'lower' ? written.toLowerCase() : anyCase ? written.toUpperCase() : written;
  return values.find((value) => value === name);
}

/** What a value must be, in words, e.g. `true or false`. */
export function expectedOf(type: ValueType): string {
  switch (type.kind) {
    case 'bool':
      return 'true or false';
    case 'text':
      return 'a string';
    case 'int':
    case 'size':
    case 'port':
      return 'an integer';
    case 'duration':
      return type.number === 'refused' ? "a duration in quotes, such as '2m'" : "a duration such as '2m'";
    case 'address':
      return 'a port or host:port';
    case 'choice': {
      const quoted = type.values.map((value) => `'${value}'`);
      return [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter(Boolean).join(' or ');
    }
    case 'list':
      return type.single ? `${expectedOf(type.of)}, or a list of them` : 'a list';
    case 'map':
      return 'a map';
    case 'block': {
      const short = shortField(type);
      return `${type.onOff ? 'true, false or ' : ''}${short ? `${expectedOf(short.type)} or ` : ''}a map`;
    }
    case 'either':
      return type.of.map(expectedOf).join(' or ');
    case 'any':
      return 'a value';
  }
}
