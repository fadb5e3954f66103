/** The Node that runs the broker. */

import type { CheckInput } from '../check-input.js';
import { type Finding, ok, problem } from '../finding.js';
import type { Machine } from '../machine.js';

const OLDEST_MAJOR = 20;

export function checkNode(_input: CheckInput, { nodeVersion }: Machine): Finding[] {
  const check = 'Node';
  if (Number.parseInt(nodeVersion, 10) >= OLDEST_MAJOR) return [ok(check, nodeVersion)];
  return [problem(check, `${nodeVersion} is too old`, `Install Node ${OLDEST_MAJOR} or later.`)];
}
