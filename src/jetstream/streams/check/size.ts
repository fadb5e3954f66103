/**
 * Configurations whose subjects would take too long to compare: a request must not keep the main thread busy for seconds.
 * The reference has no such limits; nothing that people use comes near them.
 */
import { hasWildcard } from '../../../config/index.js';
import type { StreamConfig } from '../../messages/stream-config.js';
import { refuseIf } from './context.js';

/** A subject with wildcards may be compared with each of the others; the index makes the rest cheap. */
const SUBJECT_PAIRS_MAX = 20_000_000;
/** Each with each other one of its source. */
const TRANSFORM_PAIRS_MAX = 1_000_000;

/** Placeholders are searched for from each place of a destination. */
const DESTINATION_PAIRS_MAX = 50_000_000;

export function checkSize(config: StreamConfig): StreamConfig {
  const { subjects, mirror, sources, subject_transform: transform, republish } = config;
  const wildcards = subjects.filter(hasWildcard).length;
  refuseIf(wildcards * subjects.length > SUBJECT_PAIRS_MAX, 'stream has too many subjects with wildcards');
  const transforms = [mirror, ...sources].map((source) => source?.subject_transforms ?? []);
  const pairs = transforms.reduce((sum, { length }) => sum + length ** 2, 0);
  refuseIf(pairs > TRANSFORM_PAIRS_MAX, 'stream has too many subject transforms');
  const all = [...transforms.flat(), transform, republish];
  const places = all.reduce((sum, one) => sum + (one?.dest.length ?? 0) ** 2, 0);
  refuseIf(places > DESTINATION_PAIRS_MAX, 'stream has too long subject transforms');
  return config;
}
