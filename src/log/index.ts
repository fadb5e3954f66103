/** Log lines in nats-server's form or as JSON, to standard error, files with their rotation, and syslogs. */
export { nowMs } from './clock.js';
export type { LogEntry, LogLevel, LogSink } from './entry.js';
export { LogFileError } from './file.js';
export { formatLine } from './format.js';
export { Logger, type LoggerOptions, type PreparedChange } from './logger.js';
export { parseSyslogAddress, SyslogError } from './syslog.js';
