/** Turns the options of a broker into those of its logger. */
import type { ResolvedOptions } from '../config/index.js';
import type { LoggerOptions } from '../log/index.js';

/** Whether the options name a destination. Without one the command logs to standard error, the library nowhere. */
export function namesDestination({ file, remoteSyslog, syslog }: LoggerOptions): boolean {
  return Boolean(file || remoteSyslog || syslog);
}

export function logOptions(options: ResolvedOptions): LoggerOptions {
  return {
    file: options.logFile || undefined,
    sizeLimit: options.logSizeLimit,
    maxFiles: options.logMaxNum,
    remoteSyslog: options.remoteSyslog || undefined,
    syslog: options.syslog,
    json: options.logFormat === 'json',
    time: options.logtime,
    utc: options.logtimeUtc,
    debug: options.debug,
    trace: options.trace,
  };
}
