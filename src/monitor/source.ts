/**
 * What the endpoints read: the broker as monitoring sees it. Answers come from counters at the moment of the call;
 * nothing here changes a broker.
 */
import type { ResolvedOptions } from '../config/index.js';
import type { BrokerStats, ConnectionInfo, SubscriptionInfo } from '../native/contract.js';

export interface MonitorSource {
  readonly serverId: string;
  readonly serverName: string;
  /** The client listener as bound (or as advertised to clients). */
  readonly host: string;
  readonly port: number;
  readonly options: ResolvedOptions;
  readonly startMs: number;
  readonly configLoadMs: number;
  /** `sha256:…` of the configuration file; empty without one. */
  readonly configDigest: string;
  readonly reactors: number;
  stats(): BrokerStats;
  connections(): ConnectionInfo[];
  /** Oldest first. */
  closedConnections(): ConnectionInfo[];
  subscriptions(cid?: number): SubscriptionInfo[];
  /** Of closed connections, as far as they are kept. */
  closedSubscriptions(cid?: number): SubscriptionInfo[];
}

/** What an endpoint knows besides the broker. */
export interface MonitorContext {
  readonly source: MonitorSource;
  readonly http: { host: string; port: number; basePath: string };
  /** Hits per path, this one included. */
  readonly requests: ReadonlyMap<string, number>;
  /** Percent of one core over the last second. */
  cpuPercent(): number;
  nowMs(): number;
}
