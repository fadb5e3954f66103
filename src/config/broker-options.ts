/**
 * What library users write. Made by `npm run docs` from the option table; changes here are lost.
 *
 * Says what inferred-types.ts makes of the table, in a form that editors can show. Types only.
 */

import type { ConnectionType } from './blocks/users.js';

/** Everything may be left out; a value of `undefined` counts as left out. */
export interface BrokerOptions {
  /** The port clients connect to; -1 means any free port. Default: `4222`. */
  port?: number | undefined;
  /** The address the client listener binds to. Default: `0.0.0.0`. */
  host?: string | undefined;
  /** Opens no client listener at all. Default: `false`. */
  dontListen?: boolean | undefined;
  /** The host[:port] that clients are told to use instead of the bound one. */
  clientAdvertise?: string | undefined;
  /** The name of this server; its id when absent. Blanks are refused. */
  serverName?: string | undefined;
  /**
   * Takes the address of a client from a PROXY protocol header (version 1 or 2), where its connection begins with one.
   * Default: `false`.
   */
  proxyProtocol?: boolean | undefined;
  /** Turns message headers off for every client. Default: `false`. */
  noHeaderSupport?: boolean | undefined;
  /**
   * Remembers no subjects with those who get their messages, beside the last one of each thread: slower, less memory.
   * Default: `false`.
   */
  disableSublistCache?: boolean | undefined;
  /**
   * How many threads serve connections; one per core, at least 2 and at most 16, when absent. Brokers of one process
   * share them: the first one decides.
   */
  reactors?: number | undefined;
  /** The longest protocol line a client may send, in bytes. A number, or text such as `'1MB'`. Default: `4KB`. */
  maxControlLine?: number | string | undefined;
  /**
   * The largest message payload in bytes; must not exceed maxPending; -1 means any size. A number, or text such as
   * `'1MB'`. Default: `1MB`.
   */
  maxPayload?: number | string | undefined;
  /**
   * Bytes that may wait for one client before it is cut off as a slow consumer. A number, or text such as `'1MB'`.
   * Default: `64MB`.
   */
  maxPending?: number | string | undefined;
  /** How many clients may be connected at once; 0 refuses everyone. Default: `65536`. */
  maxConnections?: number | undefined;
  /** How many subscriptions one client may hold; 0 means any number. Default: `0`. */
  maxSubscriptions?: number | undefined;
  /** How many tokens the subject of a subscription may have, up to 255; absent means any number. Default: `0`. */
  maxSubTokens?: number | undefined;
  /** How many closed connections are remembered for monitoring. Default: `10000`. */
  maxClosedClients?: number | undefined;
  /** How often an idle client is sent a PING. Milliseconds, or text such as `'1m30s'`. Default: `2m`. */
  pingInterval?: number | string | undefined;
  /** How many PINGs may stay unanswered before a client counts as gone. Default: `2`. */
  pingMax?: number | undefined;
  /**
   * How long one write to a client may take before the client is cut off. Milliseconds, or text such as `'1m30s'`.
   * Default: `10s`.
   */
  writeDeadline?: number | string | undefined;
  /** What a missed write deadline means: close the client, or retry while it makes progress. Default: `default`. */
  writeTimeout?: 'default' | 'close' | 'retry' | undefined;
  /** Never pauses a publisher for a subscriber that falls behind. Default: `false`. */
  noFastProducerStall?: boolean | undefined;
  /**
   * Over how long clients are closed in lame duck mode; at least 30 seconds in a file. Milliseconds, or text such as
   * `'1m30s'`. Default: `2m`.
   */
  lameDuckDuration?: number | string | undefined;
  /**
   * How long lame duck mode waits before it closes the first client. Milliseconds, or text such as `'1m30s'`. Default:
   * `10s`.
   */
  lameDuckGracePeriod?: number | string | undefined;
  /**
   * How long clients have to move elsewhere after SIGTERM; 0 stops at once. Milliseconds, or text such as `'1m30s'`.
   * Default: `0s`.
   */
  shutdownGrace?: number | string | undefined;
  /** Logs debug lines. Default: `false`. */
  debug?: boolean | undefined;
  /** Logs the protocol. Default: `false`. */
  trace?: boolean | undefined;
  /** Traces the system account as well; turns trace on. Default: `false`. */
  traceVerbose?: boolean | undefined;
  /** Traces the headers of messages only; turns trace on. Default: `false`. */
  traceHeaders?: boolean | undefined;
  /** How much of a payload the trace shows; 0 means all of it. Default: `0`. */
  maxTracedMsgLen?: number | undefined;
  /** Puts a timestamp on every log line. Default: `true`. */
  logtime?: boolean | undefined;
  /** Timestamps in UTC instead of local time. Default: `false`. */
  logtimeUtc?: boolean | undefined;
  /** Where log lines go instead of standard error. */
  logFile?: string | undefined;
  /**
   * The size in bytes at which the log file is set aside and begun anew; 0 means never. A number, or text such as
   * `'1MB'`. Default: `0`.
   */
  logSizeLimit?: number | string | undefined;
  /** How many log files are kept, the active one included; 0 means all of them. Default: `0`. */
  logMaxNum?: number | undefined;
  /** Logs to the local syslog, unless there is a log file. Default: `false`. */
  syslog?: boolean | undefined;
  /** A syslog to log to, unless there is a log file: udp://host:514, tcp://host:514 or unix:///path. */
  remoteSyslog?: string | undefined;
  /** What a log line looks like: as nats-server writes it, or a JSON object per line. Default: `text`. */
  logFormat?: 'text' | 'json' | undefined;
  /** A file that gets the process id. */
  pidFile?: string | undefined;
  /** A directory that gets a file naming the open ports. */
  portsFileDir?: string | undefined;
  /** The monitoring listener: a port, or host:port. 0 is any free port, `false` none whatever the file says. */
  http?: number | string | false | undefined;
  /** The monitoring port; -1 means any free port. */
  httpPort?: number | undefined;
  /** The address the monitoring listener binds to; the client host when absent. */
  httpHost?: string | undefined;
  /** A prefix for all monitoring paths. */
  httpBasePath?: string | undefined;
  /**
   * A port for profiles of this process, on the client host, under /debug/pprof/; -1 means any free port. Default: `0`.
   */
  profPort?: number | undefined;
  /** Labels shown in monitoring; in lower case, each once. */
  serverTags?: string | string[] | undefined;
  /** Key and value pairs shown in monitoring. */
  serverMetadata?: Record<string, string> | undefined;
  /** Switches of the reference for features under development, by name; shown in monitoring, none has an effect yet. */
  featureFlags?: Record<string, boolean> | undefined;
  /** Who may connect, and what they may do. */
  authorization?: AuthorizationOptions | undefined;
  /**
   * The path of a JavaScript module whose function decides who may connect; it counts from the folder of the
   * configuration file. Not together with a token, users or noAuthUser. nats-server has no such option.
   */
  authModule?: string | undefined;
  /** The user that connections without credentials become. */
  noAuthUser?: string | undefined;
  /** Isolated tenants, by name: messages of an account reach its own connections only. A list has names alone. */
  accounts?: string[] | Record<string, AccountOptions> | undefined;
  /** The account of the server itself; `$SYS` unless another one is named. */
  systemAccount?: string | undefined;
  /** Creates no system account where the configuration declares or names none. Default: `false`. */
  noSystemAccount?: boolean | undefined;
  /**
   * Subjects that become others when they are published in the account `$G`. By source: a subject, or destinations with
   * weights. The first source that matches counts.
   */
  mappings?: Record<string, string | MappingDestinationOptions | MappingDestinationOptions[]> | undefined;
  /** Proxies that users with `proxy_required` have to come through. A proxy signs the nonce of INFO as `proxy_sig`. */
  proxies?: ProxiesOptions | undefined;
  /** The directory for streams; accepted, unused until JetStream is there. */
  storeDir?: string | undefined;
  /** A configuration file to start from; other options given beside it win. */
  configFile?: string | undefined;
  /** Skips options whose feature is not there yet, with a warning, instead of refusing them. Default: `false`. */
  allowUnsupported?: boolean | undefined;
}

