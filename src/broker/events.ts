/** What a broker tells its owner while it runs. Types only. */
import type { LogEntry } from '../log/index.js';
import type { ConnectionInfo } from '../native/contract.js';
import type { BrokerError } from './errors.js';

export interface BrokerEvents {
  /** A client is in: its CONNECT was accepted. */
  connect: [connection: ConnectionInfo];
  /** A client is gone; `connection.reason` says why. */
  disconnect: [connection: ConnectionInfo];
  /** The broker can't go on and stops. Without a listener this ends the process, as with any emitter. */
  error: [error: BrokerError];
  /** A line of the log, whether or not it is written anywhere. */
  log: [entry: LogEntry];
}
