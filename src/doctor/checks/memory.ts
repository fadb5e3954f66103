/** Memory: the limit of the container or machine, compared with what the configuration allows one client to use. */

import { dirname, join } from 'node:path/posix';
import type { CheckInput } from '../check-input.js';
import { bytesText, type Finding, ok, problem, warning } from '../finding.js';
import type { Machine } from '../machine.js';

const MIB = 1024 * 1024;
/** Without a limit, what the nine digits of a size on the wire allow. */
const LARGEST_MESSAGE = 999_999_999;
/** Node, the read buffers of the event loops and some reserve. */
const LEAST_BYTES = 128 * MIB;
/** One client may use at most this fraction (1 / SHARE) of the memory without a warning. */
const SHARE = 4;
/** Kernels write "no limit" as a number about this big. */
const UNLIMITED_FROM = 2 ** 60;

export function checkMemory({ options }: CheckInput, machine: Machine): Finding[] {
  const check = 'memory';
  const limit = containerLimit(machine);
  const bytes = Math.min(limit ?? Number.POSITIVE_INFINITY, machine.totalMemoryBytes);
  const whose = limit !== undefined && limit <= machine.totalMemoryBytes ? 'the container limit' : 'this machine has';
  const shown = `${whose} ${bytesText(bytes)}`;
  if (bytes < LEAST_BYTES) {
    return [problem(check, `${shown}: too little to start`, `Give it ${bytesText(2 * LEAST_BYTES)} or more.`)];
  }
  const findings: Finding[] = [];
  for (const [name, value] of [
    ['max_pending', options.maxPending],
    ['max_payload', options.maxPayload < 0 ? LARGEST_MESSAGE : options.maxPayload],
  ] as const) {
    if (value * SHARE <= bytes) continue;
    const message = `${shown}, and max_pending lets a single slow client hold ${bytesText(value)} of it`;
    const large = `${shown}, and a single message of max_payload may take ${bytesText(value)} of it`;
    const todo = `Lower ${name} to ${bytesText(bytes / SHARE)} or less, or raise the memory limit.`;
    findings.push(warning(check, name === 'max_pending' ? message : large, todo));
  }
  return findings.length > 0 ? findings : [ok(check, shown)];
}

/** The lowest limit of the control groups this process is in, of either version. */
function containerLimit(machine: Machine): number | undefined {
  const groups = machine.read('/proc/self/cgroup') ?? '';
  const limits: number[] = [];
  for (const line of groups.split('\n')) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    const [, controllers = '', path = ''] = match;
    if (controllers === '') limits.push(...limitsUp('/sys/fs/cgroup', path, 'memory.max', machine));
    else if (controllers.split(',').includes('memory')) {
      limits.push(...limitsUp('/sys/fs/cgroup/memory', path, 'memory.limit_in_bytes', machine));
    }
  }
  const real = limits.filter((limit) => limit > 0 && limit < UNLIMITED_FROM);
  return real.length > 0 ? Math.min(...real) : undefined;
}

/** A group is bound by its parents' limits as well. */
function limitsUp(mount: string, path: string, file: string, machine: Machine): number[] {
  const limits: number[] = [];
  for (let at = join('/', path); ; at = dirname(at)) {
    const text = machine.read(join(mount, at, file))?.trim();
    if (text !== undefined && /^\d+$/.test(text)) limits.push(Number(text));
    if (at === '/') return limits;
  }
}
