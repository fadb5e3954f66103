/**
 * What the options of the table are called in a file, and where in a file one was written. Reads trees, never files.
 */

import type { OptionPath, OptionStep } from './errors.js';
import type { ConfigMap, ConfigNode } from './language/nodes.js';
import { OPTIONS, TOP_LEVEL } from './schema.js';
import type { OptionSpec } from './spec.js';
import { type BlockType, blocksWithin, fieldNamed, fits, type ValueType } from './value-type.js';

const ROWS: readonly OptionSpec[] = OPTIONS;

/** The row a name in a file belongs to. */
export function rowNamed(name: string): OptionSpec | undefined {
  return fieldNamed(TOP_LEVEL, name) as OptionSpec | undefined;
}

/** Every name that a file may give a value of this row under. */
export function namesOf(row: OptionSpec): string[] {
  return [row, ...ROWS.filter((other) => setsTheSame(row, other))].flatMap(ownNames);
}

/** Whether another row writes what this one holds, as `listen` writes `port`. */
function setsTheSame({ key = '', type }: OptionSpec, other: OptionSpec): boolean {
  if (other.inFile === false) return false;
  if (other.type.kind === 'address' && other.type.sets.includes(key)) return true;
  return type.kind === 'address' && key !== '' && other.key !== undefined && type.sets.includes(other.key);
}

/** The one that decides: names are read in the order of the file, and the last one wins. */
export function lastNode(root: ConfigMap, names: readonly string[]): ConfigNode | undefined {
  return [...root].findLast(([name]) => names.includes(name.toLowerCase()))?.[1];
}

/** Where a file says what the library has at `path`; the nearest block around it where it says nothing of its own. */
export function nodeOf(root: ConfigMap, [key, ...inner]: OptionPath): ConfigNode | undefined {
  const row = ROWS.find((candidate) => candidate.key === key);
  const node = row && lastNode(root, namesOf(row));
  return row && node && nodeAt(row.type, node, inner);
}

/** The same within the value of an option. */
export function nodeAt(type: ValueType, node: ConfigNode, [step, ...rest]: OptionPath): ConfigNode {
  if (step === undefined) return node;
  const inner = innerType(type, node, step);
  return inner === undefined ? node : nodeAt(inner.type, inner.node, rest);
}

function innerType(type: ValueType, node: ConfigNode, step: OptionStep) {
  const { value } = node;
  const one = type.kind === 'either' ? type.of.find((candidate) => fits(candidate, value)) : type;
  if (one?.kind === 'list' && Array.isArray(value) && typeof step === 'number') return withType(one.of, value[step]);
  if (!(value instanceof Map)) return undefined;
  if (one?.kind === 'map' && typeof step === 'object') return withType(one.of, value.get(step.chosen));
  const field = one?.kind === 'block' ? one.fields.find(({ key }) => key === step) : undefined;
  return field && withType(field.type, lastNode(value, ownNames(field)));
}

function withType(type: ValueType, node: ConfigNode | undefined) {
  return node === undefined ? undefined : { type, node };
}

function ownNames({ name, aliases = [] }: BlockType['fields'][number]): string[] {
  return [name, ...aliases];
}

/** Whether a field of this name, in whatever block, is a secret. */
export function isSecret(name: string): boolean {
  return SECRETS.has(name.toLowerCase());
}

const SECRETS = new Set(secretsIn(TOP_LEVEL));

function secretsIn({ fields }: BlockType): string[] {
  return fields.flatMap((field) => {
    const own = field.type.kind === 'text' && field.type.secret ? ownNames(field) : [];
    return [...own, ...blocksWithin(field.type).flatMap(secretsIn)];
  });
}
