/**
 * The streams of one account as the rules ask for them: by name, by subject, counted, with what they reserve. Owns no
 * stream; whoever makes, changes and removes streams says so.
 */
import { compareBytes } from '../messages/containers.js';
import type { StreamConfig } from '../messages/stream-config.js';
import { SubjectIndex } from './subject-index.js';
import type { Group } from './surroundings.js';

export class StreamDirectory {
  readonly #streams = new Map<string, StreamConfig>();
  readonly #subjects = new SubjectIndex();
  /** By storage and number of replicas. */
  readonly #groups = new Map<string, Group>();
  #sorted: readonly StreamConfig[] | undefined;

  find(name: string): StreamConfig | undefined {
    return this.#streams.get(name);
  }

  /** A new stream, or a changed one. */
  put(config: StreamConfig): void {
    this.remove(config.name);
    this.#streams.set(config.name, config);
    for (const subject of config.subjects) this.#subjects.add(subject, config.name);
    this.#count(config, 1n);
  }

  remove(name: string): void {
    this.#sorted = undefined;
    const config = this.#streams.get(name);
    if (config === undefined) return;
    this.#streams.delete(name);
    for (const subject of config.subjects) this.#subjects.remove(subject, name);
    this.#count(config, -1n);
  }

  /** In the order of their names. */
  all(): readonly StreamConfig[] {
    this.#sorted ??= sorted([...this.#streams.values()]);
    return this.#sorted;
  }

  /** Those that capture something that the filter matches, in the order of their names; without a filter all of them. */
  capturing(filter: string): readonly StreamConfig[] {
    if (filter === '') return this.all();
    const names = new Set(this.#subjects.overlapping(filter));
    return sorted([...names].flatMap((name) => this.#streams.get(name) ?? []));
  }

  /** Whether a stream other than `name` captures something that one of the subjects matches. */
  isTaken(subjects: readonly string[], name: string): boolean {
    return subjects.some((subject) => {
      for (const owner of this.#subjects.overlapping(subject)) if (owner !== name) return true;
      return false;
    });
  }

  groups(): Iterable<Group> {
    return this.#groups.values();
  }

  #count({ storage, num_replicas: replicas, max_bytes: bytes }: StreamConfig, sign: bigint): void {
    const key = `${storage} ${replicas}`;
    const before = this.#groups.get(key) ?? { storage, replicas, streams: 0n, reserved: 0n };
    const streams = before.streams + sign;
    const reserved = before.reserved + (bytes > 0n ? bytes * sign : 0n);
    this.#groups.set(key, { ...before, streams, reserved });
  }
}

function sorted(streams: StreamConfig[]): StreamConfig[] {
  return streams.sort((one, other) => compareBytes(one.name, other.name));
}
