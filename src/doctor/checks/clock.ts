/** The clock: plausible, not behind the time of the configuration file, and synchronised. */

import { resolve } from 'node:path';
import type { CheckInput } from '../check-input.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import type { Machine } from '../machine.js';

const EARLIEST_MS = Date.parse('2025-01-01T00:00:00Z');
const LATEST_MS = Date.parse('2100-01-01T00:00:00Z');
const AHEAD_MS = 60_000;
const ADVICE = 'Set the clock and let chrony, systemd-timesyncd or the hypervisor keep it.';

export function checkClock({ file }: CheckInput, machine: Machine): Finding[] {
  const check = 'clock';
  const now = machine.nowMs();
  const shown = Number.isFinite(now) ? new Date(now).toISOString() : String(now);
  if (!(now >= EARLIEST_MS && now < LATEST_MS)) return [problem(check, `says ${shown}`, ADVICE)];
  const facts = file === undefined ? undefined : machine.stat(resolve(file));
  if (typeof facts === 'object' && facts.modifiedMs > now + AHEAD_MS) {
    const seconds = Math.round((facts.modifiedMs - now) / 1000);
    return [warning(check, `says ${shown}, but ${file} was written ${seconds} seconds later than that`, ADVICE)];
  }
  const synchronised = typeof machine.stat('/run/systemd/timesync/synchronized') === 'object';
  if (!synchronised && typeof machine.stat('/run/systemd/timesync') === 'object') {
    return [warning(check, `says ${shown}, and systemd-timesyncd has not synchronised it yet`, ADVICE)];
  }
  const keeper = synchronised
    ? 'kept by systemd-timesyncd'
    : typeof machine.stat('/run/chrony') === 'object'
      ? 'kept by chrony'
      : 'who keeps it can not be seen from here';
  return [ok(check, `says ${shown}, ${keeper}`)];
}
