/** The start of the command: nothing opens a port before the configuration is accepted. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeConfig } from '../support/server.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nats-turbo-startup-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What the command prints when there is no data plane to load. Only the data plane opens ports for clients. */
function startWithoutDataPlane(text: string): Promise<string> {
  const command = resolve('dist/cli/nats-turbo.js');
  const args = [command, '-a', '127.0.0.1', '-c', writeConfig(dir, text)];
  const env = { ...process.env, NATS_TURBO_ADDON: join(dir, 'none.node') };
  return new Promise((done) => execFile(process.execPath, args, { env }, (_error, _stdout, stderr) => done(stderr)));
}

test('an accepted configuration loads the data plane', async () => {
  expect(await startWithoutDataPlane('port: 0')).toContain('none.node does not load');
});

test.each([
  ['a wrong type', 'port: many', /port/],
  ['an unknown option', 'prot: 0', /prot/],
  ['no grammar', 'port: [', /Parse error on line 1/],
  [
    'what the options say together',
    'port: 0, no_auth_user: nobody, authorization { users: [{user: a, password: b}] }',
    /nobody/,
  ],
])('a refused configuration does not: %s', async (_, text, reason) => {
  const stderr = await startWithoutDataPlane(text);
  expect(stderr).toMatch(reason);
  expect(stderr).not.toContain('none.node');
});
