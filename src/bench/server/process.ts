/**
 * Finds the process of a server on this machine, and reads what the load generator does not: its name and its memory
 * before the run. Linux only; elsewhere undefined.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { splitServer } from './target.js';

const LISTEN = '0A';
const PAGE_BYTES = 4096;

/** The process that listens on `host:port` of this machine; undefined when it is elsewhere or out of reach. */
export function listenerOf(server: string): number | undefined {
  const { host, port } = splitServer(server);
  if (process.platform !== 'linux' || !isLocal(host)) return undefined;
  const inodes = listeningInodes(port);
  return inodes.size === 0 ? undefined : ownerOf(inodes);
}

export function processName(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const base = (word: string | undefined) => word?.split('/').at(-1)?.split(' ')[0];
    const name = base(words[0]);
    return name === 'node' ? (base(words[1]) ?? name) : name;
  } catch {
    return undefined;
  }
}

/** Resident memory now. */
export function residentBytes(pid: number): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return Number.isFinite(pages) ? pages * PAGE_BYTES : undefined;
  } catch {
    return undefined;
  }
}

function isLocal(host: string): boolean {
  if (host === 'localhost' || host === '::1' || /^127\./.test(host) || host === '0.0.0.0') return true;
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === host));
}

function listeningInodes(port: number): Set<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of linesOf(table).slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(wanted) && fields[3] === LISTEN && fields[9]) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  return inodes;
}

function ownerOf(inodes: ReadonlySet<string>): number | undefined {
  for (const name of namesIn('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    for (const fd of namesIn(`/proc/${name}/fd`)) {
      try {
        if (inodes.has(readlinkSync(`/proc/${name}/fd/${fd}`))) return Number(name);
      } catch {
        // Closed in the meantime.
      }
    }
  }
  return undefined;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Other users' processes keep their files to themselves.
    return [];
  }
}
