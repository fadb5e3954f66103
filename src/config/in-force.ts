/** The value of an option that is in force, as a file would say it: what explanations show and reloads compare. */

import { resolvedKey } from './normalize.js';
import type { FieldSpec } from './spec.js';
import type { ResolvedOptions } from './types.js';

/** Undefined when nothing is set. Durations are milliseconds; a number is a bigint where that is more exact. */
export function valueInForce(row: FieldSpec, options: ResolvedOptions): unknown {
  const paths = row.resolvedAt ?? [resolvedKey(row)];
  for (const path of paths) {
    const value = options.exact?.[path] ?? at(options, path);
    if (value !== undefined) return asWritten(row, value);
  }
  return undefined;
}

/** Normal forms of numbers with a meaning of their own, back in the file's way of saying them. */
function asWritten({ type }: FieldSpec, value: unknown): unknown {
  if (type.kind === 'port' && type.anyFree === 0 && value === 0) return -1;
  if (type.kind === 'int' && typeof type.negative === 'number' && value === type.negative) return 0;
  if (type.kind === 'duration' && typeof value === 'bigint') return Number(value) / 1e6;
  return value;
}

function at(options: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], options);
}
