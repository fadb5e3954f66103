/** The subjects that a stream captures. */
import { isSubset, isValidSubject, overlap, quote } from '../../../config/index.js';
import { apiError } from '../../errors/api-error.js';
import type { StreamConfig } from '../../messages/stream-config.js';
import { ALL_SUBJECTS } from '../subjects.js';
import { refuseIf } from './context.js';

/** Subjects that the server answers on. Advisories below them may be captured. */
const RESERVED = [
  { spaces: ['$JS.>', '$JSC.>', '$NRG.>'], allowed: '$JS.EVENT.>', whose: 'jetstream' },
  { spaces: ['$SYS.>'], allowed: '$SYS.ACCOUNT.>', whose: 'system' },
] as const;

export function checkSubjects(config: StreamConfig): StreamConfig {
  const { subjects, mirror, sources } = config;
  if (subjects.length === 0) {
    const isFed = mirror !== undefined || sources.length > 0;
    return isFed ? config : { ...config, subjects: [config.name] };
  }
  refuseIf(mirror !== undefined, apiError('mirrorWithSubjects'));
  for (const [at, subject] of subjects.entries()) {
    refuseIf(!isValidSubject(subject), 'invalid subject');
    checkReach(subject, config);
    const other = subjects.slice(at + 1).find((later) => overlap(later, subject));
    if (other !== undefined) refuseIf(true, `subject ${quote(subject)} overlaps with ${quote(other)}`);
  }
  return config;
}

/** Acknowledging what the server itself says would never end. */
function checkReach(subject: string, { no_ack: noAck, num_replicas: replicas }: StreamConfig): void {
  if (subject === ALL_SUBJECTS) {
    refuseIf(!noAck, 'capturing all subjects requires no-ack to be true');
    refuseIf(replicas !== 1n, 'capturing all subjects requires replicas of 1');
  }
  if (noAck) return;
  for (const { spaces, allowed, whose } of RESERVED) {
    const touches = spaces.some((space) => overlap(subject, space)) && !isSubset(subject, allowed);
    refuseIf(touches, `subjects that overlap with ${whose} api require no-ack to be true`);
  }
}
