/** An account for tests: its streams in a map, requests as their bodies, answers as short texts. */
import { ApiError } from '../errors/api-error.js';
import { type AccountLimits, NO_LIMITS } from '../messages/account-info.js';
import { decode } from '../messages/decode.js';
import { STREAM_CONFIG_REQUEST, type StreamConfig } from '../messages/stream-config.js';
import { createStream } from '../streams/create.js';
import { StreamDirectory } from '../streams/directory.js';
import type { ConsumerUse, Surroundings } from '../streams/surroundings.js';
import { updateStream } from '../streams/update.js';

interface Given {
  limits?: ReadonlyMap<string, AccountLimits>;
  duplicateWindowMax?: bigint;
  memory?: bigint;
  file?: bigint;
  consumers?: readonly ConsumerUse[];
}

export class TestAccount {
  readonly streams = new StreamDirectory();
  readonly #given: Given;

  constructor(given: Given = {}) {
    this.#given = given;
  }

  /** The configuration that a request leads to; the stream is there afterwards. Throws an `ApiError`. */
  create(body: object | string, name = 'A'): StreamConfig {
    return this.#keep(createStream(name, requestOf(body, name), this.surroundings()).config);
  }

  update(body: object | string, name = 'A'): StreamConfig {
    return this.#keep(updateStream(name, requestOf(body, name), this.surroundings()));
  }

  surroundings(): Surroundings {
    const { limits = new Map([['', NO_LIMITS]]), duplicateWindowMax = 0n, consumers = [] } = this.#given;
    return {
      streams: this.streams,
      consumersOf: () => consumers,
      limits,
      duplicateWindowMax,
      memory: { max: this.#given.memory ?? 2n ** 40n, reserved: this.#reserved('memory') },
      file: { max: this.#given.file ?? 2n ** 40n, reserved: this.#reserved('file') },
    };
  }

  #reserved(storage: string): bigint {
    const groups = [...this.streams.groups()].filter((group) => group.storage === storage);
    return groups.reduce((sum, { reserved }) => sum + reserved, 0n);
  }

  #keep(config: StreamConfig): StreamConfig {
    this.streams.put(config);
    return config;
  }
}

/** A body, or fields of one that are put behind the name. */
export function requestOf(body: object | string, name = 'A') {
  const text = typeof body === 'string' ? body : JSON.stringify({ name, ...body });
  return decode(STREAM_CONFIG_REQUEST, Buffer.from(text), true);
}

/** `code text` of the error that this ends with; undefined: it ends well. */
export function errorOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return `${error.errCode} ${error.description}`;
    throw error;
  }
}
