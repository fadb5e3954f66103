/**
 * Log text on its way out: bounded, in order, and never waited for.
 *
 * Owns the bound: what finds no room is dropped by whole lines and counted, and the count is told in a line of its own
 * as soon as there is room. The bytes themselves are the business of a `Pump`.
 */
import type { Pump } from './pump.js';

const WAITING_MAX_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 50;
/** How long `flush` tries to get rid of text that is not taken. */
const LAST_FLUSH_MS = 500;

/** Makes the line that tells of dropped ones. */
export type DropNote = (text: string) => string;

export class LogWriter {
  readonly #pump: Pump;
  readonly #note: DropNote;
  #dropped = 0;
  /** What the system said while lines were dropped. */
  #problem: string | undefined;
  #waiting = 0;

  constructor(pump: Pump, note: DropNote) {
    this.#pump = pump;
    this.#note = note;
  }

  push(line: string): void {
    if (this.#waiting > WAITING_MAX_BYTES && !this.#hasRoom()) {
      if (this.#dropped === 0) this.#tellLater();
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) this.#tell();
    this.#waiting = this.#pump.write(line);
  }

  /** Goes on in another file; what was written before still goes to the old one. */
  replace(fd: number): void {
    this.#pump.replace(fd);
  }

  /** Waits a little for what is not written yet, then gives up. */
  flush(): void {
    this.#pump.flush(LAST_FLUSH_MS);
    if (this.#dropped > 0 && this.#hasRoom()) {
      this.#tell();
      this.#pump.flush(LAST_FLUSH_MS);
    }
  }

  close(): void {
    this.flush();
    this.#pump.close();
  }

  /** Half of it: so that not every other line is dropped. */
  #hasRoom(): boolean {
    const { waiting, problem } = this.#pump.state();
    this.#waiting = waiting;
    this.#problem = problem ?? this.#problem;
    return waiting < WAITING_MAX_BYTES / 2;
  }

  #tellLater(): void {
    setTimeout(() => {
      if (this.#dropped === 0) return;
      if (this.#hasRoom()) this.#tell();
      else this.#tellLater();
    }, RETRY_MS).unref();
  }

  #tell(): void {
    const lines = `${this.#dropped} log line${this.#dropped === 1 ? '' : 's'}`;
    const reason = this.#problem ?? 'what takes the log did not keep up';
    this.#dropped = 0;
    this.#problem = undefined;
    this.#waiting = this.#pump.write(this.#note(`${lines} dropped: ${reason}`));
  }
}
