/**
 * All flags of `nats-bench`: names, kind, help, and the verbs they belong to. Parsing, help and the type of the
 * settings come from here.
 */
import type { SizePlan } from '../../native/load-contract.js';
import type { VerbName } from './verbs.js';

/** What a value of each kind becomes. Durations are milliseconds. */
export interface FlagKinds {
  bool: boolean;
  text: string;
  /** May be given several times. */
  texts: string[];
  count: number;
  positive: number;
  rate: number;
  /** 0 included. */
  pause: number;
  duration: number;
  bytes: number;
  size: SizePlan;
  headers: [string, string][];
}

export const FLAG_GROUPS = ['Load', 'Measuring', 'JetStream', 'Connection', 'Servers', 'Output', 'Help'] as const;
export type FlagGroup = (typeof FLAG_GROUPS)[number];

export interface FlagRow<Kind extends keyof FlagKinds = keyof FlagKinds> {
  /** Without dashes; the first is the one that help and errors use. */
  readonly names: readonly string[];
  readonly kind: Kind;
  readonly group: FlagGroup;
  readonly help: string;
  /** Placeholder of the value in the help. */
  readonly arg?: string;
  readonly choices?: readonly string[];
  /** Absent: all verbs. */
  readonly verbs?: readonly VerbName[];
  /** The environment variable that is used without the flag. */
  readonly env?: string;
  /** Removed from the command line that reports show. */
  readonly secret?: true;
}

function flag<Kind extends keyof FlagKinds>(kind: Kind, row: Omit<FlagRow<Kind>, 'kind'>): FlagRow<Kind> {
  return { kind, ...row };
}

const CORE: readonly VerbName[] = ['pub', 'sub', 'pubsub', 'request', 'service', 'match', 'conns'];
const JS_PUB: readonly VerbName[] = ['js pub sync', 'js pub async', 'js pub batch'];
const JS_READ: readonly VerbName[] = ['js consume', 'js fetch', 'js ordered'];
const KV: readonly VerbName[] = ['kv put', 'kv get'];
const STORED: readonly VerbName[] = [...JS_PUB, ...JS_READ, ...KV];
const SENDERS: readonly VerbName[] = ['pub', 'pubsub', 'request', 'match', ...JS_PUB, ...JS_READ, ...KV];
const PACED: readonly VerbName[] = ['pub', 'pubsub', 'request', 'match', ...JS_PUB, ...KV];
/** Those whose latency is measured. */
const TIMED: readonly VerbName[] = PACED.filter((verb) => verb !== 'pub');

