/** Connections to other servers: `cluster`, `gateway`, `leafnodes`. Described, not supported yet. */

import type { FieldSpec } from '../spec.js';
import {
  address,
  block,
  bool,
  choice,
  duration,
  either,
  int,
  list,
  oneOrMore,
  port,
  secret,
  text,
} from '../value-type.js';
import { PERMISSIONS } from './permissions.js';
import { TLS } from './tls.js';

/** Where a block listens. */
export const LISTENER = [
  { name: 'listen', type: address('host', 'port'), doc: 'A port, or host:port.' },
  { name: 'host', aliases: ['net'], type: text(), doc: 'The address it binds to.' },
  { name: 'port', type: port(), doc: 'The port; -1 means any free port.' },
  { name: 'tls', type: TLS, doc: 'TLS of its connections.' },
] as const satisfies readonly FieldSpec[];

const WRITING = [
  { name: 'write_deadline', type: duration(), doc: 'How long one write may take.' },
  { name: 'write_timeout', type: choice(['default', 'close', 'retry']), doc: 'What a missed write deadline means.' },
] as const satisfies readonly FieldSpec[];

const CONNECT_RETRIES = {
  name: 'connect_retries',
  type: int({ negative: 'kept' }),
  doc: 'How often a connection is tried again.',
} as const satisfies FieldSpec;

const RECONNECTING = [
  { name: 'connect_backoff', type: bool(), doc: 'Waits longer each time.' },
] as const satisfies readonly FieldSpec[];

const SINGLE_USER = block('ServerAuthorizationOptions', [
  { name: 'user', aliases: ['username'], type: text(), doc: 'The name.' },
  { name: 'password', aliases: ['pass'], type: secret(), doc: 'The password.' },
  { name: 'timeout', type: duration({ number: 'seconds' }), doc: 'How long a login may take.' },
]);

const COMPRESSION = either(
  bool(),
  block(
    'CompressionOptions',
    [
      { name: 'mode', type: text(), doc: 'How much is compressed: off, accept, s2_fast, s2_better, s2_best, s2_auto.' },
      {
        name: 'rtt_thresholds',
        aliases: ['thresholds', 'rtts', 'rtt'],
        type: list(duration({ number: 'refused' })),
        doc: 'The round-trip times at which s2_auto compresses more.',
      },
    ],
    { short: 'mode' },
  ),
);

export const CLUSTER = block('ClusterOptions', [
  {
    name: 'name',
    type: text(),
    doc: 'The name of the cluster.',
    flag: { names: ['cluster_name'], kind: 'string', group: 'Cluster', help: 'Cluster name' },
  },
  ...LISTENER,
  { name: 'authorization', type: SINGLE_USER, doc: 'What other servers log in with.' },
  {
    name: 'routes',
    type: list(text()),
    doc: 'Servers to connect to.',
    flag: { names: ['routes'], kind: 'string', group: 'Cluster', help: 'Routes to open' },
  },
  {
    name: 'cluster_advertise',
    aliases: ['advertise'],
    type: text(),
    doc: 'The address that others are told.',
    flag: { names: ['cluster_advertise'], kind: 'string', group: 'Cluster', help: 'Advertised cluster address' },
  },
  {
    name: 'no_advertise',
    type: bool(),
    doc: 'Keeps addresses of the cluster from clients.',
    flag: { names: ['no_advertise'], kind: 'bool', group: 'Cluster', help: 'Keep cluster addresses from clients' },
  },
  {
    ...CONNECT_RETRIES,
    flag: { names: ['connect_retries'], kind: 'int', group: 'Cluster', help: 'Retries of implicit routes' },
  },
  ...RECONNECTING,
  { name: 'permissions', type: PERMISSIONS, doc: 'Which subjects may go out and come in.' },
  { name: 'pool_size', type: int({ negative: 'kept' }), doc: 'How many connections to each server.' },
  { name: 'accounts', type: oneOrMore(text()), doc: 'Accounts with a connection of their own.' },
  { name: 'compression', type: COMPRESSION, doc: 'Whether traffic is compressed.' },
  { name: 'ping_interval', type: duration(), doc: 'How often an idle connection is sent a PING.' },
  { name: 'ping_max', type: int(), doc: 'How many PINGs may stay unanswered.' },
  ...WRITING,
]);

const REMOTE_GATEWAY = block(
  'RemoteGatewayOptions',
  [
    { name: 'name', type: text(), doc: 'The name of the other cluster.' },
    { name: 'url', type: text(), doc: 'A server of it.' },
    { name: 'urls', type: list(text()), doc: 'Several servers of it.' },
    { name: 'tls', type: TLS, doc: 'TLS of the connection.' },
  ],
  { label: 'name' },
);

export const GATEWAY = block('GatewayOptions', [
  { name: 'name', type: text(), doc: 'The name of this cluster.' },
  ...LISTENER,
  { name: 'authorization', type: SINGLE_USER, doc: 'What other clusters log in with.' },
  { name: 'advertise', type: text(), doc: 'The address that others are told.' },
  CONNECT_RETRIES,
  ...RECONNECTING,
  { name: 'gateways', type: list(REMOTE_GATEWAY), doc: 'The other clusters.' },
  {
    name: 'reject_unknown',
    aliases: ['reject_unknown_cluster'],
    type: bool(),
    doc: 'Refuses clusters that are not listed.',
  },
  ...WRITING,
]);

