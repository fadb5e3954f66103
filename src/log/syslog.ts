/**
 * The log as syslog messages, local or remote, in the form of nats-server.
 *
 * As there, a local syslog gets the facility `daemon` and a remote one `kern`, which existing filters expect. Messages to
 * local sockets have no host name and a time without a zone.
 */
import { hostname } from 'node:os';
import { basename } from 'node:path';
import type { LogEntry, LogLevel } from './entry.js';
import { formatJson, rfc3339 } from './format.js';
import type { LogOutput } from './output.js';
import { syslogTransport } from './transport.js';
import { LogWriter } from './writer.js';

/** The local or remote syslog can't be used. */
export class SyslogError extends Error {
  override readonly name = 'SyslogError';
  readonly code = 'SYSLOG';
}

export interface SyslogAddress {
  network: 'udp' | 'tcp' | 'unix';
  /** `host:port`, or a path. Of several the first that answers is used. */
  addresses: string[];
  facility: number;
}

const KERN = 0;
const DAEMON = 3;

const SEVERITIES: Record<LogLevel, number> = { FTL: 2, ERR: 3, WRN: 4, INF: 5, TRC: 5, DBG: 7 };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export const LOCAL_SYSLOG: SyslogAddress = {
  network: 'unix',
  addresses: ['/dev/log', '/var/run/syslog', '/var/run/log'],
  facility: DAEMON,
};

/** Reads `udp://host:port`, `tcp://host:port`, `unix:///path`. Throws a `SyslogError`. */
export function parseSyslogAddress(text: string): SyslogAddress {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(\/.*)?$/i.exec(text.trim());
  const network = match?.[1]?.toLowerCase();
  const example = 'use udp://host:514, tcp://host:514 or unix:///path';
  if (network === 'unix') {
    const path = match?.[3];
    if (!path) throw new SyslogError(`remote_syslog "${text}" names no socket: ${example}`);
    return { network, addresses: [path], facility: KERN };
  }
  if (network !== 'udp' && network !== 'tcp') {
    throw new SyslogError(`error invalid network type: "${network ?? ''}": ${example}`);
  }
  if (!/:\d{1,5}$/.test(match?.[2] ?? '')) throw new SyslogError(`remote_syslog "${text}" has no port: ${example}`);
  return { network, addresses: [match?.[2] as string], facility: KERN };
}

/** Throws a `SyslogError`. */
export function openSyslog(address: SyslogAddress, json: boolean): LogOutput {
  const transport = connect(address);
  const message = (entry: LogEntry) => syslogMessage(entry, address, json);
  const writer = new LogWriter(transport, (text) => message({ level: 'WRN', text, timeMs: Date.now() }));
  return {
    write: (entry) => writer.push(message(entry)),
    reopen: () => false,
    flush: () => writer.flush(),
    close: () => writer.close(),
  };
}

function connect({ network, addresses }: SyslogAddress) {
  try {
    return syslogTransport(network, addresses);
  } catch (error) {
    const { message } = error as Error;
    const where = addresses.length > 1 ? '' : `dial ${network} ${addresses[0]}: connect: `;
    throw new SyslogError(
      `error connecting to syslog: ${JSON.stringify(where + message.charAt(0).toLowerCase() + message.slice(1))}: ` +
        `start a syslog at ${addresses.join(' or ')}, or use log_file`,
      { cause: error },
    );
  }
}

/** `<5>2026-11-21T07:26:04Z host nats-server[27062]: text` */
export function syslogMessage(entry: LogEntry, { network, facility }: SyslogAddress, json: boolean): string {
  const priority = facility * 8 + SEVERITIES[entry.level];
  const from =
    network === 'unix'
      ? localTime(entry.timeMs)
      : `${rfc3339(entry.timeMs, false, false)} ${hostname() || 'localhost'}`;
  const text = json ? formatJson(entry, { pid: process.pid, time: true, utc: true, json }) : entry.text;
  return `<${priority}>${from} ${tag()}[${process.pid}]: ${text}\n`;
}

/** The name of the program that was started. */
function tag(): string {
  return basename(process.argv[1] ?? '').replace(/\.[cm]?[jt]s$/, '') || 'nats-turbo';
}

/** `Nov  1 07:26:05` */
function localTime(timeMs: number): string {
  const d = new Date(timeMs);
  const clock = [d.getHours(), d.getMinutes(), d.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
  return `${MONTHS[d.getMonth()]} ${String(d.getDate()).padStart(2)} ${clock}`;
}
