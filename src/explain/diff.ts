/**
 * What a reload from one configuration to another would do, option by option.
 *
 * The option table says what a reload applies. As in the reference a reload is all or nothing: one change that needs a
 * restart keeps all the others from being applied.
 */

import type { Entry, Origin } from './entry.js';

export interface Side {
  shown: string;
  value: unknown;
  origin: Origin;
}

export interface Change {
  name: string;
  /** Absent: the option is not there on that side. */
  before?: Side;
  after?: Side;
}

export interface Difference {
  verdict: 'same' | 'reload' | 'restart';
  /** Applied by a reload. */
  reload: Change[];
  /** Of blocks that a reload applies only in part. */
  partly: Change[];
  /** Refused by a reload. */
  restart: Change[];
  /** Of options that have no effect on either side. */
  ignored: Change[];
}

export function difference(before: readonly Entry[], after: readonly Entry[]): Difference {
  const [left, right] = [byName(before), byName(after)];
  const result: Difference = { verdict: 'same', reload: [], partly: [], restart: [], ignored: [] };
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(name), right.get(name)];
    if (a?.fingerprint === b?.fingerprint && a?.ignored === b?.ignored) continue;
    const change: Change = { name, ...(a && { before: side(a) }), ...(b && { after: side(b) }) };
    const entry = (b ?? a) as Entry;
    if (entry.ignored !== undefined) result.ignored.push(change);
    else if (entry.reload === 'N') result.restart.push(change);
    else if (entry.reload === 'P') result.partly.push(change);
    else result.reload.push(change);
  }
  if (result.restart.length > 0) result.verdict = 'restart';
  else if (result.reload.length + result.partly.length + result.ignored.length > 0) result.verdict = 'reload';
  return result;
}

function byName(entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function side({ shown, value, origin }: Entry): Side {
  return { shown, value, origin };
}
