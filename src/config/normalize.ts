/**
 * From what a library user wrote, or a file said, to the form the broker reads: one function per kind of value, guided
 * by the description of the option (value-type.ts).
 *
 * The only place that fills in defaults. Lists are lists, blocks are blocks, durations are milliseconds under a name
 * that ends in `Ms`. Throws `OptionsError` with the path of the value; knows no option by name.
 */

import { DurationError, formatDuration, isExact, nanoseconds } from './duration.js';
import { type NameOf, type OptionPath, type OptionStep, OptionsError, snakeCase } from './errors.js';
import { brokenExclusion } from './exclusive.js';
import { integerOf, sizeText } from './integer.js';
import { duplicateIn } from './read-value.js';
import { type FieldSpec, notYet } from './spec.js';
import { didYouMean } from './suggest.js';
import { quote } from './text.js';
import {
  type BlockType,
  type ChoiceType,
  choiceNamed,
  type DurationType,
  type EitherType,
  expectedOf,
  type Fault,
  holdsSecret,
  indexOf,
  type ListType,
  type MapType,
  type NumberType,
  type PortType,
  shortField,
  type TextType,
  type ValueType,
} from './value-type.js';

const PORT_MAX = 65_535;

type Values = Record<string, unknown>;

/** The normal form of a written value; undefined: the same as not given. */
export function normalize(type: ValueType, written: unknown, path: OptionPath): unknown {
  return normal(type, written, [...path]);
}

/** The fields of a block: unknown ones refused, defaults filled in, rules between them checked. */
export function normalFields(type: BlockType, written: unknown, path: OptionPath): Values {
  return fieldsOf(type, written, [...path]);
}

/** Where a value is: one list for all of them, which has a step more while a part of the value is looked at. */
type Trail = OptionStep[];

/** `field` is the row it belongs to, if any. */
function normal(type: ValueType, written: unknown, path: Trail, field?: FieldSpec): unknown {
  switch (type.kind) {
    case 'bool':
      if (typeof written !== 'boolean') throw wrongType(path, 'true or false', written);
      return written;
    case 'text':
      return normalText(type, written, path);
    case 'int':
    case 'size':
    case 'duration':
      return normalNumber(type, written, path, field);
    case 'port':
      return normalPort(type, written, path);
    case 'choice':
      return normalChoice(type, written, path);
    case 'list':
      return normalList(type, written, path);
    case 'map':
      return normalMap(type, written, path);
    case 'block':
      return normalBlock(type, written, path);
    case 'either':
      return normalEither(type, written, path);
    case 'address':
    case 'any':
      return written;
  }
}

function normalText(type: TextType, written: unknown, path: Trail): string {
  const { check, checkAtStart, secret } = type;
  if (typeof written !== 'string') throw wrongType(path, 'a string', written, secret);
  const fault = check?.(written);
  if (fault !== undefined) throw new OptionsError(path, fault.problem, fault.remedy);
  const late = checkAtStart?.(written);
  if (late !== undefined) throw new OptionsError(path, (nameOf) => `${nameOf(...path)} ${late.problem}`, late.remedy);
  return written;
}

/** Zero is the default where zero makes no sense as a value, as in the reference. */
function normalNumber(type: NumberType | DurationType, written: unknown, path: Trail, field?: FieldSpec): unknown {
  const value = type.kind === 'duration' ? milliseconds(path, written) : wholeNumber(type, written, path);
  const { negative = 'refused' } = type;
  if (typeof negative === 'number') return value <= 0 ? negative : value;
  const keepsZero = type.kind !== 'duration' && type.zero === 'kept';
  if ((value === 0 || value === 0n) && !keepsZero) return field?.default;
  if (value < 0 && negative === 'refused') {
    const said = (nameOf: NameOf) => `${nameOf(...path)} can not be negative`;
    throw new OptionsError(path, said, (_, inFile) => leaveOut(type, field, inFile));
  }
  const fault = type.kind === 'duration' ? undefined : type.check?.(value);
  if (fault !== undefined) throw new OptionsError(path, fault.problem, fault.remedy);
  const max = type.kind === 'duration' ? undefined : type.max;
  if (max === undefined || value <= max) return value;
  throw new OptionsError(path, (nameOf) => `${nameOf(...path)} value is too big`, `Use ${max} or less.`);
}

