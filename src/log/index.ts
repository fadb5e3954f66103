/** Log lines in the reference's form: entries, the line format, files and their rotation. */
export { nowMs } from './clock.js';
export type { LogEntry, LogLevel, LogSink } from './entry.js';
export { LogFileError } from './file.js';
export { formatLine } from './format.js';
export { Logger, type LoggerOptions, type PreparedChange } from './logger.js';
