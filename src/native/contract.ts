/**
 * The types of the addon: what crosses the boundary between the control plane and the data plane.
 *
 * Three kinds of traffic (ARCHITECTURE.md, "The boundary"): plans go down, events come up, queries go
 * down and are answered at once from counters. Handles cross as small numbers. Times are milliseconds
 * unless a name says otherwise; wall-clock instants are milliseconds since the epoch, fractional.
 *
 * This file declares types only. `load.ts` loads the addon; contract-check.ts compares these types with those of its build.
 */

import type { LoadAddon } from './load-contract.js';
import type { LogAddon } from './log-contract.js';

/** Subject patterns a user may or may not use. Without `allow` everything is allowed, with `[]` nothing. */
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

/** A subject space of its own. `$G` is always there. */
export interface AccountPlan {
  name: string;
  /** Permissions of its users that have none of their own. */
  defaultPermissions?: PermissionsPlan;
  limits?: AccountLimits;
  /** Subjects of other accounts that its connections may subscribe to; the other accounts allow it. */
  streamImports?: StreamImportPlan[];
  /** Its requests that other accounts answer; these allow it. */
  serviceImports?: ServiceImportPlan[];
  /** Traces of messages that are sampled by a trace of their publishers. */
  msgTrace?: MsgTracePlan;
  /** Subjects that become others. The first rule that matches a published subject applies. */
  mappings?: MappingPlan[];
}

/** Where traces of messages go, and of what percentage of them. */
export interface MsgTracePlan {
  destination: string;
  sampling: number;
}

/**
 * Requests that another account answers. Imports may lead back to an account that a request has passed: there the request
 * ends.
 */
export interface ServiceImportPlan {
  /** The account that answers. */
  account: string;
  /** The subject there: exported, or a part of it. */
  subject: string;
  /**
   * Its name in the importing account, with the same wildcards or as a transform's destination; absent: the same. Where
   * the subject has no wildcards, a pattern: all requests that match it.
   */
  to?: string;
  /** Whether the service learns who asks. */
  share?: boolean;
  /** How the export answers; absent: with one message. */
  response?: 'stream' | 'chunked';
  /** Milliseconds after which a request ends unanswered; absent: two minutes. */
  threshold?: number;
  /** What is measured of answers. */
  latency?: LatencyPlan;
  /** Whether traces of messages go on in the exporting account. */
  allowTrace?: boolean;
}

/** Measurements of a service. */
export interface LatencyPlan {
  /** Where they go, in the exporting account. */
  subject: string;
  /** Percent of requests; 0: those whose headers ask for it. */
  sampling: number;
}

/** Subjects of another account. `to`: their names in the importing account, as a transform's destination. */
export interface StreamImportPlan {
  account: string;
  subject: string;
  to?: string;
  /** Whether traces of messages tell of subscriptions of the importing account. */
  allowTrace?: boolean;
}

export interface MappingPlan {
  /** A subject, or a pattern. */
  source: string;
  destinations: MappingDestination[];
}

export interface MappingDestination {
  /** May refer to the tokens that the wildcards of the source match. */
  subject: string;
  /** Percent of the messages. */
  weight: number;
  /** The cluster whose servers use it. */
  cluster?: string;
}

/** What the connections of an account may use; absent: as much as the server lets everyone. */
export interface AccountLimits {
  /** All together. */
  maxConnections?: number;
  /** Each of them. */
  maxSubscriptions?: number;
  maxPayload?: number;
}

export interface UserPlan {
  user?: string;
  password?: string;
  /** Instead of both: the public key whose private half signs the nonce of INFO. */
  nkey?: string;
  /** The account that its connections belong to. */
  account: string;
  permissions?: PermissionsPlan;
  /** The kinds of connection the user may open, in capitals; absent: all of them. */
  connectionTypes?: string[];
  /** Its connections have to come through a trusted proxy. */
  proxyRequired?: boolean;
}

/** The credentials that the data plane checks. */
export interface AuthPlan {
  /** Set when a single token is configured. */
  token?: string;
  users: UserPlan[];
  /** Users of whom nothing else is said: name, password and account of each, in one list. */
  plainUsers: string[];
  /** The user that clients without credentials are admitted as. */
  noAuthUser?: string;
  /** Without such a user they are nobody in particular, in `$G`; INFO asks for credentials all the same. */
  anonymous?: boolean;
  /** Set when the program decides: each CONNECT causes an `authenticate` event, tokens and users are not used. */
  embedder?: boolean;
  /** Clients with the token have to come through a trusted proxy. */
  proxyRequired?: boolean;
  /** How long a login waits after the one before it, where many from its address have failed; 0: not at all. */
  failedLoginDelayMs: number;
  /** Time a client has to send a valid CONNECT, and the program has to answer an `authenticate` event. */
  timeoutMs: number;
}

