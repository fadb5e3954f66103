/** The addresses to listen on: they resolve, are free, may be bound, and lie outside the range of outgoing ports. */

import type { CheckInput } from '../check-input.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import type { Machine } from '../machine.js';

interface Listener {
  /** The option that configures it. */
  option: string;
  /** What it serves, for messages. */
  for: string;
  host: string;
  /** 0: any free port. */
  port: number;
}

export async function checkListeners(input: CheckInput, machine: Machine): Promise<Finding[]> {
  const { options } = input;
  const listeners: Listener[] = [];
  if (!options.dontListen) listeners.push({ option: 'port', for: 'clients', host: options.host, port: options.port });
  const { http, profPort, host } = options;
  if (http) listeners.push({ option: 'http', for: 'monitoring', host: http.host, port: http.port });
  if (profPort !== 0) listeners.push({ option: 'prof_port', for: 'profiles', host, port: Math.max(0, profPort) });
  const findings: Finding[] = [...collisions(listeners)];
  for (const listener of listeners) {
    findings.push(await checkBind(listener, input, machine), ...checkEphemeral(listener, machine));
  }
  return findings;
}

function collisions(listeners: readonly Listener[]): Finding[] {
  const pairs = listeners.flatMap((one, at) => listeners.slice(at + 1).map((other) => [one, other] as const));
  return pairs.filter(collide).map(([one, other]) => {
    const message = `${one.for} and ${other.for} are both to listen on port ${one.port}`;
    const name = other.option === 'http' ? 'http_port' : other.option;
    return problem('listeners', message, `Give ${name} another port than ${one.option}.`);
  });
}

function collide([one, other]: readonly [Listener, Listener]): boolean {
  if (one.port === 0 || one.port !== other.port) return false;
  const wild = (host: string) => host === '0.0.0.0' || host === '::';
  return one.host === other.host || wild(one.host) || wild(other.host);
}

async function checkBind(listener: Listener, input: CheckInput, machine: Machine): Promise<Finding> {
  const { host, port, option } = listener;
  const address = `${host.includes(':') ? `[${host}]` : host}:${port === 0 ? 'any' : port}`;
  const check = `listener ${address} (${option})`;
  const addresses = await machine.resolve(host);
  if (typeof addresses === 'string') {
    return problem(
      check,
      `the host ${host} is not known (${addresses})`,
      'Correct the name, or add it to DNS or /etc/hosts.',
    );
  }
  const failure = await machine.tryBind(host, port);
  switch (failure) {
    case undefined:
      return ok(check, 'free, and this user may listen there');
    case 'EADDRINUSE':
      return inUse(check, input, machine);
    case 'EACCES': {
      const first = Number(machine.read('/proc/sys/net/ipv4/ip_unprivileged_port_start') ?? 1024);
      return problem(
        check,
        `this user may not listen below port ${first}`,
        'Use a higher port, or give the service CAP_NET_BIND_SERVICE (AmbientCapabilities= in systemd).',
      );
    }
    case 'EADDRNOTAVAIL':
      return problem(
        check,
        `this machine has no address ${host}`,
        'Use an address of this machine, or 0.0.0.0 for all of them.',
      );
    case 'EAFNOSUPPORT':
      return problem(check, `this machine does not speak the protocol of ${host}`, 'Use an IPv4 address.');
    default:
      return problem(check, `listening fails (${failure})`, 'Choose another host or port.');
  }
}

/** A port in use is only a warning when the pid file names a running process: it may be this broker. */
function inUse(check: string, { options }: CheckInput, machine: Machine): Finding {
  const pid = Number(options.pidFile ? (machine.read(options.pidFile) ?? '').trim() : Number.NaN);
  if (Number.isSafeInteger(pid) && pid > 0 && machine.isAlive(pid)) {
    const message = `in use, and the process ${pid} named in the pid file is running`;
    return warning(check, message, 'Nothing, if that is this broker; else stop that process first.');
  }
  return problem(
    check,
    'another process listens there already',
    'Find it with `ss -ltnp` and stop it, or use another port.',
  );
}

function checkEphemeral({ port, option }: Listener, machine: Machine): Finding[] {
  const range = /^(\d+)\s+(\d+)/.exec(machine.read('/proc/sys/net/ipv4/ip_local_port_range') ?? '');
  if (range === null || port === 0) return [];
  const [low, high] = [Number(range[1]), Number(range[2])];
  if (port < low || port > high || reserved(port, machine)) return [];
  return [
    warning(
      `port ${port} (${option})`,
      `lies in the range ${low}-${high} of outgoing connections, any of which may take it before a start`,
      `Use a port below ${low}, or reserve it: sysctl -w net.ipv4.ip_local_reserved_ports=${port}.`,
    ),
  ];
}

function reserved(port: number, machine: Machine): boolean {
  const text = machine.read('/proc/sys/net/ipv4/ip_local_reserved_ports') ?? '';
  return text
    .trim()
    .split(',')
    .some((part) => {
      const [from, to] = part.split('-').map(Number);
      return from !== undefined && port >= from && port <= (to ?? from);
    });
}
