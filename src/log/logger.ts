/**
 * The log of one process: filters by level and hands entries to where they go now: standard error, a file, a syslog.
 *
 * Owns that output and changes it on demand. Never decides what is worth a line, and never throws once it is open: a
 * log that cannot be written is lost, the broker goes on.
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

/** A change that is ready: one of both is called, once. */
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
    // Who looks for a mistake wants each of them.
    if (!this.#options.debug && !this.#repeats.admit(entry)) return;
    this.#output.write(entry);
  }

  /**
   * Lives by other options from the next line on; what was written before reaches where it belonged. Throws what the
   * constructor throws, and then nothing has changed.
   */
  reconfigure(options: LoggerOptions): void {
    this.prepare(options).commit();
  }

  /** The same in two steps: what can fail is over when this returns, and nothing has changed before `commit`. */
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

/** Levels are the logger's own business; all else is the output's. */
function sameOutput(a: LoggerOptions, b: LoggerOptions): boolean {
  const keys = Object.keys({ ...a, ...b }) as (keyof LoggerOptions)[];
  return keys.every((key) => key === 'debug' || key === 'trace' || a[key] === b[key]);
}
