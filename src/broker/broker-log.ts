/**
 * The log of one broker: writes each line where it belongs and hands it to whoever listens.
 *
 * Lines of the start are kept until the owner of the broker had a chance to listen. Owns the log file when the broker
 * has one of its own.
 */
import { type LogEntry, type Logger, type LogLevel, type LogSink, nowMs } from '../log/index.js';

export class BrokerLog {
  readonly #sink: LogSink | undefined;
  readonly #own: Logger | undefined;
  #listener: ((entry: LogEntry) => void) | undefined;
  #early: LogEntry[] = [];

  /** `own` is closed with the broker, `shared` is not. */
  constructor(sinks: { own?: Logger | undefined; shared?: LogSink | undefined }) {
    this.#own = sinks.own;
    this.#sink = sinks.shared ?? sinks.own;
  }

  write(level: LogLevel, text: string): void {
    const entry: LogEntry = { level, text, timeMs: nowMs() };
    this.#sink?.write(entry);
    if (this.#listener) this.#listener(entry);
    else this.#early.push(entry);
  }

  info(text: string): void {
    this.write('INF', text);
  }

  /** From the next turn of the event loop on, lines go to `listener` as they come, the kept ones first. */
  listen(listener: (entry: LogEntry) => void): void {
    setImmediate(() => {
      this.#listener = listener;
      for (const entry of this.#early) listener(entry);
      this.#early = [];
    });
  }

  close(): void {
    this.#own?.close();
  }
}
