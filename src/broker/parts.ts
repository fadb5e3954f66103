/**
 * What a broker is made of: types that start, broker and reload share. Types only, so that none of them imports another
 * for its types.
 */
import type { BrokerOptions, ResolvedOptions } from '../config/index.js';
import type { StartedBroker } from '../native/contract.js';
import type { Runtime } from '../worker/index.js';
import type { Authenticate } from './authenticate.js';
import type { BrokerLog } from './broker-log.js';
import type { HttpListeners } from './http-listeners.js';
import type { Identity } from './identity.js';

/** The options of a broker, and the functions that decide in its place. */
export interface StartOptions extends BrokerOptions {
  /**
   * Decides about each CONNECT: the user and permissions of a client, or a refusal. Not together with a token, users or
   * `noAuthUser`. A client is refused when it throws, or takes longer than `authorization.timeout`.
   */
  authenticate?: Authenticate | undefined;
}

/** The configuration in force. A reload replaces it as a whole. */
export interface Configuration {
  readonly options: ResolvedOptions;
  /** The options as given, before the file they name was read: what the next reload starts from. */
  readonly written: BrokerOptions | undefined;
  /** The function given beside them. */
  readonly given?: Authenticate | undefined;
  /** The function that decides: the one given, or that of `auth_module`. */
  readonly authenticate?: Authenticate | undefined;
  /** When it was put into force. */
  readonly loadMs: number;
  /** `sha256:…` of the configuration file; empty without one. */
  readonly digest: string;
}

/** What the start hands to a broker, which owns it from then on. None of it changes. */
export interface BrokerParts {
  readonly identity: Identity;
  readonly runtime: Runtime;
  readonly started: StartedBroker;
  readonly log: BrokerLog;
  readonly http: HttpListeners;
  readonly startMs: number;
}
