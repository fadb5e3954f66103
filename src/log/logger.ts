/**
 * The log of one process: filters by level, formats and hands lines to standard error or a file.
 *
 * Owns the log file. Never decides what is worth a line, and never throws once it is open: a log that cannot be
 * written is lost, the broker goes on.
 */
import { fstatSync } from 'node:fs';
import type { LogEntry, LogSink } from './entry.js';
import { LogFile } from './file.js';
import { formatLine, type LineFormat } from './format.js';
import { BatchWriter } from './writer.js';

const STDERR_FD = 2;

export interface LoggerOptions {
  /** Path of the log file; standard error when absent. */
  file?: string | undefined;
  /** Bytes after which the file is set aside and begun anew; 0: never. */
  sizeLimit?: number | undefined;
  /** How many files to keep, the active one included; 0: all. */
  maxFiles?: number | undefined;
  time: boolean;
  utc: boolean;
  debug: boolean;
  trace: boolean;
}

export class Logger implements LogSink {
  readonly #format: LineFormat;
  readonly #debug: boolean;
  readonly #trace: boolean;
  readonly #file: LogFile | undefined;
  readonly #writer: BatchWriter;
  readonly #flushAtExit = () => this.flush();

  /** Throws a `LogFileError` when the file cannot be opened. */
  constructor(options: LoggerOptions) {
    this.#debug = options.debug;
    this.#trace = options.trace;
    const colours = options.file === undefined && isTerminal(STDERR_FD);
    this.#format = { pid: process.pid, time: options.time, utc: options.utc, colours };
    if (options.file === undefined) {
      this.#writer = new BatchWriter(STDERR_FD);
    } else {
      this.#file = new LogFile(options.file, {
        sizeLimit: options.sizeLimit ?? 0,
        maxFiles: options.maxFiles ?? 0,
        format: this.#format,
      });
      this.#writer = this.#file.writer;
    }
    process.on('exit', this.#flushAtExit);
  }

  write(entry: LogEntry): void {
    if (entry.level === 'DBG' && !this.#debug) return;
    if (entry.level === 'TRC' && !this.#trace) return;
    const line = formatLine(entry, this.#format);
    if (this.#file) this.#file.push(line, entry);
    else this.#writer.push(line);
  }

  /** Opens the file again under the same path; true when there is a file to re-open. */
  reopen(): boolean {
    this.#file?.reopen();
    return this.#file !== undefined;
  }

  flush(): void {
    this.#writer.flush();
  }

  close(): void {
    process.off('exit', this.#flushAtExit);
    this.flush();
    this.#file?.close();
  }
}

function isTerminal(fd: number): boolean {
  try {
    return process.platform !== 'win32' && fstatSync(fd).isCharacterDevice();
  } catch {
    return false;
  }
}
