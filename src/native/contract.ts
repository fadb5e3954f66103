/**
 * The typed face of the addon: what crosses the boundary between the control plane and the data plane.
 *
 * Three kinds of traffic (ARCHITECTURE.md, "The boundary"): plans go down, events come up, questions go
 * down and are answered at once from counters. Handles cross as small numbers. Times are milliseconds
 * unless a name says otherwise; wall-clock instants are milliseconds since the epoch, fractional.
 *
 * This file declares shapes only. `index.ts` beside it loads the addon; nothing else in src/ may.
 */

import type { LoadAddon } from './load-contract.js';

/** Subject patterns a user may or may not use. `undefined` allow means everything, `[]` nothing. */
export interface SubjectPermission {
  allow?: string[];
  deny?: string[];
}

export interface PermissionsPlan {
  publish?: SubjectPermission;
  /** Entries may be `"subject queue"`. */
  subscribe?: SubjectPermission;
  /** Replies a responder may publish: how many (negative: any number) and for how long. */
  allowResponses?: { max: number; expiresMs: number };
}

export interface UserPlan {
  user: string;
  password: string;
  permissions?: PermissionsPlan;
  /** The kinds of connection the user may open, in capitals; absent: all of them. */
  connectionTypes?: string[];
}

/** Credentials that the data plane decides on its own. */
export interface AuthPlan {
  /** Set when a single token is configured. */
  token?: string;
  users: UserPlan[];
  /** Name of the user that connections without credentials become. */
  noAuthUser?: string;
  /** Time a client has to send a valid CONNECT. */
  timeoutMs: number;
}

/** What INFO tells every client; `client_id`, `client_ip` and `connect_info` are added per connection. */
export interface InfoPlan {
  serverId: string;
  serverName: string;
  version: string;
  /** The `go` field: clients print it, nobody parses it. */
  go: string;
  gitCommit?: string;
  /** Advertised host and port; the bound ones when absent. */
  advertiseHost?: string;
  advertisePort?: number;
  xkey: string;
  /** Not in INFO, but in what the server publishes of itself. */
  tags: string[];
  metadata: Record<string, string>;
  /** Switches and how they stand; not in INFO, but in what the server publishes of itself. */
  featureFlags: Record<string, boolean>;
}

export interface BrokerPlan {
  host: string;
  /** 0: any free port. */
  port: number;
  /** False: no listener at all (embedding). */
  listen: boolean;
  info: InfoPlan;
  auth?: AuthPlan;
  /** False: `no_header_support`. */
  headers: boolean;
  maxPayload: number;
  maxControlLine: number;
  maxPending: number;
  /** -1: refuse everyone. */
  maxConnections: number;
  /** Per connection; 0: unlimited. */
  maxSubscriptions: number;
  maxSubTokens: number;
  pingIntervalMs: number;
  pingMax: number;
  writeDeadlineMs: number;
  /** `write_timeout: retry`: a flush that made progress past its deadline keeps the connection. */
  writeTimeoutRetry: boolean;
  /** Drop for a full subscriber instead of pausing its publisher. */
  noFastProducerStall: boolean;
  /** Connections may begin with a PROXY protocol header. */
  proxyProtocol: boolean;
  maxClosedClients: number;
  /** Whether loops remember subjects with their subscribers. Not looked at by a reload. */
  resultCache: boolean;
  /** Which log lines are worth sending up. */
  logDebug: boolean;
  logTrace: boolean;
  traceHeaders: boolean;
  maxTracedMsgLen: number;
}

export interface StartedBroker {
  broker: number;
  /** The address the listener is bound to. */
  host: string;
  port: number;
}

/** What a reload set in motion. */
export interface StartedReload {
  /** A `reloaded` event with it follows. */
  number: number;
  /** Connections that are closed because there are more than the new plan allows. */
  closing: number;
}

