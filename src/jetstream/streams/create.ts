/** Whether a stream can be made as asked for. Pure functions. */
import { apiError, invalidConfig } from '../errors/api-error.js';
import { STREAM_CONFIG, type StreamConfig, type StreamConfigRequest } from '../messages/stream-config.js';
import { checkStreamConfig } from './check/index.js';
import { mirrorFilterProblem } from './check/mirror.js';
import { sourceFilterProblem } from './check/sources.js';
import { checkNewStream, checkReservation } from './limits.js';
import { withLevelOf, withStoredMetadata } from './metadata.js';
import type { AccountStreams, Surroundings } from './surroundings.js';

export interface Creation {
  /** As it is kept: with everything filled in. */
  readonly config: StreamConfig;
  /** The stream is there already, and has this configuration. */
  readonly exists: boolean;
}

/** Decides about STREAM.CREATE for the stream `name`. Throws an `ApiError`; the order of the checks is the reference's. */
export function createStream(name: string, request: StreamConfigRequest, surroundings: Surroundings): Creation {
  const { pedantic, ...asked } = request;
  const config = withStoredMetadata(asked);
  checkRequest(name, config);
  checkNewStream(config, surroundings);
  const checked = checkStreamConfig(config, { surroundings, pedantic });
  checkReplicas(checked);
  const existing = surroundings.streams.find(name);
  if (existing !== undefined) {
    if (!isSameStream(checked, existing)) throw apiError('streamNameExist');
    return { config: existing, exists: true };
  }
  checkReservation(checked, surroundings);
  checkOrigins(checked);
  checkOverlap(checked, surroundings.streams);
  return { config: checked, exists: false };
}

function checkRequest(name: string, config: StreamConfig): void {
  if (name !== config.name) throw apiError('streamMismatch');
  if (/[\\/]/.test(name)) throw apiError('streamNameContainsPathSeparators');
  if (config.sealed) throw invalidConfig('stream configuration for create can not be sealed');
  if (config.mirror_direct && config.mirror === undefined) {
    throw invalidConfig('stream has no mirror but does have mirror direct');
  }
}

/** A server on its own has one replica of everything. */
export function checkReplicas({ num_replicas: replicas }: StreamConfig): void {
  if (replicas > 1n) throw apiError('streamReplicasNotSupported');
}

/** Whether a configuration says what the stream has already; what the server adds to it does not count. */
export function isSameStream(config: StreamConfig, existing: StreamConfig): boolean {
  return STREAM_CONFIG.write(withLevelOf(config, existing)) === STREAM_CONFIG.write(existing);
}

function checkOrigins({ mirror, sources }: StreamConfig): void {
  const mirrorProblem = mirror && mirrorFilterProblem(mirror);
  if (mirrorProblem !== undefined) throw apiError('streamCreate', { err: mirrorProblem });
  for (const source of sources) {
    const problem = source && sourceFilterProblem(source);
    if (problem !== undefined) throw apiError('streamCreate', { err: problem });
  }
}

/** A subject belongs to one stream of the account. */
export function checkOverlap({ name, subjects }: StreamConfig, streams: AccountStreams): void {
  if (streams.isTaken(subjects, name)) throw apiError('streamSubjectOverlap');
}
