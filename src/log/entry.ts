/** A log line before it is formatted: level, text and time. */

/** The labels as they are printed. */
export type LogLevel = 'INF' | 'DBG' | 'WRN' | 'ERR' | 'FTL' | 'TRC';

export interface LogEntry {
  level: LogLevel;
  text: string;
  /** Milliseconds since the epoch, with a fraction. */
  timeMs: number;
}

/** Receives log lines. */
export interface LogSink {
  write(entry: LogEntry): void;
}
