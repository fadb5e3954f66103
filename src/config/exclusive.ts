/** Which fields of a block exclude each other, asked by both ways of reading one. */

import type { BlockType, Exclusive } from './value-type.js';

/** The first rule that is broken; `given` says whether a field has a value, by its name. */
export function brokenExclusion(
  { exclusive = [] }: BlockType,
  given: (name: string) => boolean,
): Exclusive | undefined {
  return exclusive.find(({ fields: [one, other] }) => one.some(given) && other.some(given));
}
