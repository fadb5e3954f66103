/**
 * The option schema: the one list of everything a configuration may say.
 *
 * A row gives an option's names, type, default, reloadability, documentation, flag and whether it works yet. The
 * types of `BrokerOptions` and `ResolvedOptions`, the reading of files, the command line and its help, what a reload
 * prints and the generated docs all come from here. Rows with a `key` are what library users can set. The rows about
 * security and logging are in schema-security.ts and schema-logging.ts, blocks in the folder blocks, flags that are no
 * option in schema-flags.ts.
 */

import { CLUSTER, GATEWAY, LEAFNODES } from './blocks/cluster.js';
import { JETSTREAM } from './blocks/jetstream.js';
import { MQTT, WEBSOCKET } from './blocks/websocket.js';
import { goTypeOf } from './language/nodes.js';
import { LOGGING_OPTIONS } from './schema-logging.js';
import { SECURITY_OPTIONS } from './schema-security.js';
import type { OptionSpec } from './spec.js';
import { NUMBERS_NEED_QUOTES, quote } from './text.js';
import { hostPortFault, serverNameFault } from './text-rules.js';
import { address, block, bool, choice, duration, int, map, oneOrMore, port, size, text } from './value-type.js';

const INT32_MAX = 2 ** 31 - 1;
const SUB_TOKENS_MAX = 255;
const LAME_DUCK_MIN_MS = 30_000;

const SERVER_TAGS = oneOrMore(
  text({
    messages: {
      wrongType: (got) =>
        `error parsing tags: unsupported type ${goTypeOf(got)} where string is expected${NUMBERS_NEED_QUOTES}`,
    },
  }),
  {
    problemsAt: 'list',
    // In lower case, without blanks around, each once.
    normalize: (entries) => {
      const tags = entries.map((tag) => tag.trim().toLowerCase()).filter((tag) => tag !== '');
      return tags.length === 0 ? undefined : [...new Set(tags)];
    },
    messages: { wrongType: (got) => `error parsing tags: unsupported type ${goTypeOf(got)}` },
  },
);
const SERVER_METADATA = map(text(), {
  messages: { wrongType: (got) => `error parsing metadata: unsupported type ${goTypeOf(got)}` },
});
const FEATURE_FLAGS = map(bool(), {
  wrongEntry: (name, got) => `error parsing feature flag ${quote(name)}: expected bool, got ${goTypeOf(got)}`,
  messages: { wrongType: (got) => `error parsing feature flags: unsupported type ${goTypeOf(got)}` },
});