/** The default as a number for the library, and in its notation for a file. */
function leaveOut(type: NumberType | DurationType, field: FieldSpec | undefined, inFile: boolean): string {
  const value = field?.default;
  if (typeof value !== 'number') return 'Leave it out.';
  const shown = !inFile || type.kind === 'int' ? value : type.kind === 'size' ? sizeText(value) : formatDuration(value);
  return `Leave it out for the default, ${shown}.`;
}

function wholeNumber(type: NumberType, written: unknown, path: Trail): number | bigint {
  const readable = type.kind === 'size' ? ['number', 'bigint', 'string'] : ['number', 'bigint'];
  const fraction = type.kind === 'int' && typeof written === 'number' && !Number.isInteger(written);
  if (readable.includes(typeof written) && !fraction) {
    const value = integerOf(written as number | bigint | string);
    if (value !== undefined) return value;
  }
  const size = "a number of bytes, or a size such as '1MB'";
  throw wrongType(path, type.kind === 'size' ? size : 'a whole number', written);
}

/** Nanoseconds as a bigint where milliseconds are not exact enough. */
function milliseconds(path: Trail, written: unknown): number | bigint {
  if (typeof written === 'number' && Number.isFinite(written)) return written;
  if (typeof written !== 'string') throw wrongType(path, "milliseconds, or a duration such as '2m'", written);
  try {
    const exact = nanoseconds(written);
    return isExact(exact) ? Number(exact) / 1e6 : exact;
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    const said = (nameOf: NameOf) => `error parsing ${nameOf(...path)}: ${error.message}`;
    throw new OptionsError(path, said, "Write a duration such as '2m' or '250ms'.");
  }
}

function normalPort({ anyFree }: PortType, written: unknown, path: Trail): number {
  if (typeof written !== 'number' || !Number.isSafeInteger(written)) throw wrongType(path, 'a whole number', written);
  if (written === -1) return anyFree;
  if (written >= 0 && written <= PORT_MAX) return written;
  const remedy = `Use a port up to ${PORT_MAX}, or -1 for any free port.`;
  throw new OptionsError(path, (nameOf) => `invalid ${nameOf(...path)} ${written}`, remedy);
}

function normalChoice(type: ChoiceType, written: unknown, path: Trail): string {
  const choice = typeof written === 'string' ? choiceNamed(type, written) : undefined;
  if (choice !== undefined) return choice;
  const remedy = `Use ${type.values.length > 3 ? 'some of ' : ''}${type.values.join(', ')}.`;
  if (type.noun === undefined) {
    throw new OptionsError(path, (nameOf) => `${nameOf(...path)} must be ${expectedOf(type)}`, remedy);
  }
  throw new OptionsError(path, `unknown ${type.noun} ${quote(String(written))}`, remedy);
}

function normalList(type: ListType, written: unknown, path: Trail): unknown {
  if (!fitsWritten(type, written)) throw wrongType(path, listOf(type), written, holdsSecret(type.of));
  const values = Array.isArray(written) ? normalEntries(type, written, path) : [normalEntryOf(type, written, [], path)];
  const duplicate = duplicateIn(type, values);
  if (duplicate !== undefined) throw new OptionsError(path, duplicate, 'Remove one of them.');
  const fault = type.check?.(values as string[]);
  if (fault !== undefined)
    throw new OptionsError(path, (nameOf) => `${nameOf(...path)}: ${fault.problem}`, fault.remedy);
  return type.normalize ? type.normalize(values as string[]) : values;
}

function normalEntries(type: ListType, written: readonly unknown[], path: Trail): unknown[] {
  const values: unknown[] = [];
  for (let index = 0; index < written.length; index++) {
    path.push(index);
    values.push(normalEntryOf(type, written[index], values, path));
    path.pop();
  }
  return values;
}

function normalEntryOf(type: ListType, written: unknown, before: readonly unknown[], path: Trail): unknown {
  const value = normal(type.of, written, path);
  const fault = type.checkEntry?.(value, before);
  if (fault !== undefined) throw new OptionsError(path, fault.problem, fault.remedy);
  return value;
}

