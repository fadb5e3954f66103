/**
 * The log file: opened for appending with mode 0640, re-opened on demand (after an operator moved it away), and set
 * aside under a dated name when it outgrows its limit. Every line is in exactly one file, in order. Owns which file is
 * the current one; the descriptor belongs to the pump that writes.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemText } from '../system-text.js';
import { nowMs } from './clock.js';
import type { LogEntry, LogLevel } from './entry.js';
import { formatLine, type LineFormat } from './format.js';
import type { LogOutput } from './output.js';
import { filePump } from './pump.js';
import { LogWriter } from './writer.js';

const FILE_MODE = 0o640;

export class LogFileError extends Error {
  override readonly name = 'LogFileError';
  readonly code = 'LOG_FILE';
  readonly path: string;

  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`error opening file: ${describe(path, cause)}: ${remedy(cause)}`, { cause });
    this.path = path;
  }
}

export interface LogFileOptions {
  sizeLimit: number;
  maxFiles: number;
  format: LineFormat;
}

export class LogFile implements LogOutput {
  readonly #path: string;
  readonly #options: LogFileOptions;
  readonly #writer: LogWriter;
  #size: number;
  /** Grows while the file can't be set aside. */
  #limit: number;
  #looked = false;

  constructor(path: string, options: LogFileOptions) {
    this.#path = path;
    this.#options = options;
    this.#limit = options.sizeLimit;
    const { fd, size } = open(path);
    this.#size = size;
    const note = (text: string) => formatLine({ level: 'WRN', text, timeMs: nowMs() }, options.format);
    this.#writer = new LogWriter(filePump(fd), note);
  }

  write(entry: LogEntry): void {
    const { format } = this.#options;
    if (!this.#looked && this.#isTooLarge()) {
      this.#push(formatLine({ level: 'INF', text: 'Rotating logfile...', timeMs: entry.timeMs }, format));
      this.#rotate();
    }
    this.#looked = true;
    this.#push(formatLine(entry, format));
    if (this.#isTooLarge()) this.#rotate();
  }

  reopen(): true {
    const { fd, size } = open(this.#path);
    this.#writer.replace(fd);
    this.#size = size;
    this.#looked = false;
    return true;
  }

  flush(): void {
    this.#writer.flush();
  }

  close(): void {
    this.#writer.close();
  }

  #isTooLarge(): boolean {
    return this.#limit > 0 && this.#size > this.#limit;
  }

  #push(line: string): void {
    this.#writer.push(line);
    this.#size += Buffer.byteLength(line);
  }

  #rotate(): void {
    const backup = this.#backupName();
    try {
      renameSync(this.#path, backup);
    } catch (error) {
      this.#goOn('rename', error as Error);
      return;
    }
    let next: { fd: number; size: number };
    try {
      next = open(this.#path);
    } catch (error) {
      // It stays what it was; only its name has to come back.
      renameBack(backup, this.#path);
      this.#goOn('re-open', error as Error);
      return;
    }
    this.#writer.replace(next.fd);
    this.#size = next.size;
    this.#limit = this.#options.sizeLimit;
    this.#put('INF', `Rotated log, backup saved as ${JSON.stringify(backup)}`);
    if (this.#options.maxFiles > 0) this.#purge(this.#options.maxFiles - 1);
  }

  /** Better a large log than none. */
  #goOn(what: string, error: Error): void {
    this.#limit *= 2;
    const { message } = error;
    this.#put(
      'ERR',
      `Unable to ${what} logfile for rotation (${message}), will attempt next rotation at size ${this.#limit}`,
    );
  }

  /** Names are those of the moment, and never one that exists: renaming would replace that file. */
  #backupName(): string {
    const ms = nowMs();
    for (let nanos = 0; ; nanos += 1) {
      const name = `${this.#path}.${backupSuffix(ms, nanos)}`;
      if (!existsSync(name)) return name;
    }
  }

  /** Keeps the newest `keep` backups. */
  #purge(keep: number): void {
    const folder = dirname(this.#path);
    const prefix = `${basename(this.#path)}.`;
    const isBackup = (name: string) => name.startsWith(prefix) && /^\d{4}(\.\d+){6}$/.test(name.slice(prefix.length));
    try {
      const backups = readdirSync(folder).filter(isBackup).sort();
      for (const name of backups.slice(0, Math.max(0, backups.length - keep))) {
        unlinkSync(join(folder, name));
        this.#put('INF', `Purged log file ${JSON.stringify(name)}`);
      }
    } catch (error) {
      const { message } = error as Error;
      this.#put('ERR', `Unable to remove old files of the log (${message}), will attempt next rotation`);
    }
  }

  /** A line about the file itself. As in the reference these end like lines of DOS. */
  #put(level: LogLevel, text: string): void {
    this.#push(formatLine({ level, text, timeMs: nowMs() }, this.#options.format, '\r\n'));
  }
}

function open(path: string): { fd: number; size: number } {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'a', FILE_MODE);
    return { fd, size: fstatSync(fd).size };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw new LogFileError(path, error as NodeJS.ErrnoException);
  }
}

function renameBack(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // Under the other name it is written all the same.
  }
}

/** `2026.11.21.01.25.52.065778000` in local time, so many nanoseconds later. */
function backupSuffix(timeMs: number, later: number): string {
  const second = Math.floor(timeMs / 1000);
  const nanos = Math.floor((timeMs - second * 1000) * 1e6) + later;
  const d = new Date((second + Math.floor(nanos / 1e9)) * 1000);
  const pad = (n: number, width: number) => String(n).padStart(width, '0');
  const parts = [d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()];
  return [...parts.map((n) => pad(n, 2)), pad(nanos % 1e9, 9)].join('.');
}

function remedy({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'create its folder, or choose another log file';
  if (code === 'EISDIR') return 'name a file in it';
  if (code === 'EROFS') return 'mount it to be written to, or choose another log file';
  return 'let this user write there, or choose another log file';
}

/** `open /path: no such file or directory` */
function describe(path: string, error: NodeJS.ErrnoException): string {
  return `open ${path}: ${systemText(error)}`;
}
