/**
 * Queues log lines for a `LogTransport`, in order and without waiting, up to a limit.
 *
 * Owns the limit: above it whole lines are dropped and counted, and a line with their number is written as soon as there
 * is room.
 */
import type { LogTransport } from './transport.js';

const WAITING_MAX_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 50;
/** How long `flush` waits for queued text. */
const FLUSH_TIMEOUT_MS = 500;

/** Formats the line that reports dropped ones. */
export type FormatReport = (text: string) => string;

export class LogWriter {
  readonly #transport: LogTransport;
  readonly #formatReport: FormatReport;
  #dropped = 0;
  /** The system's error while lines were dropped. */
  #problem: string | undefined;
  #waiting = 0;

  constructor(transport: LogTransport, formatReport: FormatReport) {
    this.#transport = transport;
    this.#formatReport = formatReport;
  }

  push(line: string): void {
    if (this.#waiting > WAITING_MAX_BYTES && !this.#hasRoom()) {
      if (this.#dropped === 0) this.#reportLater();
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) this.#report();
    this.#waiting = this.#transport.write(line);
  }

  /** Continues in another file; lines queued before are written to the old one. */
  replace(fd: number): void {
    this.#transport.replace(fd);
  }

  /** Waits for queued lines, for a limited time. */
  flush(): void {
    this.#transport.flush(FLUSH_TIMEOUT_MS);
    if (this.#dropped > 0 && this.#hasRoom()) {
      this.#report();
      this.#transport.flush(FLUSH_TIMEOUT_MS);
    }
  }

  close(): void {
    this.flush();
    this.#transport.close();
  }

  /** Only when half of the queue is free: otherwise every other line would be dropped. */
  #hasRoom(): boolean {
    const { waiting, problem } = this.#transport.state();
    this.#waiting = waiting;
    this.#problem = problem ?? this.#problem;
    return waiting < WAITING_MAX_BYTES / 2;
  }

  #reportLater(): void {
    setTimeout(() => {
      if (this.#dropped === 0) return;
      if (this.#hasRoom()) this.#report();
      else this.#reportLater();
    }, RETRY_MS).unref();
  }

  #report(): void {
    const lines = `${this.#dropped} log line${this.#dropped === 1 ? '' : 's'}`;
    const reason = this.#problem ?? 'what takes the log did not keep up';
    this.#dropped = 0;
    this.#problem = undefined;
    this.#waiting = this.#transport.write(this.#formatReport(`${lines} dropped: ${reason}`));
  }
}