export interface AuthorizationOptions {
  /** The name of a single user; not together with a token or a list of users. */
  user?: string | undefined;
  /** The password of the single user, or its bcrypt hash. */
  password?: string | undefined;
  /** A token that lets anyone in who has it, or its bcrypt hash. */
  token?: string | undefined;
  /** A list of users. */
  users?: UserOptions[] | undefined;
  /**
   * How long a client may take to send valid credentials; seconds, or a duration, in a file. Milliseconds, or text such
   * as `'1m30s'`. Default: `2s`.
   */
  timeout?: number | string | undefined;
  /**
   * After five failed logins from one address, its clients are let in one by one with this time between them, until a
   * minute passes without a failure. 0, the default: nobody waits. nats-server has no such option. Milliseconds, or
   * text such as `'1m30s'`. Default: `0s`.
   */
  failedLoginDelay?: number | string | undefined;
  /** Permissions of users that have none of their own. */
  defaultPermissions?: PermissionsOptions | undefined;
  /** Lets clients in only through one of the trusted `proxies`, unless the entry of the user says otherwise. */
  proxyRequired?: boolean | undefined;
}

export interface UserOptions {
  /** The name. */
  user?: string | undefined;
  /** The password, or its bcrypt hash. */
  password?: string | undefined;
  /** Instead of a name and a password: the public key (U…) whose private half signs what the server sends. */
  nkey?: string | undefined;
  /** What the user may publish and subscribe to. */
  permissions?: PermissionsOptions | undefined;
  /**
   * The kinds of connection the user may open, all of them unless given: STANDARD, WEBSOCKET, LEAFNODE, LEAFNODE_WS,
   * MQTT, MQTT_WS, IN_PROCESS.
   */
  allowedConnectionTypes?: ConnectionType | ConnectionType[] | undefined;
  /** Lets the user in only through one of the trusted `proxies`. */
  proxyRequired?: boolean | undefined;
}

