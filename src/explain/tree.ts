/**
 * From a block of a configuration file to flat entries: `authorization.users[alice].permissions.publish`.
 *
 * Names are those of the option table, whatever alias was written; an entry of a list goes by its user's name, so that
 * two files compare whatever the order of their users.
 */

import { type ConfigMap, type ConfigNode, type ConfigValue, kindOf } from '../config/language/nodes.js';
import {
  AUTHORIZATION_FIELDS,
  type FieldSpec,
  fieldNamed,
  PERMISSION_FIELDS,
  RESPONSE_FIELDS,
  USER_FIELDS,
} from '../config/schema-authorization.js';
import type { Reloadable } from '../config/spec.js';
import { type Entry, entry, type Origin, type VariableStep } from './entry.js';

/** The fields of blocks that are known, by the canonical name of the option or field that holds them. */
const BLOCKS: Record<string, readonly FieldSpec[]> = {
  authorization: AUTHORIZATION_FIELDS,
  users: USER_FIELDS,
  permissions: PERMISSION_FIELDS,
  default_permissions: PERMISSION_FIELDS,
  allow_responses: RESPONSE_FIELDS,
};

export interface Place {
  /** The file that was asked about; others are included ones. */
  readonly file: string;
  readonly reload: Reloadable;
  /** Why the whole option has no effect. */
  readonly ignored?: string;
}

/** The entries under `path`, which is the canonical name of an option. */
export function flatten(path: string, node: ConfigNode, place: Place, block = path): Entry[] {
  const { value } = node;
  if (value instanceof Map) return flattenMap(path, value, place, BLOCKS[block]);
  if (Array.isArray(value) && value.some((item) => item.value instanceof Map)) {
    return value.flatMap((item, index) => flatten(`${path}[${labelOf(item.value, index)}]`, item, place, block));
  }
  return [leaf(path, node, place)];
}

function flattenMap(path: string, map: ConfigMap, place: Place, fields: readonly FieldSpec[] | undefined): Entry[] {
  // Aliases of one field: the last one wins, as it does when the file is read.
  const byName = new Map<string, Entry[]>();
  for (const [written, node] of map) {
    const field = fields && fieldNamed(fields, written);
    if (fields && field === undefined && node.usedAsVariable) continue;
    const name = field?.name ?? written;
    const ignored = place.ignored ?? (field && field.support !== 'yes' ? field.support.notYet : undefined);
    const inner = ignored === undefined ? place : { ...place, ignored };
    byName.set(name, flatten(`${path}.${name}`, node, inner, name));
  }
  return [...byName.values()].flat();
}

/** Several spellings of one rule: a subject, a list of them, or the list under `allow`. */
const RULE = /\.(?:publish|subscribe)(?<side>\.allow|\.deny)?$/;

function leaf(path: string, node: ConfigNode, place: Place): Entry {
  const { reload, ignored } = place;
  const rule = RULE.exec(path);
  const name = rule !== null && rule.groups?.side === undefined ? `${path}.allow` : path;
  const raw = plain(node.value);
  const value = rule !== null && !Array.isArray(raw) ? [raw] : raw;
  return entry({ name, value, origin: originOf(node, place.file), reload, ...(ignored !== undefined && { ignored }) });
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

const LABELS = ['user', 'username', 'nkey', 'name'];

function labelOf(value: ConfigValue, index: number): string {
  if (!(value instanceof Map)) return `${index}: ${kindOf(value)}`;
  for (const label of LABELS) {
    const found = [...value].find(([name]) => name.toLowerCase() === label)?.[1].value;
    if (typeof found === 'string' && found !== '') return found;
  }
  return String(index);
}
