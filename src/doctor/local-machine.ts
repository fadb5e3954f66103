/** The machine this process runs on. Binds a port for a moment to test whether it is free; changes nothing else. */

import { lookup } from 'node:dns/promises';
import { accessSync, constants, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import type { FileFacts, Machine } from './machine.js';

export const localMachine: Machine = {
  platform: process.platform,
  nodeVersion: process.versions.node,
  totalMemoryBytes: totalmem(),
  nowMs: () => Date.now(),
  read: (path) => attempt(() => readFileSync(path, 'utf8')),
  stat: statFile,
  fileSystem: (path) =>
    attempt(() => {
      const { type, bsize, bavail, blocks, ffree, files } = statfsSync(path);
      const [freeBytes, totalBytes] = [bavail * bsize, blocks * bsize];
      return { type, freeBytes, totalBytes, freeInodes: ffree, totalInodes: files };
    }),
  resolve: async (host) => {
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch (error) {
      return codeOf(error);
    }
  },
  tryBind,
  isAlive: (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // Someone else's process is alive as well.
      return codeOf(error) === 'EPERM';
    }
  },
};

function statFile(path: string): FileFacts | string {
  try {
    const stats = statSync(path);
    const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
    const { mode, mtimeMs: modifiedMs } = stats;
    const [writable, readable] = [may(path, constants.W_OK), may(path, constants.R_OK)];
    return { kind, writable, readable, mode: mode & 0o777, modifiedMs };
  } catch (error) {
    return codeOf(error);
  }
}

function may(path: string, mode: number): boolean {
  return attempt(() => accessSync(path, mode) ?? true) ?? false;
}

function tryBind(host: string, port: number): Promise<string | undefined> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', (error) => settle(codeOf(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => settle(undefined)));
  });
}

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN';
}