export interface PermissionsOptions {
  /** Subjects the user may publish to. */
  publish?: string | string[] | SubjectLists | undefined;
  /** Subjects the user may subscribe to; an entry may name a queue group, as in "orders.> workers". */
  subscribe?: string | string[] | SubjectLists | undefined;
  /** Lets the user answer requests it received, and publish nothing else unless it is told what. */
  allowResponses?: boolean | ResponsesOptions | undefined;
}

export interface SubjectLists {
  /** Only these; nothing when the list is empty in library options. */
  allow?: string | string[] | undefined;
  /** None of these, allowed or not. */
  deny?: string | string[] | undefined;
}

export interface ResponsesOptions {
  /** How many replies to one request; any number when negative. Default: `1`. */
  max?: number | undefined;
  /** For how long after the request; for ever when negative. Milliseconds, or text such as `'1m30s'`. Default: `2m`. */
  expires?: number | string | undefined;
}

export interface AccountOptions {
  /** The public key of the account (A…). It is checked, and has no effect without operators. */
  nkey?: string | undefined;
  /** Its users. A name may be used once in all accounts and `authorization` together. */
  users?: UserOptions[] | undefined;
  /** Permissions of its users that have none of their own. */
  defaultPermissions?: PermissionsOptions | undefined;
  /** What its connections may use. */
  limits?: AccountLimitsOptions | undefined;
  /** What its connections get from other accounts that export it. */
  imports?: ImportOptions[] | undefined;
  /** What other accounts may import from it. */
  exports?: ExportOptions[] | undefined;
  /** Subjects that become others when they are published in the account: by source, as `mappings` of the top level. */
  mappings?: Record<string, string | MappingDestinationOptions | MappingDestinationOptions[]> | undefined;
  /** Where traces go of messages that their publishers trace: those with a header `traceparent` that says so. */
  msgTrace?: string | MsgTraceOptions | undefined;
}

