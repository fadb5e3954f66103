/** What a request for a snapshot asks for. Pure functions. */
import { hasWildcard, isValidSubject } from '../../config/index.js';
import { apiError } from '../errors/api-error.js';
import type { ValueOf } from '../messages/kind.js';
import type { STREAM_SNAPSHOT_REQUEST } from '../messages/requests.js';

const KIB = 1024n;
const MIB = 1024n * KIB;
const CHUNK = { usual: 128n * KIB, least: KIB, most: MIB };
const WINDOW = { usual: 8n * MIB, least: KIB, most: 32n * MIB };

export interface SnapshotPlan {
  readonly deliverSubject: string;
  readonly withConsumers: boolean;
  /** Bytes of one message. */
  readonly chunkBytes: number;
  /** Bytes that may be on their way: at least one chunk. */
  readonly windowBytes: number;
  /** Whether all messages are checked first. */
  readonly checksMessages: boolean;
}

/** Throws an `ApiError`. */
export function snapshotPlan(request: ValueOf<typeof STREAM_SNAPSHOT_REQUEST>): SnapshotPlan {
  const { deliver_subject: deliverSubject } = request;
  if (!isValidSubject(deliverSubject) || hasWildcard(deliverSubject)) throw apiError('snapshotDeliverSubjectInvalid');
  const chunkBytes = sizeWithin(request.chunk_size, CHUNK);
  return {
    deliverSubject,
    withConsumers: !request.no_consumers,
    chunkBytes,
    windowBytes: Math.max(sizeWithin(request.window_size, WINDOW), chunkBytes),
    checksMessages: request.jsck,
  };
}

function sizeWithin(asked: bigint, { usual, least, most }: typeof CHUNK): number {
  if (asked === 0n) return Number(usual);
  if (asked < least) return Number(least);
  return Number(asked > most ? most : asked);
}