export type NativeEvent =
  /** A line for the log, in the reference's words; `level` as the label is printed. */
  | { kind: 'log'; broker: number; level: 'INF' | 'DBG' | 'WRN' | 'ERR' | 'TRC'; text: string }
  /**
   * A client finished CONNECT (or was admitted implicitly). While the main thread is busy only so many of these and of
   * the next kind are kept; a `log` event then says how many were not.
   */
  | { kind: 'connected'; broker: number; connection: ConnectionInfo }
  /** A connection is gone. `connection.reason` says why. */
  | { kind: 'disconnected'; broker: number; connection: ConnectionInfo }
  /** All connections live by the plan of the `reloadBroker` that gave this number, and what followed from it is told. */
  | { kind: 'reloaded'; broker: number; number: number }
  /** All connections of a broker are closed after `stopBroker` or lame duck. */
  | { kind: 'stopped'; broker: number }
  /** The data plane can't go on (a loop panicked). */
  | { kind: 'fatal'; broker: number; text: string };

/** One connection, open or closed. Instants are milliseconds since the epoch. */
export interface ConnectionInfo {
  /** Its number: counted from 1, never used again by this broker. */
  cid: number;
  kind: 'Client';
  /** Where the client is, behind a proxy that says so the client's own address. */
  ip: string;
  port: number;
  startMs: number;
  /** When it last sent something. */
  lastActivityMs: number;
  /** Set once the connection is closed. */
  stopMs?: number;
  /** One of the reference's close reasons, e.g. `Client Closed`. */
  reason?: string;
  /** Round-trip time in nanoseconds, 0 when not measured yet. */
  rttNs: number;
  /** What waits to be sent to it. */
  pendingBytes: number;
  /** Messages the client has published, and the bytes of their headers and payloads. */
  inMsgs: number;
  inBytes: number;
  /** The same of those that went to it. */
  outMsgs: number;
  outBytes: number;
  /** How often publishers were paused because it did not keep up. */
  stalls: number;
  /** How many it has; of a closed one, how many it had. */
  subscriptions: number;
  /** What the client says of itself, at most 1 KiB of each. */
  name?: string;
  lang?: string;
  version?: string;
  /** Who was admitted; where nobody is asked, or one was refused, who the client says it is. */
  user?: string;
  /** Empty before CONNECT, and of a client that was refused. */
  account: string;
}

export interface SubscriptionInfo {
  /** Whose it is. */
  cid: number;
  account: string;
  subject: string;
  /** The queue group, if it is in one. */
  queue?: string;
  /** The client's own name for it. */
  sid: string;
  /** How many messages it got. */
  msgs: number;
  /** After how many it ends, where the client said so. */
  max?: number;
}

/** Counters since the start, unless they say that they are of now. */
export interface BrokerStats {
  /** Of now. */
  connections: number;
  totalConnections: number;
  /** Messages from clients, and the bytes of their headers and payloads. */
  inMsgs: number;
  inBytes: number;
  /** Messages to clients: each counts once per subscription it reached. */
  outMsgs: number;
  outBytes: number;
  /** Clients cut off because they did not keep up: in all, for too much waiting, for a write that took too long. */
  slowConsumers: number;
  slowConsumersPending: number;
  slowConsumersDeadline: number;
  /** Clients cut off because they left PINGs unanswered. */
  staleConnections: number;
  /** How often a publisher was paused for a subscriber that did not keep up. */
  stalledClients: number;
  /** Of now. */
  subscriptions: number;
  /** Of the connections there are now. */
  open: OpenTotals;
  accounts: AccountStats[];
}

/** What the connections there are now amount to; what closed ones have moved is in the broker's own counters. */
export interface OpenTotals {
  pendingBytes: number;
  subscriptions: number;
  inMsgs: number;
  inBytes: number;
  outMsgs: number;
  outBytes: number;
}

export interface AccountStats {
  name: string;
  connections: number;
  subscriptions: number;
  inMsgs: number;
  inBytes: number;
  outMsgs: number;
  outBytes: number;
  slowConsumers: number;
  interest: InterestStats;
}

/** How interest changed and how it was asked. */
export interface InterestStats {
  inserts: number;
  removes: number;
  /** Look-ups of subjects: not each message, since the next one on the same subject needs none. */
  matches: number;
  cacheHits: number;
  /** Resolved subjects that are remembered now, what they go to all together, and at most. */
  cached: number;
  fanout: number;
  fanoutMax: number;
}

