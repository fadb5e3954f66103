/** Replicas, limits, ages and the window for finding duplicates. */
import { goDuration } from '../../../http/go-format.js';
import { apiError } from '../../errors/api-error.js';
import type { StreamConfig } from '../../messages/stream-config.js';
import { type Check, type Context, refuseIf, refusePedantically } from './context.js';

const REPLICAS_MAX = 5;
const SHORTEST = 100_000_000n;
const DEFAULT_WINDOW = 120_000_000_000n;
/** In the order in which they are judged. */
const UNLIMITED_AT_ZERO = ['max_msgs', 'max_msgs_per_subject', 'max_bytes', 'max_msg_size', 'max_consumers'] as const;

export const checkNumbers: Check = (config, context) => {
  const counted = withLimits(withReplicas({ ...config, storage: config.storage || 'file' }), context);
  const { max_age: age } = counted;
  refuseIf(age < 0n, 'max age can not be negative');
  refuseIf(age !== 0n && age < SHORTEST, 'max age needs to be >= 100ms');
  const result = withWindow(counted, context);
  checkWindow(result, context);
  return result;
};

function withReplicas(config: StreamConfig): StreamConfig {
  const replicas = config.num_replicas === 0n ? 1n : config.num_replicas;
  refuseIf(replicas > REPLICAS_MAX, `maximum replicas is ${REPLICAS_MAX}`);
  refuseIf(replicas < 0n, apiError('replicasCountCannotBeNegative'));
  return { ...config, num_replicas: replicas };
}

function withLimits(config: StreamConfig, context: Context): StreamConfig {
  const adjusted = { ...config };
  for (const name of UNLIMITED_AT_ZERO) {
    if (adjusted[name] < -1n) refusePedantically(context, `${name} must be set to -1`);
    if (adjusted[name] <= 0n) adjusted[name] = -1n;
  }
  return adjusted;
}

/** A stream that stores what others have found unique already looks for no duplicates unless told to. */
function withWindow(config: StreamConfig, context: Context): StreamConfig {
  const { duplicate_window: given, mirror, sources, max_age: age } = config;
  if (given !== 0n || mirror !== undefined || sources.length > 0) return config;
  const limit = context.surroundings.duplicateWindowMax;
  const isLimited = limit > 0n && limit < DEFAULT_WINDOW;
  if (isLimited) refusePedantically(context, 'duplicate window limits are higher than current limits');
  const window = isLimited ? limit : DEFAULT_WINDOW;
  if (age === 0n || age >= window) return { ...config, duplicate_window: window };
  refusePedantically(context, 'duplicate window cannot be bigger than max age');
  return { ...config, duplicate_window: age };
}

function checkWindow({ duplicate_window: window, max_age: age }: StreamConfig, { surroundings }: Context): void {
  const limit = surroundings.duplicateWindowMax;
  refuseIf(window < 0n, 'duplicates window can not be negative');
  refuseIf(age !== 0n && window > age, 'duplicates window can not be larger then max age');
  const limitText = goDuration(Number(limit));
  refuseIf(limit > 0n && window > limit, `duplicates window can not be larger then server limit of ${limitText}`);
  refuseIf(window > 0n && window < SHORTEST, 'duplicates window needs to be >= 100ms');
}
