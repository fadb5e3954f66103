/** How subjects, filters and transforms of streams are judged; the rules are those of accounts (src/config). */
import { destinationProblem, isSubset, isValidSubject } from '../../config/index.js';
import type { SubjectTransform } from '../messages/stream-config.js';

export const ALL_SUBJECTS = '>';

/** Neither empty nor with a character that has a meaning in subjects or paths. */
export function isAssetName(name: string): boolean {
  return name !== '' && !/[ \t\r\n\f.*>\\/]/.test(name);
}

/** Whether a filter lets nothing through that the other one does not. An empty one is a part of `>` only. */
export function isPartOf(filter: string, other: string): boolean {
  return other !== '' && isSubset(filter, other);
}

/** What is wrong with the source of a transform; without one it takes all subjects. */
export function sourceProblem({ src }: SubjectTransform): string | undefined {
  return src === '' || isValidSubject(src) ? undefined : `invalid subject ${src}`;
}

/** What is wrong with a transform; without a destination it changes nothing. */
export function transformProblem({ src, dest }: SubjectTransform): string | undefined {
  return dest === '' ? undefined : destinationProblem(src === '' ? ALL_SUBJECTS : src, dest);
}