/** The fields of INFO that are the same for every client; `client_id`, `client_ip` and `connect_info` are added. */
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
  /** Not in INFO, but in the events the server publishes. */
  tags: string[];
  metadata: Record<string, string>;
  /** Feature flags with their values; not in INFO, but in the events the server publishes. */
  featureFlags: Record<string, boolean>;
}

/** Where a broker is to be reached, and by whom. */
export interface ListenerPlan {
  kind: 'client';
  host: string;
  /** 0: any free port. */
  port: number;
}

export interface BrokerPlan {
  /** Empty: the broker is not reached from outside the process. A reload does not change it. */
  listeners: ListenerPlan[];
  info: InfoPlan;
  accounts: AccountPlan[];
  /** The names of accounts about which nothing else is said. There may be many, and texts are passed faster than objects. */
  plainAccounts: string[];
  /** The account of the server itself, which INFO points out to its clients. */
  systemAccount?: string;
  auth?: AuthPlan;
  /** False: `no_header_support`. */
  headers: boolean;
  /** Negative: any size. */
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
  /** The public keys of proxies that are trusted. */
  trustedProxies: string[];
  maxClosedClients: number;
  /** Whether event loops cache the subscribers of subjects. A reload does not change it. */
  resultCache: boolean;
  /** Which log lines the data plane sends up. */
  logDebug: boolean;
  logTrace: boolean;
  traceHeaders: boolean;
  maxTracedMsgLen: number;
}

/** Not ready is a client that does not read INFO at any time, or has not finished its handshake. */
export type LameDuckNotice = 'sent' | 'no client' | 'not ready';

/** The address that a listener is bound to. */
export interface BoundListener {
  kind: ListenerPlan['kind'];
  host: string;
  port: number;
}

export interface StartedBroker {
  broker: number;
  /** One for each listener of the plan, in the same order. */
  listeners: BoundListener[];
}

/** The start of a reload. */
export interface StartedReload {
  /** The `reloaded` event that ends this reload has the same number. */
  number: number;
  /** Connections that are closed because there are more than the new plan allows. */
  closing: number;
}

export type NativeEvent =
  /** A log line, worded as in nats-server; `level` is the label as printed. */
  | { kind: 'log'; broker: number; level: 'INF' | 'DBG' | 'WRN' | 'ERR' | 'TRC'; text: string }
  /** The program decides whether this client is admitted, and calls `answerAuthentication`. */
  | { kind: 'authenticate'; broker: number; request: AuthenticationRequest }
  /**
   * A client finished CONNECT (or was admitted without one). While the main thread is busy, a limited number of these and
   * of the next kind is kept; a `log` event then says how many were dropped.
   */
  | { kind: 'connected'; broker: number; connection: ConnectionInfo }
  /** A connection was closed. `connection.reason` says why. */
  | { kind: 'disconnected'; broker: number; connection: ConnectionInfo }
  /** All connections follow the plan of the `reloadBroker` with this number, and its events and log lines were sent. */
  | { kind: 'reloaded'; broker: number; number: number }
  /** Messages wait for subscriptions of the control plane: `takeMessages` until it says that there are no more. */
  | { kind: 'messages'; broker: number }
  /** Everything up to the `publishInternal` with this number is delivered. */
  | { kind: 'published'; broker: number; number: number }
  /** All connections of a broker are closed after `stopBroker` or lame duck. */
  | { kind: 'stopped'; broker: number }
  /** The data plane failed (an event loop panicked). */
  | { kind: 'fatal'; broker: number; text: string };

/** The content of a CONNECT that the program decides about. Empty texts are absent. */
export interface AuthenticationRequest {
  /** Identifies the request in `answerAuthentication`; unique in the runtime. */
  id: number;
  /** The connection's number. */
  cid: number;
  /** The client's address; behind a proxy that sends it, the client's own. */
  ip: string;
  port: number;
  user?: string;
  pass?: string;
  token?: string;
  nkey?: string;
  jwt?: string;
  name?: string;
  lang?: string;
  version?: string;
}

/** The user that the program admits a client as. */
export interface AuthenticatedUser {
  user: string;
  /** `$G` unless given. */
  account?: string;
  permissions?: PermissionsPlan;
}

