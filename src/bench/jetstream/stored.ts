/**
 * The shapes of work that stores: js pub, js consume, js fetch, js ordered, kv put, kv get.
 *
 * Owns one such work on one server: opens its stream, fills it for verbs that read, returns a shape for each repeat, and
 * removes what it created. The messages themselves are sent by the load generator.
 */
import { AckPolicy, type ConsumerConfig, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream';
import type { ClientPlan, LoadReport } from '../../native/load-contract.js';
import { BenchError } from '../errors.js';
import { usage } from '../flags/parse.js';
import {
  DEFAULT_MSGS,
  groups,
  messagesOf,
  type Shape,
  sending,
  subjectsOf,
  timed,
  type Verified,
  type Work,
} from '../plan/work.js';
import type { Target } from '../server/target.js';
import { type JetStreamClient, jetStreamError, openJetStream } from './client.js';
import { Store } from './store.js';

const DEFAULT_STREAM = 'benchstream';
const DEFAULT_BUCKET = 'benchbucket';
const KEYS = 1000;
const BATCH = 500;
/** Of atomic batches, and of buckets. */
const SMALL_BATCH = 100;
/** The most a server takes in one atomic batch. */
const ATOMIC_MAX = 1000;
const FILL_WINDOW = 500;
const PULL_EXPIRES_MS = 5000;
const API = '$JS.API';
const NANOSECONDS = 1e6;
const CONSUMER_IDLE_MS = 120_000;
const HEARTBEAT_MS = 5000;

export interface StoredParts {
  work: Work;
  target: Target;
  timeoutMs: number;
  /** Runs a shape without measuring it. */
  fill(shape: Shape): Promise<void>;
}

export class StoredWork {
  #consumers: string[] = [];
  #runs = 0;

  readonly #work: Work;
  readonly #client: JetStreamClient;
  readonly #store: Store;

  private constructor(work: Work, client: JetStreamClient, store: Store) {
    this.#work = work;
    this.#client = client;
    this.#store = store;
  }

  static async open({ work, target, timeoutMs, fill }: StoredParts): Promise<StoredWork> {
    check(work);
    const client = await openJetStream(target, timeoutMs);
    let store: Store | undefined;
    try {
      const bucket = work.verb.startsWith('kv');
      const subject = subjectOf(work);
      store = await Store.open(client, {
        kind: bucket ? 'bucket' : 'stream',
        name: bucket ? (work.flags.bucket ?? DEFAULT_BUCKET) : (work.flags.stream ?? DEFAULT_STREAM),
        subjects: [subject, `${subject}.>`],
        flags: work.flags,
        readOnly: reads(work),
      });
      if (reads(work) && store.made) await fill(filling(work));
      return new StoredWork(work, client, store);
    } catch (error) {
      await store?.close().catch(() => {});
      await client.connection.close();
      throw error;
    }
  }

  /** For the next repeat; with `msgs` for a run of just so many messages. */
  async shape(msgs?: number): Promise<Shape> {
    this.#runs += 1;
    const { duration: _, ...flags } = this.#work.flags;
    const work = msgs === undefined ? this.#work : { ...this.#work, flags: { ...flags, msgs } };
    try {
      switch (work.verb) {
        case 'js consume':
        case 'js fetch':
          return await this.#pull(work);
        case 'js ordered':
          return await this.#ordered(work);
        case 'kv get':
          return this.#get(work);
        default:
          return await this.#publish(work);
      }
    } catch (error) {
      throw jetStreamError(error, `preparing "${this.#work.verb}"`);
    }
  }

  async close(): Promise<void> {
    try {
      for (const name of this.#consumers) {
        // Gone already, with its stream or after its idle time.
        await this.#client.manager.consumers.delete(this.#store.stream, name).catch(() => {});
      }
      await this.#store.close();
    } finally {
      await this.#client.connection.close();
    }
  }

  async #publish(work: Work): Promise<Shape> {
    const store = this.#store;
    const { flags, verb } = work;
    if (this.#runs > 1) await store.reset();
    const before = await store.lastSequence();
    // With headers a server may be asked not to store a message again.
    const counted = verb !== 'kv put' && flags.headers === undefined;
    return {
      clients: senders(work, messagesOf(flags)),
      ledgers: [],
      headline: 'deliveredPerSecond',
      ...timed(flags),
      ...(counted && {
        verify: async (report) => againstStream(report, (await store.lastSequence()) - before, store.made),
      }),
    };
  }

  #get(work: Work): Shape {
    const { flags } = work;
    const connections = flags.clients ?? 1;
    const bucket = flags.bucket ?? DEFAULT_BUCKET;
    return {
      clients: groups(messagesOf(flags), connections).map(
        (group): ClientPlan => ({
          role: 'requester',
          name: 'getter',
          ...group,
          window: flags.batch ?? 1,
          answer: 'message',
          ledgers: [],
          ...sending(flags, connections),
          subjects: subjectsOf(flags, `${API}.DIRECT.GET.KV_${bucket}.$KV.${bucket}`, KEYS),
          size: { fixed: 0 },
        }),
      ),
      ledgers: [],
      headline: 'deliveredPerSecond',
      ...timed(flags),
    };
  }

  async #pull(work: Work): Promise<Shape> {
    const { flags, verb } = work;
    const connections = flags.clients ?? 1;
    const messages = await this.#toRead(work);
    const batch = flags.batch ?? BATCH;
    const ack = flags.doubleAck ? 'double' : ((flags.acks ?? 'explicit') as 'none' | 'explicit' | 'double');
    const consumer = await this.#consumer({
      ack_policy: ack === 'none' ? AckPolicy.None : AckPolicy.Explicit,
      max_ack_pending: ack === 'none' ? 0 : Math.max(1000, 2 * batch * connections),
      max_waiting: Math.max(512, 4 * connections),
    });
    return {
      clients: [
        {
          role: 'puller',
          name: verb === 'js fetch' ? 'fetcher' : 'consumer',
          connections,
          ledger: 0,
          stream: this.#store.stream,
          consumer,
          prefix: API,
          batch,
          style: verb === 'js fetch' ? 'fetch' : 'consume',
          expiresMs: PULL_EXPIRES_MS,
          ack,
          messages,
        },
      ],
      ledgers: [{ name: this.#store.stream, copies: 1, alreadyStored: messages }],
      headline: 'deliveredPerSecond',
      noWarmup: true,
    };
  }

  async #ordered(work: Work): Promise<Shape> {
    const messages = await this.#toRead(work);
    const clients: ClientPlan[] = [];
    const connections = work.flags.clients ?? 1;
    for (let index = 0; index < connections; index++) {
      const subject = `_INBOX.nats-bench.${unique()}`;
      await this.#consumer({
        deliver_subject: subject,
        ack_policy: AckPolicy.None,
        max_deliver: 1,
        mem_storage: true,
        num_replicas: 1,
        flow_control: true,
        idle_heartbeat: HEARTBEAT_MS * NANOSECONDS,
      });
      clients.push({ role: 'ordered', name: `reader ${index + 1}`, connections: 1, subject, ledger: index, messages });
    }
    return {
      clients,
      ledgers: clients.map(({ name }) => ({ name, copies: 1, alreadyStored: messages })),
      headline: 'deliveredPerSecond',
      noWarmup: true,
    };
  }

  /** Not more than the stream holds: the reader would wait for messages that do not exist. */
  async #toRead(work: Work): Promise<number> {
    const stored = await this.#store.messages();
    if (stored === 0) {
      throw new BenchError('STREAM_MISSING', `stream "${this.#store.stream}" is empty: there is nothing to read`);
    }
    return Math.min(work.flags.msgs ?? stored, stored);
  }

  async #consumer(config: Partial<ConsumerConfig>): Promise<string> {
    const name = `nats-bench-${unique()}`;
    await this.#client.manager.consumers.add(this.#store.stream, {
      name,
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      inactive_threshold: CONSUMER_IDLE_MS * NANOSECONDS,
      ...config,
    });
    this.#consumers.push(name);
    return name;
  }
}

