/**
 * From a block of a configuration file to flat entries: `authorization.users[alice].permissions.publish`.
 *
 * Names are those of the option table, whatever alias was written; an entry of a list goes by its user's name, so that
 * two files compare whatever the order of their users.
 */

import { formatDuration } from '../config/duration.js';
import { sizeText } from '../config/integer.js';
import { type ConfigMap, type ConfigNode, type ConfigValue, kindOf } from '../config/language/nodes.js';
import { readValue } from '../config/read-value.js';
import { Report } from '../config/report.js';
import { type FieldSpec, notYet, type Reloadable } from '../config/spec.js';
import { type BlockType, fieldNamed, fits, holdsSecret, shortField, type ValueType } from '../config/value-type.js';
import { type Entry, entry, type Origin, type VariableStep } from './entry.js';

export interface Place {
  /** The file that was asked about; others are included ones. */
  readonly file: string;
  readonly reload: Reloadable;
  /** Why the whole option has no effect. */
  readonly ignored?: string;
}

/** The entries under `path`, the name of an option or field of this type. */
export function flatten(path: string, type: ValueType, node: ConfigNode, place: Place): Entry[] {
  const { value } = node;
  switch (type.kind) {
    case 'block': {
      if (value instanceof Map) return flattenBlock(path, type, value, place);
      const short = shortField(type);
      return short && fits(short.type, value)
        ? flatten(`${path}.${short.name}`, short.type, node, place)
        : [leaf(path, type, node, place)];
    }
    case 'list':
      if (!Array.isArray(value) || !value.some((item) => item.value instanceof Map)) break;
      return value.flatMap((item, index) =>
        flatten(`${path}[${labelOf(type.of, item.value, index)}]`, type.of, item, place),
      );
    case 'map':
      if (!(value instanceof Map)) break;
      return [
        ...[...value].flatMap(([name, inner]) => flattenNamed(`${path}.${name}`, type.of, inner, place)),
        ...(type.ordered && value.size > 1 ? [orderOf(path, [...value.keys()], node, place)] : []),
      ];
    case 'either': {
      const one = type.of.find((candidate) => fits(candidate, value));
      if (one !== undefined) return flatten(path, one, node, place);
    }
  }
  return [leaf(path, type, node, place)];
}

/** A name that a user chose says something although nothing is in it. */
function flattenNamed(name: string, type: ValueType, node: ConfigNode, place: Place): Entry[] {
  if (!(node.value instanceof Map) || node.value.size > 0) return flatten(name, type, node, place);
  const { reload, ignored } = place;
  const origin = originOf(node, place.file);
  return [entry({ name, value: {}, shown: '{}', origin, reload, ...(ignored !== undefined && { ignored }) })];
}

/** Where the order of entries counts, it is a value like any other. */
function orderOf(path: string, names: string[], node: ConfigNode, { file, reload, ignored }: Place): Entry {
  const origin = originOf(node, file);
  const shown = names.join(', ');
  return entry({
    name: `${path}[order]`,
    value: names,
    shown,
    origin,
    reload,
    ...(ignored !== undefined && { ignored }),
  });
}

function flattenBlock(path: string, type: BlockType, map: ConfigMap, place: Place): Entry[] {
  // Aliases of one field: the last one wins, as it does when the file is read.
  const byName = new Map<string, Entry[]>();
  for (const [spelling, node] of map) {
    const field = fieldNamed(type, spelling);
    if (field === undefined) continue;
    byName.set(field.name, flatten(`${path}.${field.name}`, field.type, node, placeOf(field, place)));
  }
  return [...byName.values()].flat();
}

/** A field has its own rule for reloads, or that of the block around it. */
export function placeOf(field: FieldSpec, place: Place): Place {
  const ignored = place.ignored ?? notYet(field);
  return { ...place, reload: field.reload ?? place.reload, ...(ignored !== undefined && { ignored }) };
}

function leaf(name: string, type: ValueType, node: ConfigNode, place: Place): Entry {
  const { reload, ignored } = place;
  const origin = originOf(node, place.file);
  const shown = inNotation(type, read(type, node) ?? plain(node.value));
  return entry({
    name,
    ...shown,
    secret: holdsSecret(type),
    origin,
    reload,
    ...(ignored !== undefined && { ignored }),
  });
}

/** What the value means, whatever way it is written in; undefined when it can't be read. */
function read(type: ValueType, node: ConfigNode): unknown {
  const report = new Report(true);
  const value = readValue(type, node, { written: '', name: '' }, report);
  return report.problems.length > 0 || (typeof value === 'object' && !Array.isArray(value)) ? undefined : value;
}

/** A normalised value as a file would say it. */
export function inNotation(type: ValueType, value: unknown): { value: unknown; shown?: string } {
  if (typeof value === 'bigint') return { value: String(value), shown: String(value) };
  if (typeof value !== 'number') return { value };
  if (type.kind === 'size') return { value, shown: sizeText(value) };
  if (type.kind !== 'duration') return { value };
  const text = formatDuration(value);
  return { value: text, shown: `"${text}"` };
}

/** Where the value of a node was written. */
export function originOf(node: ConfigNode, file: string): Origin {
  const place = { file: node.file, line: node.line };
  return { kind: 'file', place, included: node.file !== file, variables: variablesOf(node) };
}

function variablesOf(node: ConfigNode): VariableStep[] {
  const { variable } = node;
  if (variable === undefined) return [];
  const { name, definition } = variable;
  if (definition === undefined) return [{ name }];
  return [{ name, definedAt: { file: definition.file, line: definition.line } }, ...variablesOf(definition)];
}

/** The value without its places. */
export function plain(value: ConfigValue): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, node]) => [name, plain(node.value)]));
  if (Array.isArray(value)) return value.map((node) => plain(node.value));
  if (value instanceof Date) return value.toISOString();
  return value;
}

/** What an entry of a list is called: the value of the field that names it, else its position. */
function labelOf(type: ValueType, value: ConfigValue, index: number): string {
  if (!fits(type, value)) return `${index}: ${kindOf(value)}`;
  if (type.kind !== 'block' || !(value instanceof Map)) return String(index);
  const labels = [type.label ?? []].flat().map((label) => {
    return [...value].findLast(([name]) => fieldNamed(type, name)?.name === label)?.[1].value;
  });
  const label = labels.find((text) => typeof text === 'string' && text !== '');
  return label === undefined ? String(index) : String(label);
}
