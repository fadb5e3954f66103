/**
 * From the tree of a file to what a library user would have written: one function per kind of value, guided by the
 * description of the option (value-type.ts).
 *
 * Checks what can be seen in one option alone, with its place; what concerns several top-level options is checked by
 * `resolveOptions`. Fills in no default and knows no option by name.
 */

import { DurationError, formatDuration, isExact, nanoseconds } from './duration.js';
import { brokenExclusion } from './exclusive.js';
import type { ConfigMap, ConfigNode, ConfigValue } from './language/nodes.js';
import { parseListen } from './listen.js';
import type { Report } from './report.js';
import { type FieldSpec, notYet } from './spec.js';
import { NUMBERS_NEED_QUOTES } from './text.js';
import {
  type BlockType,
  type ChoiceType,
  choiceNamed,
  type DurationType,
  expectedOf,
  fieldNamed,
  fieldNames,
  fits,
  holdsSecret,
  indexOf,
  type ListType,
  type MapType,
  type NumberType,
  shortField,
  type TextType,
  type ValueType,
} from './value-type.js';

type Values = Record<string, unknown>;

/** What an option is called in messages. */
export interface Names {
  /** As the file has it. */
  readonly written: string;
  /** As the table has it. */
  readonly name: string;
}

/** The value of a node; undefined where it has none that can be used, which the report knows of. */
export function readValue(type: ValueType, node: ConfigNode, names: Names, report: Report): unknown {
  if (!fits(type, node.value)) return wrongType(type, node, names, report);
  const { value } = node;
  switch (type.kind) {
    case 'bool':
      return value;
    case 'text':
      return readText(type, node, String(value), report);
    case 'int':
    case 'size':
      return readNumber(type, node, names, report);
    case 'port':
      return Number(value);
    case 'duration':
      return readDuration(type, node, names, report);
    case 'choice':
      return readChoice(type, node, names, report);
    case 'address':
      return readAddress(node, report);
    case 'list':
      return readList(type, node, names, report);
    case 'map':
      return readMap(type, node, names, report);
    case 'block':
      return readShortOrBlock(type, node, names, report);
    case 'either':
      return readValue(type.of.find((one) => fits(one, value)) ?? type, node, names, report);
    case 'any':
      return undefined;
  }
}

function wrongType(type: ValueType, node: ConfigNode, { written }: Names, report: Report): undefined {
  const words = type.messages?.wrongType?.(node.value);
  if (words !== undefined) return report.error(node, words);
  const hidden = holdsSecret(type);
  const quotes = type.kind === 'text' ? NUMBERS_NEED_QUOTES : '';
  return report.wrongType(node, written, expectedOf(type) + quotes, hidden);
}

function readText({ check }: TextType, node: ConfigNode, text: string, report: Report): string | undefined {
  const fault = check?.(text);
  return fault === undefined ? text : report.error(node, fault.problem);
}

