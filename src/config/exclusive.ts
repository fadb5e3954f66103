/** Which fields of a block exclude each other, asked by both ways of reading one. */

import type { BlockType, Exclusive, Fault } from './value-type.js';

/** A broken rule. `other`: the name of the field that must not stand beside another. */
export interface Clash extends Fault {
  readonly rule: Exclusive;
  readonly other: string;
}

/** The first rule that is broken; `valueNamed`: the value of a field by its name, undefined where it is not given. */
export function brokenExclusion({ exclusive }: BlockType, valueNamed: (name: string) => unknown): Clash | undefined {
  if (exclusive === undefined) return undefined;
  const given = (name: string) => valueNamed(name) !== undefined;
  for (const rule of exclusive) {
    const [one, others] = rule.fields;
    const other = one.some(given) ? others.find(given) : undefined;
    if (other === undefined) continue;
    const problem = typeof rule.problem === 'string' ? rule.problem : rule.problem(valueNamed(other));
    return { rule, other, problem, remedy: rule.remedy };
  }
  return undefined;
}
