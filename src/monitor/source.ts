/**
 * What the endpoints read of a broker. Values are those at the moment of the call; nothing here changes the broker.
 */
import type { ResolvedOptions } from '../config/index.js';
import type {
  BrokerStats,
  ConnectionInfo,
  ConnectionQuery,
  FoundConnections,
  FoundSubscriptions,
  QueueInfo,
  SubscriptionInfo,
  SubscriptionQuery,
} from '../native/contract.js';

export interface MonitorSource {
  readonly serverId: string;
  readonly serverName: string;
  /** The client listener as bound. */
  readonly host: string;
  readonly port: number;
  readonly options: ResolvedOptions;
  readonly startMs: number;
  readonly configLoadMs: number;
  /** `sha256:…` of the configuration file; empty without one. */
  readonly configDigest: string;
  readonly reactors: number;
  /** Every feature flag, as it is in force. */
  readonly featureFlags: Readonly<Record<string, boolean>>;
  /** Whether clients can connect: false from lame duck mode on. */
  readonly ready: boolean;
  stats(): BrokerStats;
  /** The numbers of open connections, selected and sorted. */
  findConnections(query: ConnectionQuery): FoundConnections;
  /** Those of these connections that are still open, in the order given. */
  describeConnections(cids: Float64Array): ConnectionInfo[];
  /** Oldest first. */
  closedConnections(): ConnectionInfo[];
  /** Of open connections. */
  findSubscriptions(query: SubscriptionQuery): FoundSubscriptions;
  /** Of closed connections, as far as these are kept. */
  closedSubscriptions(cid?: number): SubscriptionInfo[];
  /** The queues between the threads. */
  queues(): QueueInfo[];
  /** Writes a line into the broker's log. */
  warn(text: string): void;
}

/** What an endpoint gets besides the query. */
export interface MonitorContext {
  readonly source: MonitorSource;
  readonly http: { host: string; port: number; basePath: string };
  /** Requests by path, the present one included. */
  readonly requests: ReadonlyMap<string, number>;
  readonly usage: { readonly cpuPercent: number; readonly residentBytes: number };
  nowMs(): number;
}
