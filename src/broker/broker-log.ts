/**
 * The log of one broker: writes each line to its sink and passes it to the listener.
 *
 * Lines are buffered until there is a listener, so that it also gets the lines of the start. Owns the log file when the
 * broker has one of its own.
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
  #buffered: LogEntry[] = [];

  /** `own` is closed with the broker, `shared` is not. */
  constructor(sinks: { own?: Logger | undefined; shared?: LogSink | undefined }) {
    this.#own = sinks.own;
    this.#shared = sinks.shared;
  }

  write(level: LogLevel, text: string): void {
    const entry: LogEntry = { level, text, timeMs: nowMs() };
    (this.#shared ?? this.#own)?.write(entry);
    if (this.#listener) this.#listener(entry);
    else this.#buffered.push(entry);
  }

  info(text: string): void {
    this.write('INF', text);
  }

  /** Passes lines to `listener` from the next turn of the event loop on, the buffered ones first. */
  listen(listener: (entry: LogEntry) => void): void {
    setImmediate(() => {
      this.#listener = listener;
      for (const entry of this.#buffered) listener(entry);
      this.#buffered = [];
    });
  }

  /** Opens the destination of other options. Throws what a `Logger` throws; then nothing has changed. */
  prepare(options: LoggerOptions): PreparedChange {
    if (this.#shared instanceof Logger) return this.#shared.prepare(options);
    if (this.#shared) return { commit: () => {}, cancel: () => {} };
    // A broker started by the library writes a log only when the options name a destination.
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
