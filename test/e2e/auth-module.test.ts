/** `auth_module`, an option that nats-server does not have: with the built command and raw clients. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectLine, err, pub } from '../support/raw.js';
import { endServersAfterEach, runToExit, TestServer, underReference } from '../support/server.js';

endServersAfterEach();

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nats-turbo-auth-module-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function module(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const config = (path: string) => `authorization { timeout: 60 }\nauth_module: "${path}"\n`;

async function refused(server: TestServer, fields: object): Promise<void> {
  const client = await server.connect();
  client.send(connectLine({ ...fields }));
  await client.expect(err('Authorization Violation'));
  await client.expectClosed();
}

describe.skipIf(underReference)('auth_module', () => {
  test('decides who may connect, and what they may do', async () => {
    const path = module(
      'auth.mjs',
      "export default async ({ user, pass }) => user === pass ? { user, permissions: { publish: user + '.>' } } : { refuse: 'no' };",
    );
    const server = await TestServer.start({ config: config(path) });
    const client = await server.open({ user: 'a', pass: 'a' });
    expect(client.info).toMatchObject({ auth_required: true });
    await client.exchange(pub('a.x', '') + pub('b.x', ''), err('Permissions Violation for Publish to "b.x"'));
    await refused(server, { user: 'a', pass: 'b' });
    await refused(server, {});
    await server.waitForLog(/authenticate refused the client: no$/);
  });

  test('is loaded again by a reload once it has changed', async () => {
    const only = (name: string) =>
      `export const authenticate = ({ user }) => user === '${name}' ? { user } : { refuse: 'no' };`;
    const path = module('changes.mjs', only('a'));
    const server = await TestServer.start({ config: config(path) });
    const before = await server.open({ user: 'a' });
    const reload = async () => {
      const from = server.log.length;
      server.kill('SIGHUP');
      await server.waitForLog(/Reloaded server configuration|Failed to reload/, from);
      return server.log.slice(from).join('\n');
    };
    module('changes.mjs', only('b'));
    utimesSync(path, 1000, 1000);
    expect(await reload()).toContain('Reloaded: auth_module = ');
    await server.open({ user: 'b' });
    await refused(server, { user: 'a' });
    await before.ping();
    module('changes.mjs', 'this is no module');
    utimesSync(path, 2000, 2000);
    expect(await reload()).toMatch(/Failed to reload.*auth_module: .*changes\.mjs can't be loaded: SyntaxError/);
    await server.open({ user: 'b' });
  });

  test('that can not be loaded ends the start, with the place and a remedy', async () => {
    const file = module('server.conf', config(join(dir, 'missing.mjs')));
    const { exit, stderr } = await runToExit(['-a', '127.0.0.1', '-p', '-1', '-c', file]);
    expect(exit.code).toBe(1);
    expect(stderr).toMatch(
      /:2:\d+: auth_module: .*missing\.mjs can't be read: ENOENT.*Give the path of a JavaScript module/,
    );
  });
});
