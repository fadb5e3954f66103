/** What a decision about a stream depends on beside its configuration: the account's other streams, limits, the server. */
import type { AccountLimits } from '../messages/account-info.js';
import type { StreamConfig } from '../messages/stream-config.js';

/** The streams of one account. */
export interface AccountStreams {
  find(name: string): StreamConfig | undefined;
  all(): Iterable<StreamConfig>;
  /** What the consumers of a stream are configured with. */
  consumersOf(name: string): Iterable<ConsumerUse>;
}

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
  /** By tier (`R1`, `R3`); one entry with an empty name: for all streams alike. */
  readonly limits: ReadonlyMap<string, AccountLimits>;
  /** The longest window for finding duplicates, in nanoseconds; 0: any. */
  readonly duplicateWindowMax: bigint;
  readonly memory: Room;
  readonly file: Room;
}
