/**
 * The log file: opened for appending with mode 0640, re-opened on demand (after an operator moved it away), and set
 * aside under a dated name when it outgrows its limit. Owns the descriptor.
 */
import { closeSync, fstatSync, openSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nowMs } from './clock.js';
import type { LogEntry } from './entry.js';
import { formatLine, type LineFormat } from './format.js';
import type { LogOutput } from './output.js';
import { BatchWriter } from './writer.js';

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
  readonly writer: BatchWriter;
  readonly #path: string;
  readonly #options: LogFileOptions;
  #fd: number;
  #size: number;

  constructor(path: string, options: LogFileOptions) {
    this.#path = path;
    this.#options = options;
    this.#fd = open(path);
    this.#size = fstatSync(this.#fd).size;
    this.writer = new BatchWriter(this.#fd);
  }

  write(entry: LogEntry): void {
    const line = formatLine(entry, this.#options.format);
    this.writer.push(line);
    this.#size += Buffer.byteLength(line);
    if (this.#options.sizeLimit > 0 && this.#size > this.#options.sizeLimit) this.#rotate(entry.timeMs);
  }

  reopen(): true {
    const fd = open(this.#path);
    this.writer.redirect(fd);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#size = fstatSync(fd).size;
    return true;
  }

  flush(): void {
    this.writer.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }

  #rotate(timeMs: number): void {
    this.writer.flush();
    const backup = `${this.#path}.${backupSuffix(timeMs)}`;
    try {
      renameSync(this.#path, backup);
      this.reopen();
    } catch (error) {
      // Better a large log than none: go on in the same file, and try again after as many bytes.
      this.#size = 0;
      this.#note(`Unable to rotate the log file: ${(error as Error).message}`, 'ERR');
      return;
    }
    this.#note(`Rotated log, backup saved as "${backup}"`, 'INF');
    if (this.#options.maxFiles > 0) this.#purge(this.#options.maxFiles - 1);
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
        this.#note(`Purged log file "${join(folder, name)}"`, 'INF');
      }
    } catch (error) {
      this.#note(`Unable to purge old log files: ${(error as Error).message}`, 'ERR');
    }
  }

  #note(text: string, level: 'INF' | 'ERR'): void {
    const line = formatLine({ level, text, timeMs: nowMs() }, this.#options.format);
    this.writer.push(line);
    this.#size += Buffer.byteLength(line);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'a', FILE_MODE);
  } catch (error) {
    throw new LogFileError(path, error as NodeJS.ErrnoException);
  }
}

/** `2026.11.21.01.25.52.065778000` in local time. */
function backupSuffix(timeMs: number): string {
  const d = new Date(timeMs);
  const pad = (n: number, width: number) => String(n).padStart(width, '0');
  const nanos = Math.floor((timeMs % 1000) * 1e6);
  const parts = [d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()];
  return [...parts.map((n) => pad(n, 2)), pad(nanos, 9)].join('.');
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
};

function remedy({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'create its folder, or choose another log file';
  if (code === 'EISDIR') return 'name a file in it';
  return 'let this user write there, or choose another log file';
}

/** `open /path: no such file or directory` */
function describe(path: string, error: NodeJS.ErrnoException): string {
  return `open ${path}: ${REASONS[error.code ?? ''] ?? error.message}`;
}
