/**
 * The log of one process: filters entries by level and writes them to its output: standard error, a file or a syslog.
 *
 * Owns the output and replaces it on demand. Once open it never throws: a log that can't be written is lost, and the broker
 * continues.
 */
import type { LogEntry, LogSink } from './entry.js';
import { type LogOutput, openOutput } from './output.js';
import { RepeatLimiter } from './repeats.js';

export interface LoggerOptions {
  /** Path of the log file. */
  file?: string | undefined;
  /** Without a file: `udp://host:port`, `tcp://host:port` or `unix:///path`. */
  remoteSyslog?: string | undefined;
  /** Without both: the syslog of this machine. Standard error is what remains. */
  syslog?: boolean | undefined;
  /** A JSON object per line. */
  json?: boolean | undefined;
  /** Bytes after which the file is set aside and begun anew; 0: never. */
  sizeLimit?: number | undefined;
  /** How many files to keep, the active one included; 0: all. */
  maxFiles?: number | undefined;
  time: boolean;
  utc: boolean;
  debug: boolean;
  trace: boolean;
}

/** A change that can no longer fail: call one of the two methods, once. */
export interface PreparedChange {
  commit(): void;
  cancel(): void;
}

export class Logger implements LogSink {
  #options: LoggerOptions;
  #output: LogOutput;
  readonly #repeats = new RepeatLimiter((entry) => this.#output.write(entry));
  readonly #flushAtExit = () => this.flush();

  /** Throws a `LogFileError` or a `SyslogError` when what the options name can't be opened. */
  constructor(options: LoggerOptions) {
    this.#options = options;
    this.#output = openOutput(options);
    process.on('exit', this.#flushAtExit);
  }

  write(entry: LogEntry): void {
    if (entry.level === 'DBG' && !this.#options.debug) return;
    if (entry.level === 'TRC' && !this.#options.trace) return;
    // With debug on, repeated lines are not limited.
    if (!this.#options.debug && !this.#repeats.admit(entry)) return;
    this.#output.write(entry);
  }

  /**
   * Uses other options from the next line on; lines written before still go to the old output. Throws what the
   * constructor throws; then nothing has changed.
   */
  reconfigure(options: LoggerOptions): void {
    this.prepare(options).commit();
  }

  /** The same in two steps: only this call can fail, and nothing changes before `commit`. */
  prepare(options: LoggerOptions): PreparedChange {
    const output = sameOutput(this.#options, options) ? undefined : openOutput(options);
    return {
      commit: () => {
        if (output) this.#output.close();
        this.#output = output ?? this.#output;
        this.#options = options;
      },
      cancel: () => output?.close(),
    };
  }

  /** Opens the file again under the same path; true when there is a file to re-open. */
  reopen(): boolean {
    return this.#output.reopen();
  }

  flush(): void {
    this.#output.flush();
  }

  close(): void {
    this.#repeats.end();
    process.off('exit', this.#flushAtExit);
    this.#output.close();
  }
}

/** Levels are filtered by the logger and do not concern the output. */
function sameOutput(a: LoggerOptions, b: LoggerOptions): boolean {
  const keys = Object.keys({ ...a, ...b }) as (keyof LoggerOptions)[];
  return keys.every((key) => key === 'debug' || key === 'trace' || a[key] === b[key]);
}
