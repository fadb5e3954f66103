/** What of the options concerns the log: the one place that translates. */
import type { ResolvedOptions } from '../config/index.js';
import type { LoggerOptions } from '../log/index.js';

/** Whether it is said where to: without that the command takes standard error, a library nothing. */
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
