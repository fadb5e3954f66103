/** The verbs of `nats-bench`: names, arguments, help. Owns no flag; `table.ts` says which flag goes with which verb. */

export type VerbName =
  | 'pub'
  | 'sub'
  | 'pubsub'
  | 'request'
  | 'service'
  | 'match'
  | 'conns'
  | 'js pub sync'
  | 'js pub async'
  | 'js pub batch'
  | 'js consume'
  | 'js fetch'
  | 'js ordered'
  | 'kv put'
  | 'kv get'
  | 'mixed'
  | 'suite';

export interface Verb {
  readonly name: VerbName;
  /** Other spellings, those of `nats bench` among them. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** More about what is measured; lines of the help. */
  readonly detail?: readonly string[];
  /** The positional argument. */
  readonly argument?: {
    readonly name: 'subject' | 'pattern' | 'file';
    readonly default?: string;
    readonly help: string;
  };
  readonly examples: readonly string[];
}

const SUBJECT = { name: 'subject', default: 'bench', help: 'Subject; "bench" when left out' } as const;
const PATTERN = {
  name: 'pattern',
  default: 'bench',
  help: 'Subject, wildcards allowed; "bench" when left out',
} as const;
const JS_SUBJECT = { name: 'subject', default: 'bench.js', help: 'Subject; "bench.js" when left out' } as const;

export const VERBS: readonly Verb[] = [
  {
    name: 'pub',
    summary: 'publish, nobody listening',
    detail: ['Ends when the server has taken every message (a PONG behind the last one).'],
    argument: SUBJECT,
    examples: ['nats-bench pub --msgs 5M --size 16', 'nats-bench pub orders --clients 4 --rate 100k --duration 10s'],
  },
  {
    name: 'sub',
    summary: 'receive what others publish',
    detail: ['Ends after --msgs messages on each client, after --duration, or with Ctrl-C.'],
    argument: PATTERN,
    examples: ['nats-bench sub orders --clients 2 --msgs 100k'],
  },
  {
    name: 'pubsub',
    summary: 'publish and receive: pairs, fan-out, queue groups',
    detail: [
      'As many publishers as subscribers are pairs, each with its own subject. Otherwise, and with --fanout, all share',
      'one subject and each subscriber gets every message. With --queue the subscribers are one queue group.',
    ],
    argument: SUBJECT,
    examples: [
      'nats-bench pubsub --pub 1 --sub 1 --msgs 2000000 --size 16',
      'nats-bench pubsub --pub 1 --sub 50 --size 128 --duration 5s',
      'nats-bench pubsub --sub 8 --queue workers --rate 200k --duration 10s',
    ],
  },
  {
    name: 'request',
    aliases: ['service request'],
    summary: 'requests and their answers',
    detail: ['Brings its own responders; --responders 0 leaves answering to others (`nats-bench service`).'],
    argument: SUBJECT,
    examples: ['nats-bench request --msgs 20k --size 16', 'nats-bench request --clients 4 --window 100'],
  },
  {
    name: 'service',
    aliases: ['service serve'],
    summary: 'answer the requests of others',
    detail: ['Ends after --msgs requests, after --duration, or with Ctrl-C.'],
    argument: PATTERN,
    examples: ['nats-bench service --clients 2'],
  },
  {
    name: 'match',
    summary: 'many subscriptions, messages on random subjects',
    detail: ['Every message matches exactly one of --subscriptions.'],
    argument: SUBJECT,
    examples: ['nats-bench match --subscriptions 100k --msgs 1M --size 16'],
  },
  {
    name: 'conns',
    summary: 'connections: how fast, how much memory each',
    detail: ['--storm opens all at once; otherwise 64 are being opened at a time. They stay for --duration.'],
    examples: ['nats-bench conns --clients 2000', 'nats-bench conns --clients 500 --storm'],
  },
  {
    name: 'js pub sync',
    summary: 'publish to a stream, one message at a time',
    argument: JS_SUBJECT,
    examples: ['nats-bench js pub sync --msgs 10k'],
  },
  {
    name: 'js pub async',
    summary: 'publish to a stream with up to --batch messages unacknowledged',
    argument: JS_SUBJECT,
    examples: ['nats-bench js pub async --msgs 500k --batch 500 --storage file'],
  },
  {
    name: 'js pub batch',
    aliases: ['js pub atomic'],
    summary: 'publish to a stream in atomic batches of --batch',
    argument: JS_SUBJECT,
    examples: ['nats-bench js pub batch --msgs 100k --batch 100'],
  },
  {
    name: 'js consume',
    summary: 'read a stream through a pull consumer, asking ahead',
    detail: ['Reads the stream if it is there; otherwise fills one of its own with --msgs messages first.'],
    examples: ['nats-bench js consume --msgs 500k --acks none'],
  },
  {
    name: 'js fetch',
    summary: 'read a stream batch by batch through a pull consumer',
    detail: ['Reads the stream if it is there; otherwise fills one of its own with --msgs messages first.'],
    examples: ['nats-bench js fetch --batch 100 --acks explicit'],
  },
  {
    name: 'js ordered',
    summary: 'read a stream in order through a push consumer with flow control',
    detail: ['Reads the stream if it is there; otherwise fills one of its own with --msgs messages first.'],
    examples: ['nats-bench js ordered --msgs 500k'],
  },
  {
    name: 'kv put',
    summary: 'put values into a bucket',
    examples: ['nats-bench kv put --msgs 100k --subjects 1000 --batch 100'],
  },
  {
    name: 'kv get',
    summary: 'get values from a bucket',
    detail: ['Reads the bucket if it is there; otherwise fills one of its own first.'],
    examples: ['nats-bench kv get --msgs 100k --subjects 1000 --batch 100'],
  },
  {
    name: 'mixed',
    summary: 'several kinds of work at once, from a file',
    detail: [
      'Each line of the file is a command line of pub, pubsub, request, match or conns without "nats-bench";',
      'empty lines and lines that begin with # are skipped.',
    ],
    argument: { name: 'file', help: 'The scenario' },
    examples: ['nats-bench mixed shop.bench --duration 30s'],
  },
];

/** Without a verb: `nats-bench --suite core`. */
export const SUITE: Verb = {
  name: 'suite',
  summary: 'a standard set of works',
  examples: ["nats-bench --suite core --spawn 'nats-server -a 127.0.0.1 -p {port}'"],
};

/** All words that may begin a command, longest first. */
export function verbWords(): { words: string[]; verb: Verb }[] {
  return VERBS.flatMap((verb) =>
    [verb.name, ...(verb.aliases ?? [])].map((name) => ({ words: name.split(' '), verb })),
  ).sort((a, b) => b.words.length - a.words.length);
}