export interface AccountLimitsOptions {
  /** How many connections the account may have at once. -1: as many as the server lets everyone. */
  maxConnections?: number | undefined;
  /** How many subscriptions each of its connections may have. -1: as many as the server lets everyone. */
  maxSubscriptions?: number | undefined;
  /**
   * The largest message of its connections, in bytes, headers included. -1: as large as the server allows. A number, or
   * text such as `'1MB'`.
   */
  maxPayload?: number | string | undefined;
  /** How many leaf nodes may connect to the account. Nothing is limited as long as leaf nodes are not supported. */
  maxLeafnodes?: number | undefined;
}

export interface ImportOptions {
  /** Which messages of another account. */
  stream?: ImportOriginOptions | undefined;
  /** Which requests another account answers. */
  service?: ImportOriginOptions | undefined;
  /** What is put before subjects of a stream, with a dot after it. No wildcards. */
  prefix?: string | undefined;
  /** What the subject is called here, with the same wildcards, or `$1` for the first one. The same unless given. */
  to?: string | undefined;
  /** Whether the service learns who asks: name, user and address of the client, not just its account. */
  share?: boolean | undefined;
  /** Whether traces of messages of the stream go on in this account. */
  allowTrace?: boolean | undefined;
}

export interface ImportOriginOptions {
  /** The account that exports it. */
  account?: string | undefined;
  /** The subject there: one that is exported, or a part of it. */
  subject?: string | undefined;
}

export interface ExportOptions {
  /** The subject of messages that other accounts may import. */
  stream?: string | undefined;
  /** The subject of requests that others may make. */
  service?: string | undefined;
  /** The accounts that may import it; all of them unless given. */
  accounts?: string[] | undefined;
  /**
   * How the service answers: with one message (single, singleton; unless given), or with any number, an empty one being
   * the last (stream, chunk, chunked).
   */
  response?: 'single' | 'singleton' | 'stream' | 'chunk' | 'chunked' | undefined;
  /**
   * How long an answer of the service may take, or the next part of one; two minutes unless given. Milliseconds, or
   * text such as `'1m30s'`.
   */
  threshold?: number | string | undefined;
  /** Measures how long answers of the service take. */
  latency?: string | LatencyOptions | undefined;
  /** The token of the subject, from 1, that has to be the name of the account that imports it. A `*` in the export. */
  accountTokenPosition?: number | undefined;
  /** Whether traces of requests go on in this account. */
  allowTrace?: boolean | undefined;
}

export interface LatencyOptions {
  /** Where measurements are published, in the exporting account. */
  subject: string;
  /**
   * The share of requests, in percent: a number from 1 to 100, or text such as `20%`. `headers`: those whose headers
   * ask for it. All of them unless given.
   */
  sampling?: number | string | undefined;
}

export interface MappingDestinationOptions {
  /** The subject that messages go to. `$1` or `{{wildcard(1)}}` is what the first `*` of the source matches. */
  destination?: string | undefined;
  /** The share of messages, in percent: a number from 0 to 100, or text such as `20%`. */
  weight?: number | string | undefined;
  /**
   * Only servers of this cluster use the destination, in the place of those without a cluster. Without a cluster of its
   * own a server uses none of them.
   */
  cluster?: string | undefined;
}

export interface MsgTraceOptions {
  /** The subject on which trace events are published, in the account. */
  dest?: string | undefined;
  /** The share of messages, in percent: a number from 1 to 100, or text such as `20%`. All of them unless given. */
  sampling?: number | string | undefined;
}

export interface ProxiesOptions {
  /** The proxies, by their keys. A connection is closed when a reload removes the key of its proxy. */
  trusted?: TrustedProxyOptions[] | undefined;
}

export interface TrustedProxyOptions {
  /** The public key of the proxy. */
  key: string;
}