function listOf({ of, single }: ListType): string {
  const noun = of.kind === 'choice' ? `${of.noun ?? 'name'}s` : of.kind === 'text' ? 'strings' : 'blocks';
  return single && of.kind === 'text' ? 'a string, or a list of strings' : `a list of ${noun}`;
}

/** Sorted by key unless the order counts, so that what says the same is the same; none is the same as not given. */
function normalMap(type: MapType, written: unknown, path: Trail): Values | undefined {
  if (!isObject(written)) {
    const remedy = `Give an object whose values are ${expectedOf(type.of)} each.`;
    throw new OptionsError(path, (nameOf) => `${nameOf(...path)} must be an object`, remedy);
  }
  const values = new Map<string, unknown>();
  for (const [key, value] of Object.entries(written)) {
    path.push({ chosen: key });
    values.set(key, normalEntry(type, key, value, path));
    path.pop();
  }
  if (values.size === 0) return undefined;
  if (type.ordered) return Object.fromEntries(values);
  return Object.fromEntries([...values.keys()].sort().map((key) => [key, values.get(key)]));
}

function normalEntry(type: MapType, name: string, written: unknown, path: Trail): unknown {
  const wrongName = type.checkName?.(name);
  if (wrongName !== undefined) throw new OptionsError(path, wrongName.problem, wrongName.remedy);
  const value = normal(type.of, written, path);
  const fault = type.checkEntry?.(name, value);
  if (fault !== undefined) throw new OptionsError(path, fault.problem, fault.remedy);
  return value;
}

function normalBlock(type: BlockType, written: unknown, path: Trail): unknown {
  if (type.onOff && typeof written === 'boolean') return written ? fieldsOf(type, {}, path) : undefined;
  const short = shortField(type);
  if (short?.key !== undefined && !isObject(written) && mayBeShort(short.type, written)) {
    return fieldsOf(type, { [short.key]: written }, path);
  }
  return fieldsOf(type, written, path);
}

/** A list with wrong entries is one all the same: the error is about the entries. */
function mayBeShort(type: ValueType, written: unknown): boolean {
  return fitsWritten(type, written) || (type.kind === 'list' && Array.isArray(written));
}

/** A field that library options have. */
interface KeyedField {
  readonly key: string;
  /** What it is called in its normal form. */
  readonly resolvedKey: string;
  readonly field: FieldSpec;
  /** Of a block that is there even when nobody writes it: what is taken as written. */
  readonly assumed: unknown;
  /** The normal form where nothing is written. */
  readonly unsaid: unknown;
  readonly required: Fault | undefined;
}

/** What is asked of a block for every value of it. */
interface KeyIndex {
  readonly fields: readonly KeyedField[];
  readonly keys: readonly string[];
  readonly known: ReadonlySet<string>;
}

const KEY_INDEXES = new WeakMap<BlockType, KeyIndex>();

function keysOf(type: BlockType): KeyIndex {
  const before = KEY_INDEXES.get(type);
  if (before !== undefined) return before;
  const fields = type.fields.flatMap((field) => {
    const { key, required } = field;
    if (key === undefined) return [];
    const [assumed, unsaid] = field.type.kind === 'block' ? [field.default, undefined] : [undefined, field.default];
    return [{ key, resolvedKey: resolvedKey(field), field, assumed, unsaid, required }];
  });
  const keys = fields.map(({ key }) => key);
  const index = { fields, keys, known: new Set(keys) };
  KEY_INDEXES.set(type, index);
  return index;
}

function fieldsOf(type: BlockType, written: unknown, path: Trail): Values {
  const { fields, keys, known } = keysOf(type);
  if (!isObject(written)) {
    const remedy = (nameOf: NameOf) => `Give ${nameOf(...path)} ${keys.join(', ')}.`;
    throw new OptionsError(path, (nameOf) => `${nameOf(...path)} must be an object`, remedy);
  }
  for (const key of Object.keys(written)) if (!known.has(key)) refuseUnknown(type, key, keys, path);
  refuseClash(type, written, path);
  const values: Values = {};
  for (const { key, resolvedKey, field, assumed, unsaid, required } of fields) {
    const own = written[key];
    const said = isAbsent(own) ? assumed : own;
    const value = said === undefined ? unsaid : normalField(field, key, said, path);
    if (value !== undefined) values[resolvedKey] = value;
    else if (required) throw new OptionsError(path, required.problem, required.remedy);
  }
  for (const { turnsOn = '', key = '' } of indexOf(type).switches) {
    if (values[key] && written[turnsOn] === undefined) values[turnsOn] = true;
  }
  const fault = type.check?.(values);
  if (fault !== undefined) throw new OptionsError(path, fault.problem, fault.remedy);
  return values;
}

