/**
 * The stream of a run: creates it or uses an existing one, and deletes what it created.
 *
 * A stream it did not create is never deleted, purged or written to unless --delete-existing, --purge or --use-existing
 * is given.
 */
import { DiscardPolicy, StorageType, type StreamConfig, type StreamState } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { BenchError, textOf } from '../errors.js';
import type { Flags } from '../flags/table.js';
import { isNotFound, type JetStreamClient, jetStreamError } from './client.js';

export interface StoreWanted {
  kind: 'stream' | 'bucket';
  /** Of the stream or the bucket. */
  name: string;
  subjects: string[];
  flags: Flags;
  /** Reading changes nothing: a stream that is there will do. */
  readOnly: boolean;
}

export class Store {
  readonly stream: string;
  /** This run made it, so this run may empty and delete it. */
  readonly made: boolean;
  readonly #client: JetStreamClient;
  readonly #keep: boolean;

  private constructor(client: JetStreamClient, stream: string, made: boolean, keep: boolean) {
    this.stream = stream;
    this.made = made;
    this.#client = client;
    this.#keep = keep;
  }

  static async open(client: JetStreamClient, wanted: StoreWanted): Promise<Store> {
    const { flags, kind, name } = wanted;
    const stream = kind === 'bucket' ? `KV_${name}` : name;
    const streams = client.manager.streams;
    const what = `${kind} "${name}"`;
    const keep = flags.keep ?? false;
    try {
      const found = (await stateOf(client, stream))?.messages;
      if (found !== undefined && flags.deleteExisting) await streams.delete(stream);
      else if (found !== undefined) {
        if (flags.purge && !wanted.readOnly) await streams.purge(stream);
        else if (!wanted.readOnly && !flags.useExisting) throw exists(what, found);
        return new Store(client, stream, false, true);
      }
      if (kind === 'bucket') await makeBucket(client, name, flags);
      else await streams.add(streamConfig(name, wanted.subjects, flags));
      return new Store(client, stream, true, keep);
    } catch (error) {
      throw jetStreamError(error, `preparing ${what}`);
    }
  }

  async messages(): Promise<number> {
    return (await stateOf(this.#client, this.stream))?.messages ?? 0;
  }

  /** Of all it has ever stored: its limits may have discarded some since. */
  async lastSequence(): Promise<number> {
    return (await stateOf(this.#client, this.stream))?.last_seq ?? 0;
  }

  /** Back to the state before the first repeat; one that existed before is not changed. */
  async reset(): Promise<void> {
    if (this.made) await this.#client.manager.streams.purge(this.stream);
  }

  async close(): Promise<void> {
    if (!this.made || this.#keep) return;
    try {
      await this.#client.manager.streams.delete(this.stream);
    } catch (error) {
      const text = `stream "${this.stream}" could not be removed: ${textOf(error)}; remove it before the next run`;
      throw new BenchError('JETSTREAM', text, error);
    }
  }
}

async function stateOf({ manager }: JetStreamClient, stream: string): Promise<StreamState | undefined> {
  try {
    return (await manager.streams.info(stream)).state;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function exists(what: string, messages: number): BenchError {
  return new BenchError(
    'STREAM_EXISTS',
    `${what} exists already and holds ${messages} messages: take another name, or say --use-existing (add to it), ` +
      '--purge (empty it) or --delete-existing (make it anew)',
  );
}

function streamConfig(name: string, subjects: string[], flags: Flags): Partial<StreamConfig> & { name: string } {
  return {
    name,
    subjects,
    storage: flags.storage === 'memory' ? StorageType.Memory : StorageType.File,
    num_replicas: flags.replicas ?? 1,
    max_bytes: flags.maxBytes ?? -1,
    discard: DiscardPolicy.Old,
    allow_direct: true,
    allow_atomic: true,
    metadata: { made_by: 'nats-bench' },
  };
}

async function makeBucket({ connection }: JetStreamClient, name: string, flags: Flags): Promise<void> {
  await new Kvm(connection).create(name, {
    storage: flags.storage === 'memory' ? StorageType.Memory : StorageType.File,
    replicas: flags.replicas ?? 1,
    history: flags.history ?? 1,
    ...(flags.maxBytes !== undefined && { max_bytes: flags.maxBytes }),
  });
}
