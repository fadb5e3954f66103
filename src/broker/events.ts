/** The events of a broker. Types only. */
import type { LogEntry } from '../log/index.js';
import type { ConnectionInfo } from '../native/contract.js';
import type { BrokerError } from './errors.js';

export interface BrokerEvents {
  /** A client connected: its CONNECT was accepted. */
  connect: [connection: ConnectionInfo];
  /** A client disconnected; `connection.reason` says why. */
  disconnect: [connection: ConnectionInfo];
  /** The handler of a `subscribe` threw, or its promise was rejected; it was logged as well. */
  handlerError: [error: unknown, subject: string];
  /** The broker can't go on and stops. Without a listener this ends the process, as with any emitter. */
  error: [error: BrokerError];
  /** A log line, also when it is written nowhere. */
  log: [entry: LogEntry];
}
