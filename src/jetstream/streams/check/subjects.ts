/** The subjects that a stream captures. */
import { isSubset, isValidSubject, overlap, quote } from '../../../config/index.js';
import { apiError, invalidConfig } from '../../errors/api-error.js';
import type { StreamConfig } from '../../messages/stream-config.js';
import { SubjectIndex } from '../subject-index.js';
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
  const index = new SubjectIndex();
  for (const [at, subject] of subjects.entries()) index.add(subject, String(at));
  for (const [at, subject] of subjects.entries()) {
    refuseIf(!isValidSubject(subject), 'invalid subject');
    checkReach(subject, config);
    checkOthers(at, subjects, index);
  }
  return config;
}

/** Those before have been compared already. */
function checkOthers(at: number, subjects: readonly string[], index: SubjectIndex): void {
  const subject = subjects[at] as string;
  const others = [...index.overlapping(subject)].map(Number).filter((other) => other !== at);
  if (others.length === 0) return;
  const first = others.reduce((least, other) => Math.min(least, other));
  throw invalidConfig(`subject ${quote(subject)} overlaps with ${quote(subjects[first] as string)}`);
}

/** Acknowledging what the server itself says would never end. */
function checkReach(subject: string, { no_ack: noAck, num_replicas: replicas }: StreamConfig): void {
  if (subject === ALL_SUBJECTS) {
    refuseIf(!noAck, 'capturing all subjects requires no-ack to be true');
    refuseIf(replicas !== 1n, 'capturing all subjects requires replicas of 1');
  }
  if (noAck || !/^[$*>]/.test(subject)) return;
  for (const { spaces, allowed, whose } of RESERVED) {
    const touches = spaces.some((space) => overlap(subject, space)) && !isSubset(subject, allowed);
    refuseIf(touches, `subjects that overlap with ${whose} api require no-ack to be true`);
  }
}
