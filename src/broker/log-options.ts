/** What of the options concerns the log: the one place that translates. */
import type { ResolvedOptions } from '../config/index.js';
import type { LoggerOptions } from '../log/index.js';

export function logOptions(options: ResolvedOptions): LoggerOptions {
  return {
    file: options.logFile || undefined,
    sizeLimit: options.logSizeLimit,
    maxFiles: options.logMaxNum,
    time: options.logtime,
    utc: options.logtimeUtc,
    debug: options.debug,
    trace: options.trace,
  };
}