/** One connection, open or closed. Instants are milliseconds since the epoch. */
export interface ConnectionInfo {
  /** Its number: counted from 1, never reused by this broker. */
  cid: number;
  kind: 'Client';
  /** The client's address, also behind a proxy that sends a PROXY header. */
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
  /** Bytes queued for it. */
  pendingBytes: number;
  /** Messages the client has published, and the bytes of their headers and payloads. */
  inMsgs: number;
  inBytes: number;
  /** The same for messages sent to it. */
  outMsgs: number;
  outBytes: number;
  /** How often publishers were paused because it read too slowly. */
  stalls: number;
  /** Number of subscriptions; of a closed connection, the number when it closed. */
  subscriptions: number;
  /** From CONNECT, at most 1 KiB of each. */
  name?: string;
  lang?: string;
  version?: string;
  /** The user it was admitted as; without authorization, and for a refused client, the user it named in CONNECT. */
  user?: string;
  /** Empty before CONNECT, and for a client that was refused. */
  account: string;
  /** The public key of the trusted proxy it came through. */
  proxy?: string;
}

export interface SubscriptionInfo {
  /** The connection it belongs to. */
  cid: number;
  account: string;
  subject: string;
  /** The queue group, if it is in one. */
  queue?: string;
  /** The id that the client gave it. */
  sid: string;
  /** Messages delivered to it. */
  msgs: number;
  /** It ends after this many messages (`UNSUB sid max`). */
  max?: number;
}

/** Counters since the start; those of the present moment say so. */
export interface BrokerStats {
  /** At present. */
  connections: number;
  totalConnections: number;
  /** Messages from clients, and the bytes of their headers and payloads. */
  inMsgs: number;
  inBytes: number;
  /** Messages to clients: each counts once per subscription. */
  outMsgs: number;
  outBytes: number;
  /** Clients disconnected as slow consumers: in all, over `maxPending`, past the write deadline. */
  slowConsumers: number;
  slowConsumersPending: number;
  slowConsumersDeadline: number;
  /** Clients disconnected because they did not answer PINGs. */
  staleConnections: number;
  /** How often a publisher was paused because of a slow subscriber. */
  stalledClients: number;
  /** At present. */
  subscriptions: number;
  /** Sums over the open connections. */
  open: OpenTotals;
  accounts: AccountStats[];
}

/** Sums over the open connections; the counters of `BrokerStats` include closed ones. */
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

/** Changes of the subscription index, and lookups in it. */
export interface InterestStats {
  inserts: number;
  removes: number;
  /** Lookups of subjects; a run of messages on one subject needs one. */
  matches: number;
  cacheHits: number;
  /** Subjects in the cache, the sum of their subscribers, and the largest number of one. */
  cached: number;
  fanout: number;
  fanoutMax: number;
}

/** Counters are sorted in descending order. */
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

/** Selects open connections and sorts them. */
export interface ConnectionQuery {
  order: ConnectionOrder;
  account?: string;
  user?: string;
  limit: number;
  /** The present time, from which `uptime` is computed. */
  nowMs: number;
}

/** The numbers of the connections found; `describeConnections` returns their details. */
export interface FoundConnections {
  /** The number of connections in the account, or in all, before the filter by user. */
  total: number;
  /** How many match the query. */
  matching: number;
  /** The first `limit` of those. */
  cids: Float64Array;
  /** The sort key of each, ascending: the number, a negated counter, or a time in milliseconds. */
  keys: Float64Array;
}

/** Selects subscriptions of open connections, and a page of them. */
export interface SubscriptionQuery {
  account?: string;
  cids?: Float64Array;
  /** Only those that a message on this subject would reach. */
  subject?: string;
  offset: number;
  limit: number;
}

export interface FoundSubscriptions {
  /** How many match the query. */
  matching: number;
  list: SubscriptionInfo[];
}

/** Messages for subscriptions of the control plane, in the order they were published. */
export interface MessageBatch {
  /** Frames of the client protocol. */
  data: Buffer;
  /**
   * Eight words for each message: the handle of its subscription, and where in `data` its parts are: start and end of
   * the subject, start and end of the reply subject (equal: none), start of the headers, their end, which is the start
   * of the payload, and its end.
   */
  index: Uint32Array;
  /** More messages wait; no event reports them. */
  more: boolean;
}

/** A queue between threads. */
export interface QueueInfo {
  name: string;
  pending: number;
}

/** Everything the addon exports; contract-check.ts compares it with the generated declarations. */
export interface Addon extends NativeAddon, LoadAddon, LogAddon {
  /** The version of the addon: the loader accepts only that of this package. */
  version(): string;
  /**
   * The bcrypt hash of a password of at most 72 bytes, with a fresh salt; `cost` is 4 to 31. Blocks as long as a check of
   * the hash takes. Throws an Error that says what is wrong with the arguments.
   */
  hashPassword(password: string, cost: number): string;
}