/** Numbers that JavaScript can't hold exactly stay what they are. */
function readNumber(
  type: NumberType,
  node: ConfigNode,
  { written }: Names,
  report: Report,
): number | bigint | undefined {
  const value = node.value as bigint;
  const { max, minInFile } = type;
  if (max !== undefined && value > max) return report.error(node, `${written} value is too big`);
  if (minInFile !== undefined && value < minInFile) return report.error(node, `${written} value can not be negative`);
  const fault = type.check?.(value);
  if (fault !== undefined) return report.error(node, fault.problem);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Milliseconds, or text where they are not exact enough. */
function readDuration(type: DurationType, node: ConfigNode, names: Names, report: Report): number | string | undefined {
  const exact = durationOf(type, node, names, report);
  if (exact === undefined) return undefined;
  const milliseconds = Number(exact) / 1e6;
  const { minInFile, warnAboveMs } = type;
  if (minInFile !== undefined && milliseconds < minInFile.ms) {
    return report.error(node, `invalid ${names.name} of ${formatDuration(milliseconds)}, ${minInFile.text}`);
  }
  if (milliseconds < 0 && type.number === 'refused' && type.negative !== 'kept') {
    return report.error(node, `invalid ${names.name}, needs to be positive`);
  }
  if (warnAboveMs !== undefined && milliseconds > warnAboveMs)
    warnOfLong(warnAboveMs, milliseconds, node, names, report);
  return isExact(exact) ? milliseconds : `${exact}ns`;
}

/** Nanoseconds. */
function durationOf(type: DurationType, node: ConfigNode, { name }: Names, report: Report): bigint | undefined {
  const { value } = node;
  if (typeof value !== 'string') {
    if (type.number === 'warned') report.warn(node, name, `${name} should be converted to a duration`);
    return typeof value === 'bigint'
      ? BigInt.asIntN(64, value * 1_000_000_000n)
      : BigInt(Math.round(Number(value) * 1e9));
  }
  try {
    return nanoseconds(value);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    const words = type.messages?.invalid?.(error.message, value);
    return report.error(node, words ?? `error parsing ${name}: ${error.message}`);
  }
}

function warnOfLong(limit: number, ms: number, node: ConfigNode, { written }: Names, report: Report): void {
  const cause = "possibly caused by unquoted duration; use '1m' instead of 1m, for example";
  const shown = `timeout of ${node.value} (${(ms / 1000).toFixed(6)} seconds)`;
  report.warn(node, written, `${shown} is high, consider keeping it under ${limit / 1000} seconds. ${cause}`);
}

function readChoice(type: ChoiceType, node: ConfigNode, { written }: Names, report: Report): string | undefined {
  const choice = choiceNamed(type, String(node.value));
  if (choice !== undefined) return choice;
  const problem = `${written} must be ${expectedOf(type)}`;
  return report.error(node, type.messages?.invalid?.(problem, String(node.value)) ?? problem);
}

function readAddress(node: ConfigNode, report: Report) {
  const { value } = node;
  const address = parseListen(typeof value === 'bigint' ? Number(value) : String(value));
  return typeof address === 'string' ? report.error(node, address) : address;
}

function readList(type: ListType, node: ConfigNode, names: Names, report: Report): unknown[] | undefined {
  const entries = Array.isArray(node.value) ? node.value : [node];
  const wrongChoices: string[] = [];
  const before = report.problems.length;
  const values: unknown[] = [];
  for (const entry of entries) {
    if (type.wrongChoices && type.of.kind === 'choice' && typeof entry.value === 'string') {
      const name = entry.value.toUpperCase();
      if (!type.of.values.includes(name)) wrongChoices.push(name);
    }
    if (wrongChoices.length > 0 && typeof entry.value === 'string') continue;
    const place = type.problemsAt === 'list' ? { ...entry, line: node.line, column: node.column } : entry;
    const value = readValue(type.of, place, names, report);
    const fault = value === undefined ? undefined : type.checkEntry?.(value, values);
    if (fault !== undefined) report.error(place, fault.problem);
    else if (value !== undefined) values.push(value);
  }
  if (wrongChoices.length > 0) return report.error(node, type.wrongChoices?.(wrongChoices) ?? '');
  const problem = type.check?.(values as string[])?.problem;
  if (problem !== undefined) return report.error(node, problem);
  if (report.problems.length > before && type.of.kind !== 'block') return undefined;
  // One that lost its entries is not empty.
  return entries.length === 0 && type.emptyInFile === 'absent' ? undefined : values;
}

/** What is said about entries that are given twice. */
export function duplicateIn({ twice }: ListType, entries: readonly unknown[]): string | undefined {
  return twice?.(entries as readonly Record<string, string | undefined>[]);
}

/** What an entry of a map is called: `accounts.A`. Put together when a message needs it. */
class EntryNames implements Names {
  readonly #map: Names;
  readonly #key: string;

  constructor(map: Names, key: string) {
    this.#map = map;
    this.#key = key;
  }

  get written(): string {
    return `${this.#map.written}.${this.#key}`;
  }

  get name(): string {
    return `${this.#map.name}.${this.#key}`;
  }
}

function readMap(type: MapType, node: ConfigNode, names: Names, report: Report): Values {
  const found: [string, unknown][] = [];
  for (const [key, entry] of node.value as ConfigMap) {
    if (type.wrongEntry && !fits(type.of, entry.value)) {
      report.error(entry, type.wrongEntry(key, entry.value));
      continue;
    }
    const wrongName = type.checkName?.(key);
    if (wrongName !== undefined) {
      report.error(node, wrongName.problem);
      continue;
    }
    const before = report.problems.length;
    const value = readValue(type.of, entry, new EntryNames(names, key), report);
    const fault = report.problems.length === before ? type.checkEntry?.(key, value) : undefined;
    if (fault !== undefined) report.error(entry, fault.problem);
    else if (value !== undefined) found.push([key, value]);
  }
  // Not by assignment: a key may be called `__proto__`.
  return Object.fromEntries(found);
}

function readShortOrBlock(type: BlockType, node: ConfigNode, names: Names, report: Report): unknown {
  if (node.value instanceof Map) return readBlock(type, node, node.value, report);
  if (type.onOff && typeof node.value === 'boolean') return node.value;
  const short = shortField(type) as FieldSpec;
  return readValue(short.type, node, names, report);
}

interface Found {
  field: FieldSpec;
  written: string;
  node: ConfigNode;
}

/** Reads a block; undefined when it contradicts itself. */
export function readBlock(type: BlockType, node: ConfigNode, map: ConfigMap, report: Report): Values | undefined {
  const before = report.problems.length;
  const found = fieldsOf(type, map, report);
  const clash = type.exclusive && brokenExclusion(type, (name) => nodeNamed(name, found)?.value);
  const clashing = clash?.rule.fields.flat();
  const values: Values = {};
  for (const one of found) {
    if (clashing?.includes(one.field.name) && notYet(one.field) !== undefined) continue;
    readField(one, values, found, report);
  }
  turnOn(type, values);
  const place = () => (type.problemsAt === 'last field' ? [...map.values()].at(-1) : undefined) ?? node;
  if (clash !== undefined) {
    const other = clash.rule.problemsAt === 'other' ? nodeNamed(clash.other, found) : undefined;
    return report.error(other ?? place(), clash.problem);
  }
  const problem = duplicateWithin(type, values) ?? missingIn(type, values, found);
  if (problem !== undefined) return report.error(place(), problem);
  const fault = report.problems.length === before ? type.check?.(values) : undefined;
  return fault === undefined ? values : report.error(place(), fault.problem);
}

/** What is said for a field of this name, unless it is nothing. */
function nodeNamed(name: string, found: readonly Found[]): ConfigNode | undefined {
  return found.find((one) => one.field.name === name && one.node.value !== '')?.node;
}

/** What is said about the first list with entries that are given twice. */
function duplicateWithin(block: BlockType, values: Values): string | undefined {
  for (const { type, key = '' } of indexOf(block).withoutTwins) {
    const list = values[key];
    const problem = type.kind === 'list' && Array.isArray(list) ? duplicateIn(type, list) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What is said about the first field that has to be there and is not. */
function missingIn(type: BlockType, values: Values, found: readonly Found[]): string | undefined {
  for (const { required, name, key = '' } of indexOf(type).required) {
    if (required !== undefined && !values[key] && nodeNamed(name, found) === undefined) return required.problem;
  }
  return undefined;
}

function fieldsOf(type: BlockType, map: ConfigMap, report: Report): Found[] {
  const found: Found[] = [];
  for (const [written, node] of map) {
    const field = fieldNamed(type, written);
    if (field !== undefined) found.push({ field, written, node });
    else report.unknownField(node, written, fieldNames(type), type.messages?.unknownField?.(written));
  }
  return found;
}

function readField({ field, written, node }: Found, values: Values, all: readonly Found[], report: Report): void {
  const names = { written, name: field.name };
  const { support = 'yes' } = field;
  if (support !== 'yes') {
    report.unsupported(node, written, support, guards(field, node.value));
    readValue(field.type, node, names, report.ofUnsupported());
    return;
  }
  const value = readValue(field.type, node, names, report);
  if (value === undefined) return;
  if (field.once && all.find((one) => one.field === field)?.node !== node) {
    report.error(node, field.once === true ? `Duplicate '${field.name}' configuration` : field.once);
  } else put(field, value, values);
}

function put({ type, key, zeroInFile }: FieldSpec, value: unknown, values: Values): void {
  if (type.kind === 'address') {
    const [hostKey, portKey] = type.sets;
    const { host, port } = value as { host: string; port: number };
    delete values[hostKey];
    delete values[portKey];
    if (host !== '') values[hostKey] = host;
    if (port !== 0) values[portKey] = port;
  } else if (key !== undefined) {
    if (zeroInFile === 'absent' && value === 0) delete values[key];
    else values[key] = value;
  }
}

/** In a file a switch that needs another one turns it on, whatever the file says about that. */
function turnOn(type: BlockType, values: Values): void {
  for (const { turnsOn, key = '' } of indexOf(type).switches)
    if (turnsOn !== undefined && values[key]) values[turnsOn] = true;
}

/** Whether this value of the option decides who may connect: the option itself, or a field that is on. */
function guards({ guards: always, type }: FieldSpec, value: ConfigValue): boolean {
  if (always) return value !== false;
  if (type.kind !== 'block' || !(value instanceof Map)) return false;
  return [...value].some(([name, inner]) => fieldNamed(type, name)?.guards === true && inner.value !== false);
}
