/**
 * What differs between two configurations, and what a reload makes of it.
 *
 * The one place that decides: `config diff` asks before, a reload asks when it happens. As in the reference a reload is
 * all or nothing: one change that needs a restart keeps all the others from being applied. Compares whatever has a
 * name, a fingerprint and a rule; knows no option.
 */

import type { Reloadable } from './spec.js';

export interface Comparable {
  readonly name: string;
  readonly reload: Reloadable;
  /** Equal for equal values. */
  readonly fingerprint: string;
  /** Why the option has no effect, where the user let it be skipped. */
  readonly ignored?: string;
}

export interface Change<T> {
  name: string;
  /** Absent: the option is not there on that side. */
  before?: T;
  after?: T;
}

export interface Difference<T> {
  verdict: 'same' | 'reload' | 'restart';
  /** Applied by a reload. */
  reload: T[];
  /** Of blocks that a reload applies only in part. */
  partly: T[];
  /** Refused by a reload. */
  restart: T[];
  /** Of options that have no effect on either side. */
  ignored: T[];
}

export function difference<T extends Comparable>(before: readonly T[], after: readonly T[]): Difference<Change<T>> {
  const [left, right] = [byName(before), byName(after)];
  const result: Difference<Change<T>> = { verdict: 'same', reload: [], partly: [], restart: [], ignored: [] };
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(name), right.get(name)];
    if (a?.fingerprint === b?.fingerprint && a?.ignored === b?.ignored) continue;
    const change: Change<T> = { name, ...(a && { before: a }), ...(b && { after: b }) };
    const { ignored, reload } = (b ?? a) as T;
    if (ignored !== undefined) result.ignored.push(change);
    else if (reload === 'N') result.restart.push(change);
    else if (reload === 'P') result.partly.push(change);
    else result.reload.push(change);
  }
  if (result.restart.length > 0) result.verdict = 'restart';
  else if (result.reload.length + result.partly.length + result.ignored.length > 0) result.verdict = 'reload';
  return result;
}

function byName<T extends Comparable>(entries: readonly T[]): Map<string, T> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}