function normalField(field: FieldSpec, key: string, written: unknown, path: Trail): unknown {
  path.push(key);
  const value = normal(field.type, written, path, field);
  path.pop();
  return value;
}

function refuseClash(type: BlockType, written: Values, path: Trail): void {
  if (type.exclusive === undefined) return;
  const keyOf = (name: string) => type.fields.find((field) => field.name === name)?.key ?? '';
  const valueNamed = (name: string) => (isAbsent(written[keyOf(name)]) ? undefined : written[keyOf(name)]);
  const clash = brokenExclusion(type, valueNamed);
  if (clash !== undefined) throw new OptionsError(path, clash.problem, clash.remedy);
}

/** The name under which a resolved block has a field. */
export function resolvedKey({ type, key = '' }: FieldSpec): string {
  return type.kind === 'duration' ? `${key}Ms` : key;
}

function refuseUnknown(type: BlockType, key: string, known: readonly string[], path: Trail): never {
  const row = type.fields.find((field) => field.key === undefined && field.name === snakeCase(key));
  const sentence = row && notYet(row);
  if (sentence !== undefined) {
    throw new OptionsError([...path, key], `${quote(key)} can't be used: ${sentence}`, 'Remove the option.');
  }
  const hint = didYouMean(key, known);
  const where = (nameOf: NameOf) => (path.length === 0 ? '' : ` in ${nameOf(...path)}`);
  const remedy = path.length === 0 ? 'Remove the option or correct its spelling.' : `Known: ${known.join(', ')}.`;
  throw new OptionsError([...path, key], (nameOf) => `unknown option ${quote(key)}${where(nameOf)}${hint}`, remedy);
}

function normalEither(type: EitherType, written: unknown, path: Trail): unknown {
  const one = type.of.find((candidate) => fitsWritten(candidate, written));
  if (one === undefined) throw wrongType(path, expectedOf(type), written, holdsSecret(type));
  return normal(one, written, path);
}

/** Whether a value of the library has the shape of this type; says nothing about whether it is right. */
function fitsWritten(type: ValueType, written: unknown): boolean {
  switch (type.kind) {
    case 'bool':
      return typeof written === 'boolean';
    case 'text':
    case 'choice':
      return typeof written === 'string';
    case 'int':
    case 'port':
      return typeof written === 'number' || typeof written === 'bigint';
    case 'size':
    case 'duration':
    case 'address':
      return ['number', 'bigint', 'string'].includes(typeof written);
    case 'list':
      return Array.isArray(written) || (type.single === true && fitsWritten(type.of, written));
    case 'map':
      return isObject(written);
    case 'block': {
      if (isObject(written) || (type.onOff && typeof written === 'boolean')) return true;
      const short = shortField(type);
      return short !== undefined && fitsWritten(short.type, written);
    }
    case 'either':
      return type.of.some((one) => fitsWritten(one, written));
    case 'any':
      return true;
  }
}

function isAbsent(written: unknown): boolean {
  return written === undefined || written === null || written === '';
}

function isObject(written: unknown): written is Values {
  return typeof written === 'object' && written !== null && !Array.isArray(written);
}

/** `hidden`: the value is a secret, or may hold one; only its type is shown. */
export function wrongType(path: OptionPath, expected: string, written: unknown, hidden = false): OptionsError {
  const type = Array.isArray(written) ? 'a list' : `a value of type ${typeof written}`;
  const shown = hidden ? type : typeof written === 'string' ? quote(written) : String(written);
  const said = (nameOf: NameOf) => `${nameOf(...path)} must be ${expected}, not ${shown}`;
  return new OptionsError(path, said, (nameOf) => `Give ${nameOf(...path)} ${expected}.`);
}
