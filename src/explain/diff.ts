/**
 * What a reload from one configuration to another would do, option by option: the difference that a reload itself goes
 * by, with the origin of each value.
 */

import { type Difference as Compared, difference as compare } from '../config/difference.js';
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

export type Difference = Compared<Change>;

export function difference(before: readonly Entry[], after: readonly Entry[]): Difference {
  const { verdict, ...groups } = compare(before, after);
  const sides = (changes: typeof groups.reload): Change[] =>
    changes.map(({ name, before, after }) => ({
      name,
      ...(before && { before: side(before) }),
      ...(after && { after: side(after) }),
    }));
  return {
    verdict,
    reload: sides(groups.reload),
    partly: sides(groups.partly),
    restart: sides(groups.restart),
    ignored: sides(groups.ignored),
  };
}

function side({ shown, value, origin }: Entry): Side {
  return { shown, value, origin };
}
