/**
 * The functions of the addon that write the log: each log is a queue and a thread, so that the main thread never waits
 * for a disk, a pipe or a network.
 *
 * A log is identified by its handle. Texts are written in the order of the calls. How much may be queued is decided by
 * the caller (src/log/writer.ts). A failure throws an Error with the `code` `LOG_FAILED`.
 */
export interface LogAddon {
  /** A log to a file that is open for appending; the addon owns the descriptor from here on. Not on Windows. */
  openLogFile(fd: number): number;
  /** A log to standard error. Not on Windows. */
  openLogStderr(): number;
  /**
   * A log to the first of these syslogs that answers: `host:port` for `udp` and `tcp`, a path for `unix`. Waits a few
   * seconds at most for the connection. A lost connection is opened again.
   */
  openSyslog(network: 'udp' | 'tcp' | 'unix', addresses: string[]): number;
  /**
   * Continues in another open file, which the addon owns from here on. Texts queued before are written to the old one
   * unless that fails.
   */
  replaceLogFile(log: number, fd: number): void;
  /** For a syslog each text is one message. Returns how many bytes are queued now. */
  writeLog(log: number, text: string): number;
  logState(log: number): LogState;
  /** Waits until everything is written, at most `timeoutMs`; true when it is. */
  flushLog(log: number, timeoutMs: number): boolean;
  /** Queued texts are still written, unless that fails. */
  closeLog(log: number): void;
}

export interface LogState {
  /** Bytes queued. */
  waiting: number;
  /** The system's error of the last write; absent once one succeeds. */
  problem?: string;
}
