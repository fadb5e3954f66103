/** What a decision about a stream depends on beside its configuration: the account's other streams, limits, the server. */
import type { AccountLimits } from '../messages/account-info.js';
import type { StreamConfig } from '../messages/stream-config.js';

/** The streams of one account. */
export interface AccountStreams {
  find(name: string): StreamConfig | undefined;
  /** Whether a stream other than `name` captures something that one of the subjects matches. */
  isTaken(subjects: readonly string[], name: string): boolean;
  groups(): Iterable<Group>;
}

/** Streams with the same storage and number of replicas. */
export interface Group {
  readonly storage: StreamConfig['storage'];
  readonly replicas: bigint;
  readonly streams: bigint;
  /** The sum of their `max_bytes`, for one replica. */
  readonly reserved: bigint;
}

/** What a consumer is configured with. */
export interface ConsumerUse {
  readonly name: string;
  readonly inactiveThreshold: bigint;
  readonly maxAckPending: bigint;
}

/** Room for messages. */
export interface Room {
  readonly max: bigint;
  /** Promised to streams of all accounts. */
  readonly reserved: bigint;
}

export interface Surroundings {
  readonly streams: AccountStreams;
  /** The consumers of a stream. */
  consumersOf(name: string): Iterable<ConsumerUse>;
  /** By tier (`R1`, `R3`); one entry with an empty name: for all streams alike. */
  readonly limits: ReadonlyMap<string, AccountLimits>;
  /** The longest window for finding duplicates, in nanoseconds; 0: any. */
  readonly duplicateWindowMax: bigint;
  readonly memory: Room;
  readonly file: Room;
}
