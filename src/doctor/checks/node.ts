/** The Node that runs the broker. */

import { type Finding, ok, problem } from '../finding.js';
import type { Patient } from '../patient.js';
import type { Surroundings } from '../surroundings.js';

const OLDEST_MAJOR = 20;

export function checkNode(_patient: Patient, { nodeVersion }: Surroundings): Finding[] {
  const check = 'Node';
  if (Number.parseInt(nodeVersion, 10) >= OLDEST_MAJOR) return [ok(check, nodeVersion)];
  return [problem(check, `${nodeVersion} is too old`, `Install Node ${OLDEST_MAJOR} or later.`)];
}
