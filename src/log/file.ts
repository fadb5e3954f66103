/**
 * The log file: opened for appending with mode 0640, re-opened on demand (after an operator moved it), and renamed with a
 * date when it exceeds its size limit. Every line is in exactly one file, in order. Owns which file is the current one;
 * the transport owns its descriptor.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemText } from '../system-text.js';
import { nowMs } from './clock.js';
import type { LogEntry, LogLevel } from './entry.js';
import { formatLine, type LineFormat } from './format.js';
import type { LogOutput } from './output.js';
import { fileTransport } from './transport.js';
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
  /** Doubled whenever a rotation fails. */
  #limit: number;
  /** Whether the size of the file just opened was compared with the limit. */
  #sizeChecked = false;

  constructor(path: string, options: LogFileOptions) {
    this.#path = path;
    this.#options = options;
    this.#limit = options.sizeLimit;
    const { fd, size } = open(path);
    this.#size = size;
    const formatReport = (text: string) => formatLine({ level: 'WRN', text, timeMs: nowMs() }, options.format);
    this.#writer = new LogWriter(fileTransport(fd), formatReport);
  }

  write(entry: LogEntry): void {
    const { format } = this.#options;
    if (!this.#sizeChecked && this.#isTooLarge()) {
      this.#push(formatLine({ level: 'INF', text: 'Rotating logfile...', timeMs: entry.timeMs }, format));
      this.#rotate();
    }
    this.#sizeChecked = true;
    this.#push(formatLine(entry, format));
    if (this.#isTooLarge()) this.#rotate();
  }

  reopen(): true {
    const { fd, size } = open(this.#path);
    this.#writer.replace(fd);
    this.#size = size;
    this.#sizeChecked = false;
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
      this.#postponeRotation('rename', error as Error);
      return;
    }
    let next: { fd: number; size: number };
    try {
      next = open(this.#path);
    } catch (error) {
      // The old file stays in use and gets its name back.
      renameBack(backup, this.#path);
      this.#postponeRotation('re-open', error as Error);
      return;
    }
    this.#writer.replace(next.fd);
    this.#size = next.size;
    this.#limit = this.#options.sizeLimit;
    this.#writeOwnLine('INF', `Rotated log, backup saved as ${JSON.stringify(backup)}`);
    if (this.#options.maxFiles > 0) this.#purge(this.#options.maxFiles - 1);
  }

  /** Goes on with the current file, which may grow to twice the limit. */
  #postponeRotation(what: string, error: Error): void {
    this.#limit *= 2;
    const { message } = error;
    this.#writeOwnLine(
      'ERR',
      `Unable to ${what} logfile for rotation (${message}), will attempt next rotation at size ${this.#limit}`,
    );
  }

  /** A name with the present time that no file has yet: renaming would replace that file. */
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
        this.#writeOwnLine('INF', `Purged log file ${JSON.stringify(name)}`);
      }
    } catch (error) {
      const { message } = error as Error;
      this.#writeOwnLine('ERR', `Unable to remove old files of the log (${message}), will attempt next rotation`);
    }
  }

  /** Writes a line about the file itself. As in nats-server these end with CR and LF. */
  #writeOwnLine(level: LogLevel, text: string): void {
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
    // The log continues in the renamed file.
  }
}

/** `2026.11.21.01.25.52.065778000` in local time, `later` nanoseconds after the given time. */
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
