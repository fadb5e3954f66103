/** All checks, in the order in which an operator would want to read about them. */

import { checkClock } from './checks/clock.js';
import { checkConfigFile, checkFiles } from './checks/files.js';
import { checkBacklog, checkOpenFiles } from './checks/limits.js';
import { checkListeners } from './checks/listeners.js';
import { checkMemory } from './checks/memory.js';
import { checkNode } from './checks/node.js';
import { checkStorage } from './checks/storage.js';
import { checkTls } from './checks/tls.js';
import type { Finding } from './finding.js';
import type { Patient } from './patient.js';
import type { Surroundings } from './surroundings.js';

type Check = (patient: Patient, machine: Surroundings) => Finding[] | Promise<Finding[]>;

const CHECKS: readonly Check[] = [
  checkConfigFile,
  checkListeners,
  checkOpenFiles,
  checkBacklog,
  checkMemory,
  checkFiles,
  checkStorage,
  checkTls,
  checkClock,
  checkNode,
];

export async function examine(patient: Patient, machine: Surroundings): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECKS) findings.push(...(await check(patient, machine)));
  return findings;
}
