/** Output of the commands, without `process.stdout`, whose initialisation takes longer than the write. */
import { writeSync } from 'node:fs';

export const STDOUT = 1;
export const STDERR = 2;

/** What a sub-command prints, and the exit code. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Returns when everything is written, or when the other end of the pipe is closed. */
export function print(fd: typeof STDOUT | typeof STDERR, text: string): void {
  const bytes = Buffer.from(text);
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // A full pipe (EAGAIN) is tried again; any other error means that no reader is left.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}
