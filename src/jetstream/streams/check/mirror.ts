/** A stream that mirrors another one. */
import { isValidSubject, overlap } from '../../../config/index.js';
import { type ApiError, type ApiErrorName, apiError } from '../../errors/api-error.js';
import type { StreamConfig, StreamSource } from '../../messages/stream-config.js';
import { isAssetName, sourceProblem, transformProblem } from '../subjects.js';
import { type Check, type Context, refuseIf, refusePedantically } from './context.js';
import { isUsableConsumer } from './source-consumer.js';

type Excluded = readonly [(config: StreamConfig) => boolean, Extract<ApiErrorName, `mirrorWith${string}`>];

/** What a mirror has from its origin, or can't have. */
const EXCLUDED: readonly Excluded[] = [
  [({ first_seq }) => first_seq > 0n, 'mirrorWithFirstSeq'],
  [({ subjects }) => subjects.length > 0, 'mirrorWithSubjects'],
  [({ sources }) => sources.length > 0, 'mirrorWithSources'],
  [({ allow_msg_counter }) => allow_msg_counter, 'mirrorWithCounters'],
  [({ allow_atomic }) => allow_atomic, 'mirrorWithAtomicPublish'],
  [({ allow_batched }) => allow_batched, 'mirrorWithBatchPublish'],
  [({ allow_msg_schedules }) => allow_msg_schedules, 'mirrorWithMsgSchedules'],
];

export const checkMirror: Check = (config, context) => {
  const { mirror } = config;
  if (mirror === undefined) return config;
  for (const [has, error] of EXCLUDED) refuseIf(has(config), apiError(error));
  refuseIf(!isUsableConsumer(mirror), apiError('mirrorDurableConsumerCfgInvalid'));
  const { filter_subject: filter, subject_transforms: transforms } = mirror;
  refuseIf(filter !== '' && transforms.length > 0, apiError('mirrorMultipleFiltersNotAllowed'));
  // They would use up sequences that the origin gives to other messages.
  refuseIf(config.subject_delete_marker_ttl > 0n, 'subject delete markers forbidden on mirrors');
  checkTransforms(mirror);
  return mirror.external === undefined ? withOrigin(config, mirror, context) : config;
};

function checkTransforms({ subject_transforms: transforms }: StreamSource): void {
  for (const transform of transforms) {
    refuseWith(sourceProblem(transform), (err) => apiError('mirrorInvalidSubjectFilter', { err }));
    refuseWith(transformProblem(transform), (err) => apiError('mirrorInvalidTransformDestination', { err }));
    const overlaps = transforms.some((other) => other !== transform && overlap(transform.src, other.src));
    refuseIf(overlaps, apiError('mirrorOverlappingSubjectFilters'));
  }
}

function refuseWith(problem: string | undefined, error: (problem: string) => ApiError): void {
  if (problem !== undefined) throw error(problem);
}

/** The origin need not be there; where it is, direct gets are answered if it answers them. */
function withOrigin(config: StreamConfig, mirror: StreamSource, context: Context): StreamConfig {
  refuseIf(!isAssetName(mirror.name), apiError('mirrorInvalidStreamName'));
  const origin = context.surroundings.streams.find(mirror.name);
  if (origin === undefined) return config;
  const [size, wanted] = [config.max_msg_size, origin.max_msg_size];
  refuseIf(size > 0n && wanted > 0n && size < wanted, apiError('mirrorMaxMessageSizeTooBig'));
  if (config.mirror_direct !== origin.allow_direct) {
    refusePedantically(context, 'origin stream has direct get set, mirror has it disabled');
  }
  return { ...config, mirror_direct: origin.allow_direct };
}

/** Checked when the stream is made, after everything else about its configuration. */
export function mirrorFilterProblem({ filter_subject: filter }: StreamSource): string | undefined {
  const isValid = filter === '' || isValidSubject(filter);
  return isValid ? undefined : `subject filter '${filter}' for the mirror invalid subject`;
}
