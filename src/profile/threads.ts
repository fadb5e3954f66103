/** The processor time of each thread of the process, on systems that report it (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

export interface ThreadTime {
  id: number;
  name: string;
  nanoseconds: number;
}

const FOLDER = '/proc/self/task';

/** All threads but the main one. Empty on systems that do not report it. */
export function threadTimes(): ThreadTime[] {
  return names(FOLDER).flatMap((id) => {
    if (Number(id) === process.pid) return [];
    try {
      const nanoseconds = Number(readFileSync(`${FOLDER}/${id}/schedstat`, 'utf8').split(' ', 1)[0]);
      return [{ id: Number(id), name: readFileSync(`${FOLDER}/${id}/comm`, 'utf8').trim(), nanoseconds }];
    } catch {
      // The thread has just ended, or the kernel does not count.
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

/** The time between two readings by name of the threads. */
export function timesBetween(before: readonly ThreadTime[], after: readonly ThreadTime[]): Map<string, number> {
  const known = new Map(before.map(({ id, nanoseconds }) => [id, nanoseconds]));
  const sums = new Map<string, number>();
  for (const { id, name, nanoseconds } of after) {
    const more = nanoseconds - (known.get(id) ?? 0);
    if (more > 0) sums.set(name, (sums.get(name) ?? 0) + more);
  }
  return sums;
}
