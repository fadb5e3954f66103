/**
 * Where entries go: one interface, and the choice between what implements it. A file comes before standard error.
 */
import { fstatSync } from 'node:fs';
import type { LogEntry } from './entry.js';
import { LogFile } from './file.js';
import { formatLine } from './format.js';
import type { LoggerOptions } from './logger.js';
import { BatchWriter } from './writer.js';

export interface LogOutput {
  write(entry: LogEntry): void;
  /** True when this is a file, which is then open under its old path again. */
  reopen(): boolean;
  /** Gets out what it can, waiting a little at most. */
  flush(): void;
  /** Flushes, and frees what it holds. */
  close(): void;
}

const STDERR_FD = 2;

export function openOutput(options: LoggerOptions): LogOutput {
  const format = { pid: process.pid, time: options.time, utc: options.utc, colours: false };
  if (options.file !== undefined) {
    return new LogFile(options.file, { sizeLimit: options.sizeLimit ?? 0, maxFiles: options.maxFiles ?? 0, format });
  }
  return standardError({ ...format, colours: isTerminal(STDERR_FD) });
}

function standardError(format: Parameters<typeof formatLine>[1]): LogOutput {
  const writer = new BatchWriter(STDERR_FD);
  return {
    write: (entry) => writer.push(formatLine(entry, format)),
    reopen: () => false,
    flush: () => writer.flush(),
    close: () => writer.flush(),
  };
}

function isTerminal(fd: number): boolean {
  try {
    return process.platform !== 'win32' && fstatSync(fd).isCharacterDevice();
  } catch {
    return false;
  }
}
