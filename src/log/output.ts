/**
 * The output of a log: the interface, and the choice of its implementation. As in nats-server a file has priority over a
 * remote syslog, that over the local one, and standard error is the default.
 */
import { fstatSync } from 'node:fs';
import type { LogEntry } from './entry.js';
import { LogFile } from './file.js';
import { formatLine, type LineFormat } from './format.js';
import type { LoggerOptions } from './logger.js';
import { LOCAL_SYSLOG, openSyslog, parseSyslogAddress } from './syslog.js';
import { fileTransport } from './transport.js';
import { LogWriter } from './writer.js';

export interface LogOutput {
  write(entry: LogEntry): void;
  /** Opens a file again under the same path and returns true; false for other outputs. */
  reopen(): boolean;
  /** Waits for queued lines, for a limited time. */
  flush(): void;
  /** Flushes, and frees what it holds. */
  close(): void;
}

const STDERR_FD = 2;

export function openOutput(options: LoggerOptions): LogOutput {
  const { json = false, time, utc } = options;
  const format = { pid: process.pid, time, utc, colours: false, json };
  if (options.file !== undefined) {
    return new LogFile(options.file, { sizeLimit: options.sizeLimit ?? 0, maxFiles: options.maxFiles ?? 0, format });
  }
  if (options.remoteSyslog) return openSyslog(parseSyslogAddress(options.remoteSyslog), json);
  if (options.syslog) return openSyslog(LOCAL_SYSLOG, json);
  return standardError({ ...format, colours: !json && isTerminal(STDERR_FD) });
}

function standardError(format: LineFormat): LogOutput {
  const writer = new LogWriter(fileTransport('stderr'), (text) =>
    formatLine({ level: 'WRN', text, timeMs: Date.now() }, format),
  );
  return {
    write: (entry) => writer.push(formatLine(entry, format)),
    reopen: () => false,
    flush: () => writer.flush(),
    close: () => writer.close(),
  };
}

function isTerminal(fd: number): boolean {
  try {
    return process.platform !== 'win32' && fstatSync(fd).isCharacterDevice();
  } catch {
    return false;
  }
}
