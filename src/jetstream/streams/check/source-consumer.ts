/** The consumer that a mirror or a source may name instead of having one made. */
import { hasWildcard, isValidSubject } from '../../../config/index.js';
import type { StreamSource } from '../../messages/stream-config.js';
import { isAssetName } from '../subjects.js';

/** Where to start and what to take is up to such a consumer, so the source says neither. */
export function isUsableConsumer(source: StreamSource): boolean {
  const { consumer } = source;
  if (consumer === undefined) return true;
  const { deliver_subject: deliver } = consumer;
  const isComplete = isAssetName(consumer.name) && isValidSubject(deliver) && !hasWildcard(deliver);
  const saysStart = source.opt_start_seq !== 0n || source.opt_start_time !== undefined;
  return isComplete && !saysStart && source.filter_subject === '';
}
