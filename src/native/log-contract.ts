/**
 * The typed face of the log's last step inside the addon: threads that write, so that nobody who logs waits for a disk,
 * a pipe or a network.
 *
 * A log is a queue with a thread, known by its handle. Texts are written in the order they were handed over. What may
 * wait, and what happens to more, is decided on this side. A failure throws an Error with the `code` `LOG_FAILED`.
 */
export interface LogAddon {
  /** A log to a file that is open for appending; the addon owns the descriptor from here on. Not on Windows. */
  openLogFile(fd: number): number;
  /** A log to standard error. Not on Windows. */
  openLogStderr(): number;
  /**
   * A log to the first syslog of these that answers: `host:port` for `udp` and `tcp`, a path for `unix`. Waits for the
   * connection, some seconds at most. One that is lost is made again.
   */
  openSyslog(network: 'udp' | 'tcp' | 'unix', addresses: string[]): number;
  /**
   * Goes on in another open file, which the addon owns then; texts from before still go to the old one, unless that
   * fails.
   */
  replaceLogFile(log: number, fd: number): void;
  /** For a syslog each text is one message. Returns how many bytes wait now. */
  writeLog(log: number, text: string): number;
  logState(log: number): LogState;
  /** Waits until all is written, or for so long; true when it is. */
  flushLog(log: number, patienceMs: number): boolean;
  /** What waits is still written, unless that fails. */
  closeLog(log: number): void;
}

export interface LogState {
  /** Bytes handed over and not yet written. */
  waiting: number;
  /** What the system says to the last attempt, until one succeeds. */
  problem?: string;
}
