/** Output of the commands. Without `process.stdout`, whose set-up costs more than the write. */
import { writeSync } from 'node:fs';

export const STDOUT = 1;
export const STDERR = 2;

/** Returns when all is taken, or when nobody is there to take it. */
export function print(fd: typeof STDOUT | typeof STDERR, text: string): void {
  const bytes = Buffer.from(text);
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // A full pipe takes more once its reader has caught up; a closed one has no reader to tell.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}
