/**
 * What the options of the table are called in a file, and where in a file one was written. Reads trees, never files.
 */

import type { ConfigMap, ConfigNode } from './language/nodes.js';
import { OPTIONS } from './schema.js';
import type { OptionSpec } from './spec.js';

const ROWS: readonly OptionSpec[] = OPTIONS;

/** Options that write what another row holds as well. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  host: ['listen'],
  port: ['listen'],
  http: ['http_port'],
  http_port: ['http'],
};

/** The row a name in a file belongs to; names are in lower case. */
export const ROW_NAMED: ReadonlyMap<string, OptionSpec> = new Map(
  ROWS.filter(({ inFile }) => inFile !== false).flatMap((row) => ownNames(row).map((name) => [name, row])),
);

/** Every name that a file may give a value of this row under. */
export function namesOf(row: OptionSpec): string[] {
  const others = ROWS.filter(({ name }) => ALSO[row.name]?.includes(name));
  return [row, ...others].flatMap(ownNames);
}

/** The one that decides: names are read in the order of the file, and the last one wins. */
export function lastNode(root: ConfigMap, names: readonly string[]): ConfigNode | undefined {
  return [...root].findLast(([name]) => names.includes(name.toLowerCase()))?.[1];
}

/** Where a file says what the library calls `key`. */
export function nodeOf(root: ConfigMap, key: string): ConfigNode | undefined {
  const row = ROWS.find((candidate) => candidate.key === key);
  return row && lastNode(root, namesOf(row));
}

function ownNames({ name, aliases = [] }: OptionSpec): string[] {
  return [name, ...aliases];
}
