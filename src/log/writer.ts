/**
 * Writes log text to a file descriptor in batches: lines of one turn of the event loop become one write.
 *
 * Owns the buffer, never the descriptor. Nothing is lost at exit as long as `flush` is called there. A reader that
 * does not keep up (a full pipe) never grows the buffer past its bound: whole lines are dropped and counted, and the
 * count is written when there is room again.
 */
import { writeSync } from 'node:fs';

const BUFFER_MAX_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 20;
/** How long `flush` tries to get rid of text that a full pipe refuses. */
const LAST_FLUSH_MS = 500;

export class BatchWriter {
  #fd: number;
  #lines: string[] = [];
  #buffered = 0;
  #rest: Buffer | undefined;
  #dropped = 0;
  #scheduled = false;
  #broken = false;
  readonly #write: typeof writeSync;

  /** `write` is there for tests. */
  constructor(fd: number, write: typeof writeSync = writeSync) {
    this.#fd = fd;
    this.#write = write;
  }

  push(line: string): void {
    if (this.#broken) return;
    if (this.#buffered > BUFFER_MAX_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    this.#buffered += line.length;
    this.#schedule();
  }

  /** Continues on another descriptor (a re-opened file); what was buffered goes to the old one first. */
  redirect(fd: number): void {
    this.flush();
    this.#fd = fd;
    this.#broken = false;
  }

  /** Writes everything out now. Waits a little for a full pipe, then gives up. */
  flush(): void {
    const deadline = Date.now() + LAST_FLUSH_MS;
    while (!this.#drain() && Date.now() < deadline) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#drain()) this.#retryLater();
    });
  }

  #retryLater(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      if (!this.#drain()) this.#retryLater();
    }, RETRY_MS).unref();
  }

  /** True when nothing is left. */
  #drain(): boolean {
    while (!this.#broken && (this.#rest || this.#lines.length > 0)) {
      this.#rest ??= this.#take();
      if (!this.#writeSome(this.#rest)) return false;
    }
    return true;
  }

  #take(): Buffer {
    if (this.#dropped > 0) {
      this.#lines.push(`(${this.#dropped} log lines dropped: the reader of the log does not keep up)\n`);
      this.#dropped = 0;
    }
    const text = this.#lines.join('');
    this.#lines = [];
    this.#buffered = 0;
    return Buffer.from(text);
  }

  /** False when the other end takes no more for the moment. */
  #writeSome(bytes: Buffer): boolean {
    try {
      const written = this.#write(this.#fd, bytes);
      this.#rest = written < bytes.length ? bytes.subarray(written) : undefined;
      return true;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EAGAIN') return false;
      if (code === 'EINTR') return true;
      // Nobody reads any more, or the disk is full: logging must not take the broker down.
      this.#rest = undefined;
      this.#lines = [];
      this.#buffered = 0;
      this.#broken = code === 'EPIPE' || code === 'EBADF';
      return true;
    }
  }
}
