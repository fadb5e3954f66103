/**
 * The log of one broker: writes each line where it belongs and hands it to whoever listens.
 *
 * Lines of the start are kept until the owner of the broker had a chance to listen. Owns the log file when the broker
 * has one of its own.
 */
import {
  type LogEntry,
  Logger,
  type LoggerOptions,
  type LogLevel,
  type LogSink,
  nowMs,
  type PreparedChange,
} from '../log/index.js';
import { namesDestination } from './log-options.js';

export class BrokerLog {
  readonly #shared: LogSink | undefined;
  #own: Logger | undefined;
  #listener: ((entry: LogEntry) => void) | undefined;
  #early: LogEntry[] = [];

  /** `own` is closed with the broker, `shared` is not. */
  constructor(sinks: { own?: Logger | undefined; shared?: LogSink | undefined }) {
    this.#own = sinks.own;
    this.#shared = sinks.shared;
  }

  write(level: LogLevel, text: string): void {
    const entry: LogEntry = { level, text, timeMs: nowMs() };
    (this.#shared ?? this.#own)?.write(entry);
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

  /** Opens what other options name. Throws what a `Logger` throws, and then nothing has changed. */
  prepare(options: LoggerOptions): PreparedChange {
    if (this.#shared instanceof Logger) return this.#shared.prepare(options);
    if (this.#shared) return { commit: () => {}, cancel: () => {} };
    // Brokers of libraries write a log only when told where to.
    if (!namesDestination(options)) return { commit: () => this.#replace(undefined), cancel: () => {} };
    if (this.#own) return this.#own.prepare(options);
    const opened = new Logger(options);
    return { commit: () => this.#replace(opened), cancel: () => opened.close() };
  }

  #replace(logger: Logger | undefined): void {
    this.#own?.close();
    this.#own = logger;
  }

  close(): void {
    this.#own?.close();
  }
}