export const OPTIONS = [
  // Listening
  {
    name: 'listen',
    type: address('host', 'port'),
    reload: 'N',
    doc: 'The client listener: a port, or host:port.',
    support: 'yes',
  },
  {
    name: 'port',
    key: 'port',
    type: port(),
    default: 4222,
    reload: 'N',
    doc: 'The port clients connect to; -1 means any free port.',
    support: 'yes',
    flag: {
      names: ['p', 'port'],
      kind: 'int',
      group: 'Server',
      arg: '<port>',
      help: 'Port for clients (default: 4222; -1: any free port)',
    },
    zeroInFile: 'absent',
  },
  {
    name: 'host',
    aliases: ['net'],
    key: 'host',
    type: text(),
    default: '0.0.0.0',
    reload: 'N',
    doc: 'The address the client listener binds to.',
    support: 'yes',
    flag: {
      names: ['a', 'addr', 'net'],
      kind: 'string',
      group: 'Server',
      arg: '<host>',
      help: 'Address to bind to (default: 0.0.0.0)',
    },
  },
  {
    name: 'dont_listen',
    key: 'dontListen',
    inFile: false,
    type: bool(),
    default: false,
    reload: 'N',
    doc: 'Opens no client listener at all.',
    support: 'yes',
  },
  {
    name: 'client_advertise',
    key: 'clientAdvertise',
    type: text({ checkAtStart: hostPortFault }),
    reload: 'Y',
    doc: 'The host[:port] that clients are told to use instead of the bound one.',
    support: 'yes',
    flag: {
      names: ['client_advertise'],
      kind: 'string',
      group: 'Server',
      arg: '<host[:port]>',
      help: 'Address that clients are told to use',
    },
    // Spelled like this in the reference.
    reloadText: { line: (shown) => `Reload: client_advertise = ${shown}` },
  },
  {
    name: 'server_name',
    key: 'serverName',
    type: text({ check: serverNameFault, pattern: '^[^ ]*$' }),
    reload: 'N',
    doc: 'The name of this server; its id when absent. Blanks are refused.',
    support: 'yes',
    flag: {
      names: ['n', 'name', 'server_name'],
      kind: 'string',
      group: 'Server',
      arg: '<name>',
      help: 'Server name (default: the server id)',
    },
  },
  {
    name: 'proxy_protocol',
    key: 'proxyProtocol',
    type: bool(),
    default: false,
    reload: 'N',
    doc: 'Takes the address of a client from a PROXY protocol header (version 1 or 2), where its connection begins with one.',
    support: 'yes',
  },
  {
    name: 'no_header_support',
    key: 'noHeaderSupport',
    type: bool(),
    default: false,
    reload: 'N',
    doc: 'Turns message headers off for every client.',
    support: 'yes',
  },
  {
    name: 'disable_sublist_cache',
    aliases: ['no_sublist_cache'],
    key: 'disableSublistCache',
    type: bool(),
    default: false,
    reload: 'N',
    doc: 'Remembers no subjects with those who get their messages, beside the last one of each thread: slower, less memory.',
    support: 'yes',
    reloadText: { field: 'NoSublistCache' },
  },
  {
    name: 'reactors',
    key: 'reactors',
    type: int(),
    reload: 'N',
    doc: 'How many threads serve connections; one per core, at least 2 and at most 16, when absent. Brokers of one process share them: the first one decides.',
    support: 'yes',
  },

  // Limits
  {
    name: 'max_control_line',
    key: 'maxControlLine',
    type: size({ max: INT32_MAX }),
    default: 4096,
    reload: 'Y',
    doc: 'The longest protocol line a client may send, in bytes.',
    support: 'yes',
  },
  {
    name: 'max_payload',
    key: 'maxPayload',
    type: size({ max: INT32_MAX, negative: 'kept' }),
    default: 1_048_576,
    reload: 'Y',
    doc: 'The largest message payload in bytes; must not exceed max_pending; -1 means any size.',
    support: 'yes',
  },
  {
    name: 'max_pending',
    key: 'maxPending',
    type: size(),
    default: 67_108_864,
    reload: 'N',
    doc: 'Bytes that may wait for one client before it is cut off as a slow consumer.',
    support: 'yes',
  },
  {
    name: 'max_connections',
    aliases: ['max_conn'],
    key: 'maxConnections',
    type: int({ negative: -1 }),
    default: 65_536,
    reload: 'Y',
    doc: 'How many clients may be connected at once; 0 refuses everyone.',
    support: 'yes',
    reloadText: { field: 'MaxConn' },
  },
  {
    name: 'max_subscriptions',
    aliases: ['max_subs'],
    key: 'maxSubscriptions',
    type: int({ negative: 0 }),
    default: 0,
    reload: 'N',
    doc: 'How many subscriptions one client may hold; 0 means any number.',
    support: 'yes',
    reloadText: { field: 'MaxSubs' },
  },
  {
    name: 'max_sub_tokens',
    aliases: ['max_subscription_tokens'],
    key: 'maxSubTokens',
    type: int({ max: SUB_TOKENS_MAX, minInFile: 1 }),
    default: 0,
    reload: 'N',
    doc: 'How many tokens the subject of a subscription may have, up to 255; absent means any number.',
    support: 'yes',
  },
  {
    name: 'max_closed_clients',
    key: 'maxClosedClients',
    type: int(),
    default: 10_000,
    reload: 'N',
    doc: 'How many closed connections are remembered for monitoring.',
    support: 'yes',
  },

  // Timing
  {
    name: 'ping_interval',
    key: 'pingInterval',
    type: duration(),
    default: 120_000,
    reload: 'Y',
    doc: 'How often an idle client is sent a PING.',
    support: 'yes',
  },
  {
    name: 'ping_max',
    key: 'pingMax',
    type: int(),
    default: 2,
    reload: 'Y',
    doc: 'How many PINGs may stay unanswered before a client counts as gone.',
    support: 'yes',
    reloadText: { field: 'MaxPingsOut' },
  },
  {
    name: 'write_deadline',
    key: 'writeDeadline',
    type: duration(),
    default: 10_000,
    reload: 'Y',
    doc: 'How long one write to a client may take before the client is cut off.',
    support: 'yes',
  },
  {
    name: 'write_timeout',
    key: 'writeTimeout',
    type: choice(['default', 'close', 'retry']),
    default: 'default',
    reload: 'N',
    doc: 'What a missed write deadline means: close the client, or retry while it makes progress.',
    support: 'yes',
    reloadText: { blank: 'default' },
  },
  {
    name: 'no_fast_producer_stall',
    key: 'noFastProducerStall',
    type: bool(),
    default: false,
    reload: 'Y',
    doc: 'Never pauses a publisher for a subscriber that falls behind.',
    support: 'yes',
    reloadText: { line: (shown) => `Reloaded: fast producers will ${shown === 'true' ? 'not ' : ''}be stalled` },
  },
  {
    name: 'lame_duck_duration',
    key: 'lameDuckDuration',
    type: duration({ number: 'refused', minInFile: { ms: LAME_DUCK_MIN_MS, text: 'minimum is 30 seconds' } }),
    default: 120_000,
    reload: 'N',
    doc: 'Over how long clients are closed in lame duck mode; at least 30 seconds in a file.',
    support: 'yes',
  },
  {
    name: 'lame_duck_grace_period',
    key: 'lameDuckGracePeriod',
    type: duration({ number: 'refused' }),
    default: 10_000,
    reload: 'N',
    doc: 'How long lame duck mode waits before it closes the first client.',
    support: 'yes',
  },
  {
    name: 'shutdown_grace',
    key: 'shutdownGrace',
    type: duration({ number: 'refused' }),
    default: 0,
    reload: 'Y',
    doc: 'How long clients have to move elsewhere after SIGTERM; 0 stops at once.',
    support: 'yes',
  },

  ...LOGGING_OPTIONS,

  // Monitoring and profiling
  {
    name: 'http',
    key: 'http',
    type: address('httpHost', 'httpPort'),
    reload: 'N',
    doc: 'The monitoring listener: a port, or host:port.',
    support: 'yes',
    resolvedAt: ['http'],
  },
  {
    name: 'http_port',
    aliases: ['monitor_port'],
    key: 'httpPort',
    type: port(),
    reload: 'N',
    doc: 'The monitoring port; -1 means any free port.',
    support: 'yes',
    flag: { names: ['m', 'http_port'], kind: 'int', group: 'Server', arg: '<port>', help: 'Port for HTTP monitoring' },
    zeroInFile: 'absent',
    resolvedAt: ['http.port'],
    reloadText: { field: 'HTTPPort' },
  },
  {
    name: 'http_host',
    key: 'httpHost',
    inFile: false,
    type: text(),
    reload: 'N',
    doc: 'The address the monitoring listener binds to; the client host when absent.',
    support: 'yes',
    resolvedAt: ['http.host', 'host'],
    reloadText: { field: 'HTTPHost' },
  },
  {
    name: 'http_base_path',
    key: 'httpBasePath',
    type: text(),
    reload: 'N',
    doc: 'A prefix for all monitoring paths.',
    support: 'yes',
    resolvedAt: ['http.basePath'],
    reloadText: { field: 'HTTPBasePath' },
  },
  {
    name: 'https',
    type: address('httpHost', 'httpsPort'),
    reload: 'N',
    doc: 'The monitoring listener over TLS.',
    support: { notYet: 'monitoring over HTTPS is not there yet; use http' },
  },
  {
    name: 'https_port',
    type: port(),
    reload: 'N',
    doc: 'The monitoring port over TLS.',
    support: { notYet: 'monitoring over HTTPS is not there yet; use http' },
    flag: {
      names: ['ms', 'https_port'],
      kind: 'int',
      group: 'Server',
      arg: '<port>',
      help: 'Port for HTTPS monitoring',
    },
  },
  {
    name: 'prof_port',
    key: 'profPort',
    type: port({ anyFree: -1 }),
    default: 0,
    reload: 'N',
    doc: 'A port for profiles of this process, on the client host, under /debug/pprof/; -1 means any free port.',
    support: 'yes',
    flag: { names: ['profile'], kind: 'int', group: 'Profiling', arg: '<port>', help: 'Profiling HTTP port' },
  },
  {
    name: 'prof_block_rate',
    type: int(),
    reload: 'Y',
    doc: 'How often blocking is sampled for profiles.',
    support: { notYet: 'no thread here waits for a lock that could be sampled; leave it out' },
  },
  {
    name: 'server_tags',
    key: 'serverTags',
    type: SERVER_TAGS,
    reload: 'Y',
    doc: 'Labels shown in monitoring; in lower case, each once.',
    support: 'yes',
    reloadText: { field: 'Tags', line: 'Reloaded: tags' },
  },
  {
    name: 'server_metadata',
    key: 'serverMetadata',
    type: SERVER_METADATA,
    reload: 'Y',
    doc: 'Key and value pairs shown in monitoring.',
    support: 'yes',
    reloadText: { field: 'Metadata', line: 'Reloaded: metadata' },
  },
  {
    name: 'feature_flags',
    key: 'featureFlags',
    type: FEATURE_FLAGS,
    reload: 'N',
    doc: 'Switches of the reference for features under development, by name; shown in monitoring, none has an effect yet.',
    support: 'yes',
  },
  {
    name: 'connect_error_reports',
    type: int(),
    reload: 'Y',
    doc: 'Logs every n-th failure of a first connection to another server.',
    support: { notYet: 'connections to other servers are not there yet' },
  },
  {
    name: 'reconnect_error_reports',
    type: int(),
    reload: 'Y',
    doc: 'Logs every n-th failure of a reconnection to another server.',
    support: { notYet: 'connections to other servers are not there yet' },
  },

  ...SECURITY_OPTIONS,
  // JetStream
  {
    name: 'jetstream',
    type: JETSTREAM,
    reload: 'P',
    doc: 'Streams and consumers.',
    support: { notYet: 'JetStream is not there yet' },
    flag: { names: ['js', 'jetstream'], kind: 'bool', group: 'JetStream', help: 'Enable JetStream' },
  },
  {
    name: 'store_dir',
    aliases: ['storedir'],
    key: 'storeDir',
    type: text(),
    reload: 'P',
    doc: 'The directory for streams; accepted, unused until JetStream is there.',
    support: 'yes',
    flag: { names: ['sd', 'store_dir'], kind: 'string', group: 'JetStream', arg: '<dir>', help: 'Storage directory' },
    once: true,
    // Without JetStream nothing follows from it.
    reloadText: { line: '' },
  },
  {
    name: 'default_js_domain',
    type: map(text()),
    reload: 'P',
    doc: 'The JetStream domain of an account by default.',
    support: { notYet: 'JetStream is not there yet' },
  },

  // Other connections
  {
    name: 'cluster',
    type: CLUSTER,
    reload: 'P',
    doc: 'Routes to other servers.',
    support: { notYet: 'clustering is not there yet' },
    flag: {
      names: ['cluster', 'cluster_listen'],
      kind: 'string',
      group: 'Cluster',
      arg: '<url>',
      help: 'URL other servers connect to',
    },
  },
  {
    name: 'gateway',
    type: GATEWAY,
    reload: 'P',
    doc: 'Gateways to other clusters.',
    support: { notYet: 'gateways are not there yet' },
  },
  {
    name: 'leafnodes',
    aliases: ['leaf'],
    type: LEAFNODES,
    reload: 'P',
    doc: 'Leaf node connections.',
    support: { notYet: 'leaf nodes are not there yet' },
  },
  {
    name: 'websocket',
    aliases: ['ws'],
    type: WEBSOCKET,
    reload: 'P',
    doc: 'Clients over WebSocket.',
    support: { notYet: 'WebSocket is not there yet' },
  },
  {
    name: 'mqtt',
    type: MQTT,
    reload: 'P',
    doc: 'Clients over MQTT.',
    support: { notYet: 'MQTT is not there yet' },
  },

  // Library only
  {
    name: 'config_file',
    key: 'configFile',
    inFile: false,
    type: text(),
    reload: 'N',
    doc: 'A configuration file to start from; other options given beside it win.',
    support: 'yes',
  },
  {
    name: 'allow_unsupported',
    key: 'allowUnsupported',
    inFile: false,
    type: bool(),
    default: false,
    reload: 'N',
    doc: 'Skips options whose feature is not there yet, with a warning, instead of refusing them.',
    support: 'yes',
  },
] as const satisfies readonly OptionSpec[];

/** A row of the table, with its literal names. */
export type OptionRow = (typeof OPTIONS)[number];

/** A configuration as a whole: the outermost block. */
export const TOP_LEVEL = block('BrokerOptions', OPTIONS);

/** The default of an option, by its library name. */
export function defaultOf(key: string): unknown {
  const row: OptionSpec | undefined = OPTIONS.find((candidate: OptionSpec) => candidate.key === key);
  return row?.default;
}