/** Counters come greatest first. */
export type ConnectionOrder =
  | 'cid'
  | 'subs'
  | 'pending'
  | 'msgs_to'
  | 'msgs_from'
  | 'bytes_to'
  | 'bytes_from'
  | 'last'
  | 'idle'
  | 'uptime'
  | 'rtt';

/** Which open connections, in which order, and how many of them. */
export interface ConnectionQuery {
  order: ConnectionOrder;
  account?: string;
  user?: string;
  limit: number;
  /** The clock that `uptime` is told by. */
  nowMs: number;
}

/** Connections by number, to be described page by page. */
export interface FoundConnections {
  /** How many there are in the account, or at all, whoever's they are. */
  total: number;
  /** How many of them the query fits. */
  matching: number;
  /** The first of those. */
  cids: Float64Array;
  /** What each was sorted by, ascending: the number, a counter below zero, an instant or a time in milliseconds. */
  keys: Float64Array;
}

/** Which subscriptions of open connections, and which of those. */
export interface SubscriptionQuery {
  account?: string;
  cids?: Float64Array;
  /** Only those that a message on this subject would reach. */
  subject?: string;
  offset: number;
  limit: number;
}

export interface FoundSubscriptions {
  /** How many the query fits. */
  matching: number;
  list: SubscriptionInfo[];
}

/** A queue between threads. */
export interface QueueInfo {
  name: string;
  pending: number;
}

/** Everything the addon exports. */
export interface NativeAddon extends LoadAddon {
  /** Makes the loops' shared state; `onWake` runs on the calling thread when events wait. Returns a runtime handle. */
  createRuntime(reactors: number, onWake: () => void): number;
  /** Lends the calling worker thread to one loop; returns when the runtime is stopped. */
  runReactor(runtime: number, index: number): void;
  /** Tells the loops to return; does not wait. Safe to call twice. */
  stopRuntime(runtime: number): void;
  takeEvents(runtime: number): NativeEvent[];
  /**
   * Binds the listener and starts serving. Throws an Error whose `code` is the system's
   * (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`) or `INVALID_PLAN`.
   */
  startBroker(runtime: number, plan: BrokerPlan): StartedBroker;
  /**
   * Lets a broker and all its connections live by another plan. Whoever lost the right to be here is disconnected, and
   * subscriptions that lost theirs are removed; the others notice nothing. Host, port and `listen` are not looked at.
   * Throws an Error with the `code` `INVALID_PLAN` or `NO_BROKER`.
   */
  reloadBroker(runtime: number, broker: number, plan: BrokerPlan): StartedReload;
  /** Closes listener and connections (reason `Server Shutdown`); a `stopped` event follows. */
  stopBroker(runtime: number, broker: number): void;
  /** Stops accepting, tells clients with an `ldm` INFO; connections are closed by `closeConnection`. */
  enterLameDuck(runtime: number, broker: number): void;
  /** Whether `connected` events are wanted; off at first, since a crowd of them costs memory nobody may look at. */
  watchConnects(runtime: number, broker: number, on: boolean): void;
  closeConnection(runtime: number, broker: number, cid: number, reason: string): boolean;
  stats(runtime: number, broker: number): BrokerStats;
  /** Open connections in cid order. */
  connections(runtime: number, broker: number): ConnectionInfo[];
  /** Open connections by number, sorted and cut: cheap where `connections` would copy all of them. */
  findConnections(runtime: number, broker: number, query: ConnectionQuery): FoundConnections;
  /** Those of these connections that are still open, in the order given. */
  describeConnections(runtime: number, broker: number, cids: Float64Array): ConnectionInfo[];
  findSubscriptions(runtime: number, broker: number, query: SubscriptionQuery): FoundSubscriptions;
  /** What waits between the threads of the runtime. */
  queues(runtime: number): QueueInfo[];
  subscriptions(runtime: number, broker: number, cid: number | undefined): SubscriptionInfo[];
  /** What connections that are gone were subscribed to: of the last `maxClosedClients`, within a budget of memory. */
  closedSubscriptions(runtime: number, broker: number, cid: number | undefined): SubscriptionInfo[];
}
