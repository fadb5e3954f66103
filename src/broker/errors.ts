/**
 * The errors a broker throws. Each has a `code`, a message that says what happened and what to do next, and a `logText`,
 * the wording of nats-server's log. Errors of options are in src/config.
 */

import { knownText, systemText } from '../system-text.js';
import { joinHostPort } from './address.js';

export class BrokerError extends Error {
  override readonly name: string = 'BrokerError';
  readonly code: string;
  /** The text of the fatal log line. */
  readonly logText: string;

  constructor(code: string, message: string, logText = message, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.logText = logText;
  }
}

/** Another process, or another broker of this process, listens on that port. */
export class PortInUseError extends BrokerError {
  override readonly name = 'PortInUseError';
}

/** This user may not listen on that port or write that file. */
export class PermissionError extends BrokerError {
  override readonly name = 'PermissionError';
}

/** The host is not an address of this machine. */
export class AddressError extends BrokerError {
  override readonly name = 'AddressError';
}

/** A reload contains a change that needs a restart; nothing was changed. */
export class NotReloadableError extends BrokerError {
  override readonly name = 'NotReloadableError';

  constructor(field: string, before: string, after: string) {
    const logText = `config reload not supported for ${field}: old=${before}, new=${after}`;
    super('NOT_RELOADABLE', `${logText}; restart to change it, or undo it to reload the rest`, logText);
  }
}

/** The data plane can't go on; a bug, please report it. */
export class DataPlaneError extends BrokerError {
  override readonly name = 'DataPlaneError';
}

/** The broker is stopped, or was stopped while it started. */
export class StoppedError extends BrokerError {
  override readonly name = 'StoppedError';

  constructor() {
    super('BROKER_STOPPED', 'this broker is stopped: start a new one with Broker.start()');
  }
}

/** What the broker tried to listen on. */
export interface ListenAttempt {
  what: 'client port' | 'monitoring port' | 'profiling port';
  host: string;
  port: number;
}

/** Calls `listen` and turns the system's error into one that says what to do. */
export async function listening<T>(attempt: ListenAttempt, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw listenError(error, attempt);
  }
}

/** Turns the system's error of a failed listen into one that says what to do. */
export function listenError(cause: unknown, attempt: ListenAttempt): BrokerError {
  const { what, host, port } = attempt;
  const address = joinHostPort(host, port);
  const code = (cause as NodeJS.ErrnoException).code ?? 'LISTEN_FAILED';
  const logText = listenLogText(cause, attempt);
  switch (code) {
    case 'EADDRINUSE':
      return new PortInUseError(
        code,
        `${what} ${port} on ${host} is in use: stop what listens there, or choose another port (-1 takes any free one)`,
        logText,
        cause,
      );
    case 'EACCES':
    case 'EPERM':
      return new PermissionError(
        code,
        `no permission to listen on ${address}: choose a port above 1023, or give the process the right to bind it`,
        logText,
        cause,
      );
    case 'EADDRNOTAVAIL':
      return new AddressError(code, `${host} is not an address of this machine: ${OWN_ADDRESSES}`, logText, cause);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AddressError(code, `${host} ${unresolved(host)}`, logText, cause);
    default:
      return new BrokerError(code, `can't listen on ${address} (${what}): ${systemText(cause)}`, logText, cause);
  }
}

const OWN_ADDRESSES = 'use 127.0.0.1, 0.0.0.0 or one of its own addresses';

function unresolved(host: string): string {
  const bare = /^\[(.+)\]$/.exec(host)?.[1];
  if (bare !== undefined) return `is not an address: as a host an IPv6 address stands without brackets, ${bare}`;
  return `is no name that this machine can resolve to an address: ${OWN_ADDRESSES}`;
}

function listenLogText(cause: unknown, { what, host, port }: ListenAttempt): string {
  const address = joinHostPort(host, port);
  const known = knownText(cause);
  const reason = known === undefined ? `listen tcp: ${systemText(cause)}` : `listen tcp ${address}: bind: ${known}`;
  if (what === 'client port') return `Error listening on port: ${address}, ${JSON.stringify(reason)}`;
  if (what === 'profiling port') return `error starting profiler: ${reason}`;
  return `Can't start monitoring: can't listen to the monitor port: ${reason}`;
}
