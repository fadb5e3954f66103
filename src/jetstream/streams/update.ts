/** Whether a stream can be changed as asked for. Pure functions. */
import { isDeepStrictEqual } from 'node:util';
import { apiError, invalidConfig } from '../errors/api-error.js';
import type { StreamConfig, StreamConfigRequest } from '../messages/stream-config.js';
import { checkStreamConfig } from './check/index.js';
import { checkOverlap, checkReplicas } from './create.js';
import { checkChangedReservation } from './limits.js';
import { withStoredMetadata } from './metadata.js';
import { ALL_SUBJECTS, transformProblem } from './subjects.js';
import type { Surroundings } from './surroundings.js';

type Rule = readonly [breaks: (config: StreamConfig, old: StreamConfig) => boolean, problem: string];

const UPDATE = 'stream configuration update can not';

/** What stays as it is, and what can be switched in one direction only; a changed mirror has an error of its own. */
const BEFORE_MIRROR: readonly Rule[] = [
  [(config, old) => config.storage !== old.storage, `${UPDATE} change storage type`],
  [changesWorkQueue, `${UPDATE} change retention policy to/from workqueue`],
  [(config, old) => old.sealed && !config.sealed, `${UPDATE} unseal a sealed stream`],
  [(config, old) => old.deny_delete && !config.deny_delete, `${UPDATE} cancel deny message deletes`],
  [(config, old) => old.deny_purge && !config.deny_purge, `${UPDATE} cancel deny purge`],
];
const AFTER_MIRROR: readonly Rule[] = [
  [(config, old) => old.allow_msg_ttl && !config.allow_msg_ttl, 'message TTL status can not be disabled'],
  [(config, old) => config.allow_msg_counter !== old.allow_msg_counter, `${UPDATE} change message counter setting`],
  [(config, old) => old.allow_msg_schedules && !config.allow_msg_schedules, 'message schedules can not be disabled'],
  [(config, old) => config.persist_mode !== old.persist_mode, `${UPDATE} change persist mode`],
];

/** Decides about STREAM.UPDATE for the stream `name`, and returns the configuration it gets. Throws an `ApiError`. */
export function updateStream(name: string, request: StreamConfigRequest, surroundings: Surroundings): StreamConfig {
  const { pedantic, ...asked } = request;
  const context = { surroundings, pedantic };
  const first = checkStreamConfig(asked, context);
  if (name !== first.name) throw apiError('streamMismatch');
  const old = surroundings.streams.find(name);
  if (old === undefined) throw apiError('streamNotFound');
  // Again, with the metadata that will be kept: it has to fit as well.
  const checked = checkStreamConfig(withStoredMetadata(first), context);
  checkReplicas(checked);
  checkRules(BEFORE_MIRROR, checked, old);
  checkMirrorStays(checked, old);
  checkRules(AFTER_MIRROR, checked, old);
  const config = checked.sealed ? sealed(checked) : checked;
  checkChangedReservation(old, config, surroundings);
  checkConsumers(config, old, surroundings);
  checkOverlap(config, surroundings.streams);
  return republished(config);
}

function checkRules(rules: readonly Rule[], config: StreamConfig, old: StreamConfig): void {
  for (const [breaks, problem] of rules) if (breaks(config, old)) throw invalidConfig(problem);
}

function changesWorkQueue({ retention }: StreamConfig, old: StreamConfig): boolean {
  return retention !== old.retention && (retention === 'workqueue' || old.retention === 'workqueue');
}

/** A mirror may be removed: the stream goes on without its origin. */
function checkMirrorStays({ mirror }: StreamConfig, old: StreamConfig): void {
  const stays = mirror === undefined || isDeepStrictEqual(mirror, old.mirror);
  if (!stays) throw apiError('streamMirrorNotUpdatable');
}

/** Nothing comes in any more, and nothing goes. */
function sealed(config: StreamConfig): StreamConfig {
  return { ...config, max_age: 0n, discard: 'new', deny_delete: true, deny_purge: true, allow_rollup_hdrs: false };
}

/** Other than when a stream is made, republishing without a destination is republishing under the same subject. */
function republished(config: StreamConfig): StreamConfig {
  if (config.republish?.dest !== '') return config;
  const republish = { ...config.republish, dest: ALL_SUBJECTS };
  const problem = transformProblem(republish);
  if (problem === undefined) return { ...config, republish };
  const { src, dest } = republish;
  throw apiError('streamUpdate', { err: `stream configuration for republish from '${src}' to '${dest}': ${problem}` });
}

/** Limits of consumers apply to those that are there. */
function checkConsumers(
  { name, consumer_limits: limits }: StreamConfig,
  old: StreamConfig,
  surroundings: Surroundings,
): void {
  const { inactive_threshold: threshold, max_ack_pending: pending } = limits;
  const before = old.consumer_limits;
  const isNew = (limit: bigint, previous: bigint) => limit > 0n && limit !== previous;
  if (!isNew(threshold, before.inactive_threshold) && !isNew(pending, before.max_ack_pending)) return;
  const violating = [...surroundings.consumersOf(name)].filter(({ inactiveThreshold, maxAckPending }) => {
    return (threshold > 0n && inactiveThreshold > threshold) || (pending > 0n && maxAckPending > pending);
  });
  if (violating.length === 0) return;
  const names = violating.map((consumer) => consumer.name).join(', ');
  throw apiError('streamUpdate', { err: `change to limits violates consumers: ${names}` });
}
