/**
 * The rules of streams beside nats-server: each request goes to both, and what they answer is compared. Our side is pure
 * functions and a map of streams, which stands for the store. Owns the connection; the server belongs to the test.
 */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ApiError } from '../../src/jetstream/errors/api-error.js';
import type { AccountLimits } from '../../src/jetstream/messages/account-info.js';
import { STREAM_CREATE_ANSWER, STREAM_UPDATE_ANSWER } from '../../src/jetstream/messages/answers.js';
import { decode } from '../../src/jetstream/messages/decode.js';
import { parseInstant } from '../../src/jetstream/messages/instant.js';
import { STREAM_CONFIG_REQUEST, type StreamConfig } from '../../src/jetstream/messages/stream-config.js';
import { STREAM_INFO, STREAM_STATE } from '../../src/jetstream/messages/stream-info.js';
import { createStream } from '../../src/jetstream/streams/create.js';
import { StreamDirectory } from '../../src/jetstream/streams/directory.js';
import { withServerMetadata } from '../../src/jetstream/streams/metadata.js';
import type { Surroundings } from '../../src/jetstream/streams/surroundings.js';
import { updateStream } from '../../src/jetstream/streams/update.js';

export type Verb = 'CREATE' | 'UPDATE';

export interface Exchange {
  readonly theirs: string;
  readonly ours: string;
}

export interface Room {
  readonly limits: ReadonlyMap<string, AccountLimits>;
  readonly duplicateWindowMax: bigint;
  readonly strict: boolean;
  readonly memory: bigint;
  readonly file: bigint;
}

export class Pair {
  readonly #connection: NatsConnection;
  readonly #room: Room;
  readonly #streams = new StreamDirectory();
  /** The first sequences of streams, which an update does not change. */
  readonly #first = new Map<string, bigint>();

  private constructor(connection: NatsConnection, room: Room) {
    this.#connection = connection;
    this.#room = room;
  }

  static async connect(port: number, user: string, room: Room): Promise<Pair> {
    return new Pair(await connect({ port, user, pass: user, reconnect: false }), room);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  /** The same request to both. */
  async ask(verb: Verb, name: string, body: string | Uint8Array): Promise<Exchange> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const theirs = await this.#theirs(`STREAM.${verb}.${name}`, bytes);
    return comparable(theirs, this.#answer(verb, name, bytes));
  }

  /** The files of a deleted stream may still be there when the next one of its name comes: then nats-server fails. */
  async #theirs(subject: string, body: Uint8Array): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = (await this.#request(subject, body)).string();
      if (attempt > 50 || !answer.includes('"error creating store for stream"')) return answer;
    }
  }

  /** Both have no streams afterwards. */
  async clear(): Promise<void> {
    for (const { name } of this.#streams.all()) this.#streams.remove(name);
    const names = await this.#request('STREAM.NAMES', Buffer.alloc(0));
    const { streams } = names.json<{ streams: string[] | null }>();
    for (const name of streams ?? []) await this.#request(`STREAM.DELETE.${name}`, Buffer.alloc(0));
  }

  #request(subject: string, body: Uint8Array) {
    return this.#connection.request(`$JS.API.${subject}`, body, { timeout: 10_000 });
  }

  #answer(verb: Verb, name: string, body: Uint8Array): string {
    const kind = verb === 'CREATE' ? STREAM_CREATE_ANSWER : STREAM_UPDATE_ANSWER;
    try {
      const request = decode(STREAM_CONFIG_REQUEST, body, this.#room.strict);
      const decide = verb === 'CREATE' ? created : updateStream;
      const config = decide(name, request, this.#surroundings());
      if (this.#streams.find(name) === undefined) this.#first.set(name, config.first_seq);
      this.#streams.put(config);
      const info = infoOf(config, this.#first.get(name) ?? 0n);
      return verb === 'CREATE'
        ? STREAM_CREATE_ANSWER.success({ ...info, did_create: true })
        : STREAM_UPDATE_ANSWER.success(info);
    } catch (error) {
      if (error instanceof ApiError) return kind.failure(error);
      throw error;
    }
  }

  #surroundings(): Surroundings {
    const { limits, duplicateWindowMax, memory, file } = this.#room;
    return {
      streams: this.#streams,
      consumersOf: () => [],
      limits,
      duplicateWindowMax,
      memory: { max: memory, reserved: this.#reserved('memory') },
      file: { max: file, reserved: this.#reserved('file') },
    };
  }

  #reserved(storage: string): bigint {
    const groups = [...this.#streams.groups()].filter((group) => group.storage === storage);
    return groups.reduce((sum, { reserved }) => sum + reserved, 0n);
  }
}

function created(...request: Parameters<typeof createStream>): StreamConfig {
  return createStream(...request).config;
}

const WHEN = parseInstant('2026-01-01T00:00:00Z');

function infoOf(config: StreamConfig, first: bigint) {
  const state = { ...STREAM_STATE.zero(), first_seq: first, last_seq: first > 0n ? first - 1n : 0n };
  const told = withServerMetadata(config, '2.15.2');
  return { ...STREAM_INFO.zero(), config: told, state, ...(WHEN && { created: WHEN, ts: WHEN }) };
}

/** Without what no two servers have alike: times, and how far copying has come. */
function comparable(theirs: string, ours: string): Exchange {
  const time = '"2026-01-01T00:00:00Z"';
  const told = theirs
    .replace(/"(created|ts)":"[^"]*"/g, `"$1":${time}`)
    .replace(/("consumer_count":\d+\}),"(?:mirror|sources)":.*,"ts":/, '$1,"ts":');
  // A stream of everything has what the server said about its creation.
  const state = /"state":\{"messages":[1-9].*?\},"ts"/;
  if (!state.test(told)) return { theirs: told, ours };
  const without = (text: string) => text.replace(/"state":\{.*?\},"ts"/, '"ts"');
  return { theirs: without(told), ours: without(ours) };
}