export const FLAGS = {
  msgs: flag('positive', {
    names: ['msgs'],
    group: 'Load',
    arg: 'N',
    help: 'Messages to send, all senders together (100k); sub and stream reads: to receive; service: to answer',
    verbs: ['pub', 'sub', 'pubsub', 'request', 'service', 'match', ...STORED],
  }),
  duration: flag('duration', {
    names: ['duration'],
    group: 'Load',
    arg: 'TIME',
    help: 'Measure for this long instead of a number of messages',
    verbs: [...CORE, ...JS_PUB, ...KV, 'mixed', 'suite'],
  }),
  size: flag('size', {
    names: ['size'],
    group: 'Load',
    arg: 'SIZE',
    help: 'Payload: 128, 1KB, 16..1024 (even between), 16:90,4096:10 (by weight); 128 when left out',
    verbs: SENDERS,
  }),
  clients: flag('positive', {
    names: ['clients'],
    group: 'Load',
    arg: 'N',
    help: 'Connections that do the work (1; conns: 1000)',
    verbs: ['pub', 'sub', 'request', 'service', 'match', 'conns', ...STORED],
  }),
  pub: flag('positive', { names: ['pub', 'pubs'], group: 'Load', arg: 'N', help: 'Publishers (1)', verbs: ['pubsub'] }),
  sub: flag('positive', {
    names: ['sub', 'subs'],
    group: 'Load',
    arg: 'N',
    help: 'Subscribers (1)',
    verbs: ['pubsub'],
  }),
  fanout: flag('bool', {
    names: ['fanout'],
    group: 'Load',
    help: 'Every subscriber gets every message, also with as many publishers',
    verbs: ['pubsub'],
  }),
  queue: flag('text', {
    names: ['queue'],
    group: 'Load',
    arg: 'NAME',
    help: 'Subscribers form this queue group',
    verbs: ['sub', 'pubsub', 'request', 'service'],
  }),
  subjects: flag('positive', {
    names: ['subjects', 'multisubjectmax'],
    group: 'Load',
    arg: 'N',
    help: 'Subjects SUBJECT.0 to SUBJECT.N-1 in turn; subscribers use SUBJECT.*; kv: keys (1000)',
    verbs: ['pub', 'sub', 'pubsub', 'request', 'service', ...JS_PUB, ...KV],
  }),
  random: flag('bool', {
    names: ['random', 'multisubjectrandomize', 'randomize'],
    group: 'Load',
    help: 'Subjects or keys at random instead of in turn',
    verbs: ['pub', 'pubsub', 'request', ...JS_PUB, ...KV],
  }),
  subscriptions: flag('positive', {
    names: ['subscriptions'],
    group: 'Load',
    arg: 'N',
    help: 'Subscriptions in all (100k), shared among --clients',
    verbs: ['match'],
  }),
  wildcards: flag('bool', {
    names: ['wildcards'],
    group: 'Load',
    help: 'The subscriptions hold a wildcard',
    verbs: ['match'],
  }),
  rate: flag('rate', {
    names: ['rate', 'throughput'],
    group: 'Load',
    arg: 'N',
    help: 'Messages per second, all senders together (open loop: latency counts from when a message was due)',
    verbs: PACED,
  }),
  sleep: flag('pause', {
    names: ['sleep'],
    group: 'Load',
    arg: 'TIME',
    help: 'Pause between two messages of a sender',
    verbs: PACED,
  }),
  headers: flag('headers', {
    names: ['headers', 'header', 'H'],
    group: 'Load',
    arg: 'NAME:VALUE',
    help: 'A header for every message; may be given several times',
    verbs: SENDERS,
  }),
  window: flag('positive', {
    names: ['window', 'inflight'],
    group: 'Load',
    arg: 'N',
    help: 'Requests without answer, per client (1)',
    verbs: ['request'],
  }),
  responders: flag('count', {
    names: ['responders'],
    group: 'Load',
    arg: 'N',
    help: 'Responders this command brings along (1); 0: others answer',
    verbs: ['request'],
  }),
  storm: flag('bool', { names: ['storm'], group: 'Load', help: 'Open all connections at once', verbs: ['conns'] }),

  warmup: flag('pause', {
    names: ['warmup'],
    group: 'Measuring',
    arg: 'TIME',
    help: 'Load that is checked but not timed, before each run (500ms with --duration, --repeat, --suite or two servers; else none)',
  }),
  repeat: flag('positive', {
    names: ['repeat', 'rounds'],
    group: 'Measuring',
    arg: 'N',
    help: 'Runs; figures are their mean with a 95 % confidence interval (1; comparing: 3)',
  }),
  latencySample: flag('positive', {
    names: ['latency-sample'],
    group: 'Measuring',
    arg: 'N',
    help: 'Record the latency of every Nth delivery (1)',
  }),
  threads: flag('positive', {
    names: ['threads'],
    group: 'Measuring',
    arg: 'N',
    help: 'Threads of the generator (half the cores, not more than connections)',
  }),
  quiet: flag('pause', {
    names: ['quiet'],
    group: 'Measuring',
    arg: 'TIME',
    help: 'Messages that do not come within this time after the last one are lost (2s)',
  }),
  findMax: flag('bool', {
    names: ['find-max'],
    group: 'Measuring',
    help: 'Raise the rate in steps until --p99 is exceeded; reports the highest rate that kept it',
    verbs: TIMED,
  }),
  p99: flag('duration', {
    names: ['p99'],
    group: 'Measuring',
    arg: 'TIME',
    help: 'The bound of --find-max (2ms)',
    verbs: TIMED,
  }),
  syncCalls: flag('bool', {
    names: ['sync-calls'],
    group: 'Measuring',
    help: "Count the server's fsync calls in one more, untimed run (needs strace and the right to trace)",
    verbs: [...STORED, 'suite'],
  }),

  stream: flag('text', {
    names: ['stream'],
    group: 'JetStream',
    arg: 'NAME',
    help: 'Stream to make or read (benchstream)',
    verbs: [...JS_PUB, ...JS_READ],
  }),
  bucket: flag('text', {
    names: ['bucket'],
    group: 'JetStream',
    arg: 'NAME',
    help: 'Bucket to make or read (benchbucket)',
    verbs: KV,
  }),
  storage: flag('text', {
    names: ['storage'],
    group: 'JetStream',
    arg: 'KIND',
    choices: ['file', 'memory'],
    help: 'Where a stream that is made lives: file or memory (file)',
    verbs: STORED,
  }),
  replicas: flag('positive', {
    names: ['replicas'],
    group: 'JetStream',
    arg: 'N',
    help: 'Of a stream that is made (1)',
    verbs: STORED,
  }),
  maxBytes: flag('bytes', {
    names: ['maxbytes'],
    group: 'JetStream',
    arg: 'SIZE',
    help: 'Limit of a stream that is made (none)',
    verbs: STORED,
  }),
  history: flag('positive', {
    names: ['history'],
    group: 'JetStream',
    arg: 'N',
    help: 'Values kept per key in a bucket that is made (1)',
    verbs: KV,
  }),
  batch: flag('positive', {
    names: ['batch'],
    group: 'JetStream',
    arg: 'N',
    help: 'Unacknowledged publishes, messages asked for at once, or messages of an atomic batch (500; batch and kv: 100)',
    verbs: ['js pub async', 'js pub batch', 'js consume', 'js fetch', ...KV],
  }),
  acks: flag('text', {
    names: ['acks'],
    group: 'JetStream',
    arg: 'MODE',
    choices: ['none', 'explicit', 'double'],
    help: 'none, explicit, or double (wait for the confirmation) (explicit)',
    verbs: ['js consume', 'js fetch'],
  }),
  doubleAck: flag('bool', {
    names: ['doubleack'],
    group: 'JetStream',
    help: 'Same as --acks double',
    verbs: ['js consume', 'js fetch'],
  }),
  purge: flag('bool', {
    names: ['purge'],
    group: 'JetStream',
    help: 'Empty the stream or bucket before, also one that this command did not make',
    verbs: STORED,
  }),
  deleteExisting: flag('bool', {
    names: ['delete-existing'],
    group: 'JetStream',
    help: 'Delete a stream or bucket of this name before, also one that this command did not make',
    verbs: STORED,
  }),
  useExisting: flag('bool', {
    names: ['use-existing'],
    group: 'JetStream',
    help: 'Add to a stream or bucket that is already there',
    verbs: [...JS_PUB, 'kv put'],
  }),
  keep: flag('bool', {
    names: ['keep'],
    group: 'JetStream',
    help: 'Leave the stream or bucket behind (otherwise what this command made is deleted)',
    verbs: STORED,
  }),

  servers: flag('texts', {
    names: ['s', 'server'],
    group: 'Connection',
    arg: 'URL',
    env: 'NATS_URL',
    help: 'Server, several by comma or by repeating (nats://127.0.0.1:4222); may hold user:password@ or token@',
  }),
  user: flag('text', { names: ['user'], group: 'Connection', arg: 'NAME', env: 'NATS_USER', help: 'User name' }),
  password: flag('text', {
    names: ['password', 'pass'],
    group: 'Connection',
    arg: 'TEXT',
    env: 'NATS_PASSWORD',
    help: 'Password',
    secret: true,
  }),
  token: flag('text', {
    names: ['token'],
    group: 'Connection',
    arg: 'TEXT',
    env: 'NATS_TOKEN',
    help: 'Token',
    secret: true,
  }),
  creds: flag('text', {
    names: ['creds'],
    group: 'Connection',
    arg: 'FILE',
    env: 'NATS_CREDS',
    help: 'Credentials file with user JWT and seed',
  }),
  nkey: flag('text', {
    names: ['nkey'],
    group: 'Connection',
    arg: 'FILE',
    env: 'NATS_NKEY',
    help: 'File with the seed of a user nkey',
  }),
  tls: flag('bool', { names: ['tls'], group: 'Connection', help: 'Encrypt (also by tls:// in the URL)' }),
  tlsCert: flag('text', {
    names: ['tlscert'],
    group: 'Connection',
    arg: 'FILE',
    env: 'NATS_CERT',
    help: 'Own certificate',
  }),
  tlsKey: flag('text', {
    names: ['tlskey'],
    group: 'Connection',
    arg: 'FILE',
    env: 'NATS_KEY',
    help: 'Its private key',
  }),
  tlsCa: flag('text', {
    names: ['tlsca'],
    group: 'Connection',
    arg: 'FILE',
    env: 'NATS_CA',
    help: 'Authorities to trust instead of the system’s',
  }),
  tlsFirst: flag('bool', { names: ['tlsfirst'], group: 'Connection', help: 'Handshake before the server speaks' }),
  tlsName: flag('text', {
    names: ['tlsname'],
    group: 'Connection',
    arg: 'HOST',
    help: 'Name the certificate has to have',
  }),
  tlsInsecure: flag('bool', { names: ['tlsinsecure'], group: 'Connection', help: 'Take any certificate' }),
  timeout: flag('duration', {
    names: ['timeout'],
    group: 'Connection',
    arg: 'TIME',
    help: 'For each connect (5s)',
  }),

  pid: flag('positive', {
    names: ['pid'],
    group: 'Servers',
    arg: 'N',
    help: "Process whose cost is read (otherwise the loopback port's owner)",
  }),
  monitor: flag('texts', {
    names: ['monitor'],
    group: 'Servers',
    arg: 'URL',
    help: 'Monitoring port to read the cost from, where the process is out of reach; again for the server of --vs',
  }),
  spawn: flag('texts', {
    names: ['spawn'],
    group: 'Servers',
    arg: 'COMMAND',
    help: 'Start this server for each run; {port} and {dir} are replaced. Twice: compare the two',
  }),
  vs: flag('text', {
    names: ['vs'],
    group: 'Servers',
    arg: 'URL',
    help: 'Compare with this server, in alternating rounds',
  }),
  suite: flag('text', {
    names: ['suite'],
    group: 'Servers',
    arg: 'NAME',
    choices: ['core', 'js', 'all', 'short'],
    help: 'A standard set instead of a verb: core, js, all, short',
    verbs: ['suite'],
  }),
  rows: flag('texts', {
    names: ['rows'],
    group: 'Servers',
    arg: 'TITLE',
    help: 'Only these rows of the suite; by comma or by repeating',
    verbs: ['suite'],
  }),

  json: flag('text', {
    names: ['json'],
    group: 'Output',
    arg: 'FILE',
    help: 'Write the results as JSON (- for stdout)',
  }),
  csv: flag('text', { names: ['csv'], group: 'Output', arg: 'FILE', help: 'Write the results as CSV (- for stdout)' }),
  html: flag('text', {
    names: ['html'],
    group: 'Output',
    arg: 'FILE',
    help: 'Write a page with charts that opens from disk',
  }),
  progress: flag('bool', { names: ['progress'], group: 'Output', help: 'Show progress (--no-progress: none)' }),

  help: flag('bool', { names: ['help', 'h'], group: 'Help', help: 'Show this message; behind a verb: its flags' }),
  version: flag('bool', { names: ['version', 'v'], group: 'Help', help: 'Show the version' }),
} as const satisfies Record<string, FlagRow>;

export type FlagKey = keyof typeof FLAGS;

/** What the command line says; absent where it says nothing. */
export type Flags = { [Key in FlagKey]?: FlagKinds[(typeof FLAGS)[Key]['kind']] };

/** Every spelling. */
export const BY_NAME: ReadonlyMap<string, { key: FlagKey; row: FlagRow }> = new Map(
  (Object.entries(FLAGS) as [FlagKey, FlagRow][]).flatMap(([key, row]) =>
    row.names.map((name) => [name, { key, row }]),
  ),
);

/** The verbs that a flag goes with; `mixed` and `suite` take what is about measuring, servers and output. */
export function belongsTo(row: FlagRow, verb: VerbName): boolean {
  return row.verbs === undefined || row.verbs.includes(verb);
}

export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** Verbs that `mixed` may hold. */
export const MIXABLE: readonly VerbName[] = CORE.filter((verb) => verb !== 'sub' && verb !== 'service');