/**
 * What was acknowledged, in the warm-up as well, against what the stream has numbered since. `alone`: no other client writes
 * to it.
 */
export function againstStream(
  { delivered, warmed, errors }: Pick<LoadReport, 'delivered' | 'warmed' | 'errors'>,
  stored: number,
  alone: boolean,
): Verified {
  const missing = delivered + warmed - stored;
  // What was stored and not answered is no duplicate.
  const surplus = alone && errors.length === 0 ? -missing : 0;
  return { lost: Math.max(0, missing), duplicated: Math.max(0, surplus) };
}

let count = 0;
function unique(): string {
  return `${process.pid.toString(36)}${Date.now().toString(36)}${(count++).toString(36)}`;
}

function reads(work: Work): boolean {
  return ['js consume', 'js fetch', 'js ordered', 'kv get'].includes(work.verb);
}

function subjectOf({ verb, argument, flags }: Work): string {
  if (verb.startsWith('kv')) return `$KV.${flags.bucket ?? DEFAULT_BUCKET}`;
  // Reading has no subject of its own; what it fills is read by no other client.
  return argument === '' ? `bench.js.${flags.stream ?? DEFAULT_STREAM}` : argument;
}

function check(work: Work): void {
  const { flags, verb } = work;
  for (const name of [flags.stream, flags.bucket]) {
    if (name !== undefined && !/^[\w-]+$/.test(name)) {
      throw usage(`"${name}" can't be the name of a stream or bucket: letters, digits, - and _ only`);
    }
  }
  if (verb === 'js pub batch' && (flags.batch ?? 0) > ATOMIC_MAX) {
    throw usage(`--batch ${flags.batch}: servers take at most ${ATOMIC_MAX} messages in an atomic batch`);
  }
  if (flags.useExisting && (flags.purge || flags.deleteExisting)) {
    throw usage('--use-existing contradicts --purge and --delete-existing: choose one');
  }
}

