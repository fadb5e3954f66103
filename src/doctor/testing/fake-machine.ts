/** A machine made of plain data. Without arguments every check finds it in order. */

import type { FileFacts, FileSystemFacts, Machine } from '../machine.js';

export interface FakeFacts extends Partial<Omit<Machine, 'nowMs' | 'read' | 'look' | 'tryBind' | 'resolve'>> {
  nowMs?: number;
  /** Texts of files; such a file exists for `stat`, too. */
  texts?: Record<string, string>;
  /** Results of `stat` by path, beside the defaults: `/` and `/tmp` are writable directories. */
  files?: Record<string, Partial<FileFacts> | string>;
  disk?: Partial<FileSystemFacts>;
  /** Error codes of binding, by port. */
  bind?: Record<number, string>;
  hosts?: Record<string, string[] | string>;
  alive?: number[];
}

const GIB = 1024 ** 3;
export const NOW = Date.parse('2027-01-15T12:00:00Z');

const LINUX: Record<string, string> = {
  '/proc/self/limits': 'Max open files            1048576              1048576              files     \n',
  '/proc/self/cgroup': '0::/\n',
  '/proc/sys/net/core/somaxconn': '4096\n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  '/proc/sys/net/ipv4/ip_unprivileged_port_start': '1024\n',
};

const FOLDER: FileFacts = { kind: 'directory', writable: true, readable: true, mode: 0o755, modifiedMs: 0 };
const FILE: FileFacts = { kind: 'file', writable: true, readable: true, mode: 0o600, modifiedMs: 0 };
const DISK: FileSystemFacts = {
  type: 0xef53,
  freeBytes: 50 * GIB,
  totalBytes: 100 * GIB,
  freeInodes: 1e6,
  totalInodes: 2e6,
};

export function machineWith(facts: FakeFacts = {}): Machine {
  const { texts = {}, files = {}, disk = {}, bind = {}, hosts = {}, alive = [], nowMs = NOW, ...rest } = facts;
  return {
    platform: 'linux',
    nodeVersion: '22.4.0',
    totalMemoryBytes: 16 * GIB,
    nowMs: () => nowMs,
    read: (path) => texts[path] ?? LINUX[path],
    stat: (path) => {
      const known = files[path];
      if (typeof known === 'string') return known;
      if (known !== undefined) return { ...(known.kind === 'directory' ? FOLDER : FILE), ...known };
      if (texts[path] !== undefined) return FILE;
      return path === '/' || path === '/tmp' ? FOLDER : 'ENOENT';
    },
    fileSystem: () => ({ ...DISK, ...disk }),
    resolve: async (host) => hosts[host] ?? [host],
    tryBind: async (_host, port) => bind[port],
    isAlive: (pid) => alive.includes(pid),
    ...rest,
  };
}
