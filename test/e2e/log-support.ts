/**
 * Servers whose log goes somewhere else than to standard error: started without waiting for a line of it. Owns their folders;
 * the processes belong to the test server's own list.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { until } from '../support/deadline.js';
import { referenceCommand, TestServer, writeConfig } from '../support/server.js';

/** Ours, and the reference where there is one. */
export const SERVERS: [string, string[] | undefined][] = [
  ['nats-turbo', undefined],
  ['the reference', referenceCommand()],
];

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

export async function startQuiet(config: string, args: string[] = [], exe?: string[]): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), 'nats-log-'));
  folders.push(dir);
  const flags = ['-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', dir, '-c', writeConfig(dir, config), ...args];
  const server = TestServer.spawn(flags, dir, exe);
  server.port = await until(() => {
    if (server.exit) throw new Error(`the server ended at its start:\n${server.log.join('\n')}`);
    try {
      const ports = JSON.parse(readFileSync(server.portsFile ?? '', 'utf8')) as { nats: string[] };
      return Number(new URL(ports.nats[0] as string).port);
    } catch {
      return undefined; // not there yet, or half written
    }
  }, 'the ports file');
  return server;
}

export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Until the file says so. */
export async function says(file: string, text: string | RegExp): Promise<string> {
  return until(() => {
    const content = read(file);
    return (typeof text === 'string' ? content.includes(text) : text.test(content)) ? content : undefined;
  }, `${text} in ${file}`);
}

/** A log file and what was set aside of it, in the order they were written. */
export function generations(file: string): string[] {
  const names = readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}.`));
  return [...names.sort().map((name) => join(dirname(file), name)), file];
}
