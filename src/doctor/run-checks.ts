/** Runs all checks, in the order in which their findings are printed. */

import type { CheckInput } from './check-input.js';
import { checkClock } from './checks/clock.js';
import { checkConfigFile, checkFiles } from './checks/files.js';
import { checkBacklog, checkOpenFiles } from './checks/limits.js';
import { checkListeners } from './checks/listeners.js';
import { checkMemory } from './checks/memory.js';
import { checkNode } from './checks/node.js';
import { checkStorage } from './checks/storage.js';
import { checkTls } from './checks/tls.js';
import type { Finding } from './finding.js';
import type { Machine } from './machine.js';

type Check = (input: CheckInput, machine: Machine) => Finding[] | Promise<Finding[]>;

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

export async function runChecks(input: CheckInput, machine: Machine): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECKS) findings.push(...(await check(input, machine)));
  return findings;
}
