/**
 * What a log line is before it becomes text: a level, a sentence and an instant.
 * Knows nothing of files, colours or formats.
 */

/** The labels as they are printed. */
export type LogLevel = 'INF' | 'DBG' | 'WRN' | 'ERR' | 'FTL' | 'TRC';

export interface LogEntry {
  level: LogLevel;
  text: string;
  /** Milliseconds since the epoch, with a fraction. */
  timeMs: number;
}

/** Takes lines; where they go is the receiver's business. */
export interface LogSink {
  write(entry: LogEntry): void;
}