/** The functions that brokers use. */
export interface NativeAddon {
  /** Bytes compressed by Snappy, in the framed format, which readers of S2 take, too. */
  snappyFrame(data: Uint8Array): Buffer;
  /**
   * Creates the event loops and starts them, on threads of the addon until `runReactor` takes them over. `onWake` is called
   * on this thread when events wait. Returns a handle, which is never given again.
   */
  createRuntime(reactors: number, onWake: () => void): number;
  /** Moves one event loop to the calling thread and runs it there; returns when the runtime is stopped. */
  runReactor(runtime: number, index: number): void;
  /** Makes `runReactor` return, without waiting for it, and ends the threads of the addon. May be called twice. */
  stopRuntime(runtime: number): void;
  takeEvents(runtime: number): NativeEvent[];
  /**
   * Binds the listeners, all of them or none, and starts serving. Throws an Error whose `code` is the system's
   * (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`) or `INVALID_PLAN`.
   */
  startBroker(runtime: number, plan: BrokerPlan): StartedBroker;
  /**
   * Puts another plan into force. Clients that it does not admit are disconnected, subscriptions that it does not permit
   * are removed; all others are unaffected. Listeners are ignored.
   * Throws an Error with the `code` `INVALID_PLAN` or `NO_BROKER`.
   */
  reloadBroker(runtime: number, broker: number, plan: BrokerPlan): StartedReload;
  /** Closes listeners and connections (reason `Server Shutdown`); a `stopped` event follows. */
  stopBroker(runtime: number, broker: number): void;
  /** Stops accepting and sends clients an INFO with `ldm`; the caller closes connections with `closeConnection`. */
  enterLameDuck(runtime: number, broker: number): void;
  /**
   * Turns `connected` events on or off. They are off at first, because many of them cost memory. Those of an account come
   * all the same while someone listens in the system account to what the server tells of its clients.
   */
  watchConnects(runtime: number, broker: number, on: boolean): void;
  closeConnection(runtime: number, broker: number, cid: number, reason: string): boolean;
  /** Sends one client an INFO with `ldm`; it stays connected. Returns what became of it. */
  notifyLameDuck(runtime: number, broker: number, cid: number): LameDuckNotice;
  /**
   * Answers an `authenticate` event; without a user the client is refused. An answer that is late, or for a connection
   * that is closed, has no effect. Throws an Error with the `code` `INVALID_PLAN` when the permissions are invalid; the
   * client is refused then.
   */
  answerAuthentication(runtime: number, request: number, user?: AuthenticatedUser): void;
  stats(runtime: number, broker: number): BrokerStats;
  /** Open connections in cid order. */
  connections(runtime: number, broker: number): ConnectionInfo[];
  /** The numbers of open connections, sorted and limited: cheaper than `connections`, which copies all of them. */
  findConnections(runtime: number, broker: number, query: ConnectionQuery): FoundConnections;
  /** Those of the given connections that are still open, in the order given. */
  describeConnections(runtime: number, broker: number, cids: Float64Array): ConnectionInfo[];
  findSubscriptions(runtime: number, broker: number, query: SubscriptionQuery): FoundSubscriptions;
  /** The lengths of the queues between the threads of the runtime. */
  queues(runtime: number): QueueInfo[];
  subscriptions(runtime: number, broker: number, cid?: number): SubscriptionInfo[];
  /**
   * Subscribes for the control plane; returns the handle that messages carry. When it returns, every later message is
   * delivered. Throws an Error with the `code` `INVALID_SUBJECT`, `NO_ACCOUNT` or `NO_BROKER`.
   */
  subscribeInternal(runtime: number, broker: number, account: string, subject: string, queue?: string): number;
  /** Ends it: no later message is delivered. False: there is none of that handle. */
  unsubscribeInternal(runtime: number, broker: number, handle: number): boolean;
  /**
   * Publishes whole `PUB` and `HPUB` frames in an account, after all that were handed down before. Returns the bytes that
   * wait to be published. With `confirm`, a `published` event follows. Throws as `subscribeInternal` does.
   */
  publishInternal(runtime: number, broker: number, account: string, frames: Uint8Array, confirm?: number): number;
  /** Bytes that wait to be published. */
  unpublishedInternal(runtime: number, broker: number): number;
  /** Whether a message on one of these subjects would reach anyone: a connection, or the control plane itself. */
  hasListeners(runtime: number, broker: number, account: string, subjects: string[]): boolean;
  /** The number of the next message that the server publishes of its own accord: 1, 2, and so on. */
  nextEventNumber(runtime: number, broker: number): number;
  /** Takes messages for the control plane: about as many as that, at least one if any wait. */
  takeMessages(runtime: number, broker: number, messagesMax: number, bytesMax: number): MessageBatch;
  /** The subscriptions of closed connections: of the last `maxClosedClients`, within a memory limit. */
  closedSubscriptions(runtime: number, broker: number, cid?: number): SubscriptionInfo[];
}