const LEAF_USER = block(
  'LeafUserOptions',
  [
    { name: 'user', aliases: ['username'], type: text(), doc: 'The name.' },
    { name: 'password', aliases: ['pass'], type: secret(), doc: 'The password.' },
    { name: 'account', type: text(), doc: 'The account it belongs to.' },
    { name: 'proxy_required', type: bool(), doc: 'Lets the user in only through a trusted proxy.' },
  ],
  { label: 'user' },
);

const LEAF_AUTHORIZATION = block('LeafAuthorizationOptions', [
  { name: 'user', aliases: ['username'], type: text(), doc: 'The name of a single user.' },
  { name: 'password', aliases: ['pass'], type: secret(), doc: 'Its password.' },
  { name: 'nkey', type: text(), doc: 'Its public key.' },
  { name: 'account', type: text(), doc: 'The account it belongs to.' },
  { name: 'users', type: list(LEAF_USER), doc: 'A list of users.' },
  { name: 'timeout', type: duration({ number: 'seconds' }), doc: 'How long a login may take.' },
  { name: 'proxy_required', type: bool(), doc: 'Lets users in only through a trusted proxy.' },
]);

const PROXY = block('LeafProxyOptions', [
  { name: 'url', type: text(), doc: 'The address of the proxy.' },
  { name: 'username', type: text(), doc: 'The name to give it.' },
  { name: 'password', type: secret(), doc: 'The password to give it.' },
  { name: 'timeout', type: duration(), doc: 'How long it may take to connect.' },
  { name: 'tls', type: TLS, doc: 'TLS towards the proxy.' },
]);

const MIGRATE = block(
  'LeafMigrateOptions',
  [{ name: 'leader_migrate_delay', type: duration(), doc: 'How long to wait before leaders move.' }],
  { onOff: true },
);

const REMOTE_LEAF = block('RemoteLeafOptions', [
  { name: 'url', aliases: ['urls'], type: oneOrMore(text()), doc: 'The server to connect to, or several of them.' },
  { name: 'account', aliases: ['local'], type: text(), doc: 'The account here.' },
  { name: 'credentials', aliases: ['creds'], type: text(), doc: 'The file with the credentials.' },
  { name: 'nkey', aliases: ['seed'], type: secret(), doc: 'The private key to log in with.' },
  { name: 'tls', type: TLS, doc: 'TLS of the connection.' },
  { name: 'hub', type: bool(), doc: 'This server is the hub of the two.' },
  { name: 'deny_imports', aliases: ['deny_import'], type: oneOrMore(text()), doc: 'Subjects that do not come in.' },
  { name: 'deny_exports', aliases: ['deny_export'], type: oneOrMore(text()), doc: 'Subjects that do not go out.' },
  { name: 'no_randomize', aliases: ['dont_randomize'], type: bool(), doc: 'Tries the addresses in their order.' },
  {
    name: 'ws_compression',
    aliases: ['ws_compress', 'websocket_compress', 'websocket_compression'],
    type: bool(),
    doc: 'Compresses WebSocket frames.',
  },
  {
    name: 'ws_no_masking',
    aliases: ['websocket_no_masking'],
    type: bool(),
    doc: 'Asks to leave WebSocket frames unmasked.',
  },
  {
    name: 'jetstream_cluster_migrate',
    aliases: ['js_cluster_migrate'],
    type: MIGRATE,
    doc: 'Moves leaders of streams away while the connection is down.',
  },
  {
    name: 'isolate_leafnode_interest',
    aliases: ['isolate'],
    type: bool(),
    doc: 'Tells the other side nothing of other leaf nodes.',
  },
  { name: 'request_isolation', type: bool(), doc: 'Asks the other side for the same.' },
  { name: 'compression', type: COMPRESSION, doc: 'Whether traffic is compressed.' },
  { name: 'first_info_timeout', type: duration(), doc: 'How long the first INFO may take.' },
  { name: 'dial_timeout', type: duration(), doc: 'How long a connection may take.' },
  { name: 'disabled', type: bool(), doc: 'Does not connect.' },
  { name: 'proxy', type: PROXY, doc: 'An HTTP proxy on the way.' },
  { name: 'ignore_discovered_servers', type: bool(), doc: 'Connects to the listed servers only.' },
]);

export const LEAFNODES = block('LeafnodesOptions', [
  ...LISTENER,
  { name: 'authorization', type: LEAF_AUTHORIZATION, doc: 'Who may connect as a leaf node.' },
  { name: 'remotes', type: list(REMOTE_LEAF), doc: 'Servers to connect to as a leaf node.' },
  {
    name: 'reconnect',
    aliases: ['reconnect_delay', 'reconnect_interval'],
    type: duration(),
    doc: 'How long to wait between attempts.',
  },
  { name: 'dial_timeout', type: duration(), doc: 'How long a connection may take.' },
  { name: 'leafnode_advertise', aliases: ['advertise'], type: text(), doc: 'The address that others are told.' },
  { name: 'no_advertise', type: bool(), doc: 'Tells no other addresses.' },
  { name: 'min_version', aliases: ['minimum_version'], type: text(), doc: 'The oldest version that may connect.' },
  { name: 'compression', type: COMPRESSION, doc: 'Whether traffic is compressed.' },
  {
    name: 'isolate_leafnode_interest',
    aliases: ['isolate'],
    type: bool(),
    doc: 'Tells leaf nodes nothing of each other.',
  },
  ...WRITING,
]);
