/** A value that can be read and not run with: the check, the start and the reload say where it stands and what to do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endServersAfterEach, runToExit, TestServer, underReference, writeConfig } from '../support/server.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nats-turbo-values-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
endServersAfterEach();

describe.skipIf(underReference)('a wrong value', () => {
  const WRONG = 'listen: "127.0.0.1:-1"\nping_max: -1\n';

  test('the check finds what a start would', async () => {
    const file = writeConfig(dir, WRONG, 'checked.conf');
    const sentence = `nats-server: ${file}:2:11: ping_max can not be negative. Leave it out for the default, 2.`;
    for (const flags of [['-t'], []]) {
      const { exit, stderr } = await runToExit([...flags, '-c', file]);
      expect([exit.code, stderr.trim()]).toEqual([1, sentence]);
    }
  });

  test('of a flag, the remedy', async () => {
    const { exit, stderr } = await runToExit(['-a', '127.0.0.1', '-p', '-1', '-m', '70000']);
    const sentence = 'nats-server: invalid http_port 70000. Use a port up to 65535, or -1 for any free port.';
    expect([exit.code, stderr.trim()]).toEqual([1, sentence]);
  });

  test('a reload is refused with the place', async () => {
    const file = writeConfig(dir, 'listen: "127.0.0.1:-1"\n', 'reloaded.conf');
    const server = TestServer.spawn(['-c', file], dir);
    await server.waitForLog(/Server is ready/);
    writeFileSync(file, WRONG);
    server.kill('SIGHUP');
    await server.waitForLog(
      /Failed to reload server configuration: \S+reloaded\.conf:2:11: ping_max can not be negative/,
    );
  });
});
