/** Features that exclude each other, or that need others: these are switched on. */
import { invalidConfig } from '../../errors/api-error.js';
import type { StreamConfig } from '../../messages/stream-config.js';
import { type Check, type Context, refuseIf } from './context.js';

const SECOND = 1_000_000_000n;

export const checkFeatures: Check = (config, context) => {
  refuseIf(config.deny_purge && config.allow_rollup_hdrs, 'roll-ups require the purge permission');
  if (config.allow_msg_counter) checkCounter(config);
  if (config.discard_new_per_subject) checkDiscardPerSubject(config);
  const result = withSchedules(withDeleteMarkers(config, context), context);
  if (result.persist_mode === 'async') checkAsync(result);
  return result;
};

function checkCounter(config: StreamConfig): void {
  refuseIf(config.discard === 'new', 'counter stream cannot use discard new');
  refuseIf(config.allow_msg_ttl, 'counter stream cannot use message TTLs');
  refuseIf(config.allow_msg_schedules, 'counter stream cannot use message schedules');
  refuseIf(config.retention !== 'limits', 'counter stream can only use limits retention');
}

function checkDiscardPerSubject(config: StreamConfig): void {
  refuseIf(config.discard !== 'new', 'discard new per subject requires discard new policy to be set');
  refuseIf(config.max_msgs_per_subject <= 0n, 'discard new per subject requires max msgs per subject > 0');
}

/** Markers are messages with a time to live that replace the ones before them. */
function withDeleteMarkers(config: StreamConfig, context: Context): StreamConfig {
  const ttl = config.subject_delete_marker_ttl;
  refuseIf(ttl < 0n, 'subject delete marker TTL must not be negative');
  if (ttl === 0n) return config;
  refuseIf(ttl < SECOND, 'subject delete marker TTL must be at least 1 second');
  if (!config.allow_msg_ttl) {
    mustBeOn(context, 'subject delete marker cannot be set if message TTLs are disabled');
  }
  return withRollups(
    { ...config, allow_msg_ttl: true },
    context,
    'subject delete marker cannot be set if roll-ups are disabled',
  );
}

function withSchedules(config: StreamConfig, context: Context): StreamConfig {
  if (!config.allow_msg_schedules) return config;
  refuseIf(config.discard === 'new', 'message scheduling cannot use discard new');
  return withRollups(config, context, 'message scheduling cannot be set if roll-ups are disabled');
}

function withRollups(config: StreamConfig, context: Context, problem: string): StreamConfig {
  if (config.allow_rollup_hdrs) return config;
  mustBeOn(context, problem);
  return { ...config, allow_rollup_hdrs: true, deny_purge: false };
}

/** Unlike other adjustments, these are told as a wrong configuration. */
function mustBeOn({ pedantic }: Context, problem: string): void {
  if (pedantic) throw invalidConfig(problem);
}

function checkAsync(config: StreamConfig): void {
  refuseIf(config.storage !== 'file', 'async persist mode is only supported on file storage');
  refuseIf(config.num_replicas > 1n, 'async persist mode is not supported on replicated streams');
  refuseIf(config.allow_atomic, 'async persist mode is not supported with atomic batch publish');
}
