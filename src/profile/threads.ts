/** How long each thread of the process has had a processor: what the system says, where it says anything. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ThreadTime {
  id: number;
  name: string;
  nanoseconds: number;
}

const FOLDER = '/proc/self/task';

/** All threads but the main one. Empty where the system does not tell. */
export function threadTimes(): ThreadTime[] {
  return names(FOLDER).flatMap((id) => {
    if (Number(id) === process.pid) return [];
    try {
      const nanoseconds = Number(readFileSync(`${FOLDER}/${id}/schedstat`, 'utf8').split(' ', 1)[0]);
      return [{ id: Number(id), name: readFileSync(`${FOLDER}/${id}/comm`, 'utf8').trim(), nanoseconds }];
    } catch {
      // A thread that has just ended, or a system that does not count.
      return [];
    }
  });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What each thread had between two looks, by name. */
export function spent(before: readonly ThreadTime[], after: readonly ThreadTime[]): Map<string, number> {
  const known = new Map(before.map(({ id, nanoseconds }) => [id, nanoseconds]));
  const sums = new Map<string, number>();
  for (const { id, name, nanoseconds } of after) {
    const more = nanoseconds - (known.get(id) ?? 0);
    if (more > 0) sums.set(name, (sums.get(name) ?? 0) + more);
  }
  return sums;
}