function senders(work: Work, total: number | undefined): ClientPlan[] {
  const { verb, flags } = work;
  const connections = flags.clients ?? 1;
  const window = verb === 'js pub async' ? (flags.batch ?? BATCH) : verb === 'kv put' ? (flags.batch ?? 1) : 1;
  const subjects = subjectsOf(flags, subjectOf(work), verb === 'kv put' ? KEYS : undefined);
  return groups(total, connections).map((group) => ({
    role: 'requester',
    name: verb === 'kv put' ? 'putter' : 'publisher',
    ...group,
    window,
    answer: 'puback',
    ledgers: [],
    subjects,
    ...(verb === 'js pub batch' && { batch: flags.batch ?? SMALL_BATCH }),
    ...sending(flags, connections),
  }));
}

/** What a stream or bucket is filled with before it is read. */
function filling(work: Work): Shape {
  const { verb, flags } = work;
  const total = verb === 'kv get' ? (flags.subjects ?? KEYS) : (flags.msgs ?? DEFAULT_MSGS);
  const subjects =
    verb === 'kv get' ? subjectsOf({ subjects: total }, subjectOf(work)) : subjectsOf({}, subjectOf(work));
  return {
    clients: [
      {
        role: 'requester',
        name: 'filler',
        connections: 1,
        window: FILL_WINDOW,
        answer: 'puback',
        ledgers: [],
        subjects,
        messages: total,
        ...sending({ ...(flags.size && { size: flags.size }), ...(flags.headers && { headers: flags.headers }) }, 1),
      },
    ],
    ledgers: [],
    headline: 'deliveredPerSecond',
    noWarmup: true,
  };
}
