/** Limits of the kernel: open files, and the queue of connections that wait to be accepted. */

import type { CheckInput } from '../check-input.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import type { Machine } from '../machine.js';

/** Descriptors of the process itself: event loops, listeners, log files, the addon. */
const OWN_DESCRIPTORS = 64;
/** The length of the accept queue that the listener asks the kernel for. */
const BACKLOG = 1024;

export function checkOpenFiles({ options, setNames }: CheckInput, machine: Machine): Finding[] {
  const check = 'open files';
  // Node raises the soft limit to the hard one when it starts, so the hard one counts.
  const limit = hardLimit(machine.read('/proc/self/limits'));
  if (limit === undefined) return [ok(check, `this platform (${machine.platform}) does not say its limit`)];
  if (options.maxConnections <= 0) return [ok(check, 'max_connections is 0: nobody may connect')];
  const wanted = options.maxConnections + OWN_DESCRIPTORS;
  if (limit >= wanted) return [ok(check, `up to ${limitText(limit)}, ${wanted} wanted`)];
  const message = `the limit is ${limit}, but max_connections is ${options.maxConnections}`;
  const todo = `Raise it to ${wanted} (LimitNOFILE= in systemd, --ulimit nofile= in a container) or lower max_connections to ${Math.max(1, limit - OWN_DESCRIPTORS)}.`;
  return [(setNames.has('max_connections') ? problem : warning)(check, message, todo)];
}

function hardLimit(limits: string | undefined): number | undefined {
  const match = /^Max open files\s+\S+\s+(\S+)/m.exec(limits ?? '');
  if (match === null) return undefined;
  return match[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(match[1]);
}

function limitText(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? 'any number' : String(limit);
}

export function checkBacklog(_input: CheckInput, machine: Machine): Finding[] {
  const check = 'accept queue';
  const text = machine.read('/proc/sys/net/core/somaxconn');
  if (text === undefined) return [];
  const most = Number(text.trim());
  if (most >= BACKLOG) return [ok(check, `net.core.somaxconn is ${most}`)];
  return [
    warning(
      check,
      `net.core.somaxconn is ${most}, so many clients that reconnect at once have to try again`,
      `Set it to ${BACKLOG} or more: sysctl -w net.core.somaxconn=${BACKLOG}.`,
    ),
  ];
}
