/** What the system account asks of the broker it belongs to. Types only. */
import type { ResolvedOptions } from '../config/index.js';
import type { InternalClient } from '../internal/index.js';
import type { MonitorContext, MonitorSource } from '../monitor/source.js';
import type { LameDuckNotice } from '../native/index.js';

export interface SystemHost {
  readonly serverId: string;
  readonly client: InternalClient;
  /** The options in force: another object after each reload. */
  options(): ResolvedOptions;
  /** The state of the broker as monitoring reads it. */
  source(): MonitorSource;
  /** What only the monitoring listener knows; undefined without one. */
  monitor(): Omit<MonitorContext, 'source'> | undefined;
  snappyFrame(data: Uint8Array): Buffer;
  /** The host that clients are told. */
  advertisedHost(): string;
  /** The number of the next message of the server; message traces count as well. */
  nextEventNumber(): number;
  /** Reads the configuration again. */
  reload(): Promise<void>;
  /** Sends one client the notice that the server goes away. */
  notifyLameDuck(cid: number): LameDuckNotice;
  /** Whether a message on one of these subjects of an account would reach anyone. */
  hasListeners(account: string, ...subjects: string[]): boolean;
  /** Closes a connection; false: there is none of that number. */
  kick(cid: number): boolean;
  log(level: 'WRN' | 'ERR', text: string): void;
}
