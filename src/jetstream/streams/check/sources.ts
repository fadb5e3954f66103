/** A stream that copies from others. */
import { isValidSubject } from '../../../config/index.js';
import { apiError } from '../../errors/api-error.js';
import type { StreamConfig, StreamSource } from '../../messages/stream-config.js';
import { ALL_SUBJECTS, isAssetName, isPartOf, sourceProblem, transformProblem } from '../subjects.js';
import { type Check, type Context, refuseIf } from './context.js';
import { isUsableConsumer } from './source-consumer.js';

export const checkSources: Check = (config, context) => {
  const { sources } = config;
  refuseIf(sources.length > 0 && config.allow_msg_schedules, apiError('sourceWithMsgSchedules'));
  const [known, consumers] = [new Set<string>(), new Set<string>()];
  for (const source of sources) {
    if (source === undefined || !isAssetName(source.name)) throw apiError('sourceInvalidStreamName');
    refuseIf(!isNew(known, sourceKey(source)), apiError('sourceDuplicateDetected'));
    checkFilters(source);
    refuseIf(!isUsableConsumer(source), apiError('sourceDurableConsumerCfgInvalid'));
    const isShared = source.consumer !== undefined && !isNew(consumers, consumerKey(source));
    refuseIf(isShared, apiError('sourceDurableConsumerDuplicateDetected'));
    checkOrigin(config, source, context);
  }
  return config;
};

function isNew(known: Set<string>, key: string): boolean {
  const before = known.size;
  return known.add(key).size > before;
}

/** What tells sources apart: where they come from, what is taken of it, and what becomes of that. */
export function sourceKey(source: StreamSource): string {
  const { filter_subject: filter, subject_transforms: transforms, consumer } = source;
  const taken = transforms.length === 0 ? [[filter || ALL_SUBJECTS, ALL_SUBJECTS]] : transforms.map(pair);
  return JSON.stringify([source.name, source.external?.api, consumer?.name, taken]);
}

function pair({ src, dest }: { src: string; dest: string }): [string, string] {
  return [src || ALL_SUBJECTS, dest || ALL_SUBJECTS];
}

function consumerKey({ name, external, consumer }: StreamSource): string {
  return JSON.stringify([name, external?.api, consumer?.name]);
}

function checkFilters({ filter_subject: filter, subject_transforms: transforms }: StreamSource): void {
  refuseIf(filter !== '' && transforms.length > 0, apiError('sourceMultipleFiltersNotAllowed'));
  for (const transform of transforms) {
    const source = sourceProblem(transform);
    if (source !== undefined) throw apiError('sourceInvalidSubjectFilter', { err: source });
    const destination = transformProblem(transform);
    if (destination !== undefined) throw apiError('sourceInvalidTransformDestination', { err: destination });
  }
  const overlaps = transforms.some((one) => transforms.some((other) => other !== one && isPartOf(one.src, other.src)));
  refuseIf(overlaps, apiError('sourceOverlappingSubjectFilters'));
}

/** The origin need not be there. */
function checkOrigin({ max_msg_size: size }: StreamConfig, source: StreamSource, { surroundings }: Context): void {
  if (source.external !== undefined) return;
  const wanted = surroundings.streams.find(source.name)?.max_msg_size ?? 0n;
  refuseIf(size > 0n && wanted > 0n && size < wanted, apiError('sourceMaxMessageSizeTooBig'));
}

/** Checked when the stream is made, after everything else about its configuration. */
export function sourceFilterProblem({ filter_subject: filter }: StreamSource): string | undefined {
  const isValid = filter === '' || isValidSubject(filter);
  return isValid ? undefined : `subject filter '${filter}' for the source: invalid subject`;
}
