/**
 * `nats-turbo passwd` and `nats-turbo nkey` as an operator uses them: the hash goes into a configuration and lets a client
 * in, and so does the public key of a seed.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { AuthorizationError, connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { connectLine, err } from '../support/raw.js';
import { endServersAfterEach, referenceCommand, TestServer, underReference } from '../support/server.js';

const root = resolve(import.meta.dirname, '../..');
const [program = '', ...first] = process.env.NATS_UNDER_TEST?.trim().split(/\s+/) ?? ['node', 'dist/cli/nats-turbo.js'];

function run(input: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], { cwd: root, encoding: 'utf8', input });
  return { status, stdout, stderr };
}

/** What the command prints for a password; checks take little time. */
function hashed(password: string): string {
  const { status, stdout, stderr } = run(`${password}\n`, 'passwd', '--cost', '4');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^\$2a\$04\$[./A-Za-z0-9]{53}\n$/);
  return stdout.trim();
}

endServersAfterEach();

describe.skipIf(underReference)('passwd', () => {
  const longest = 'ä'.repeat(36);

  async function letsIn(exe?: string[]): Promise<void> {
    // Without quotes, too: what begins as a hash does is no variable.
    const users = `{ user: u, password: ${hashed('sécret word')} }, { user: l, password: "${hashed(longest)}" }`;
    const server = await TestServer.start({ config: `authorization { timeout: 60, users: [${users}] }\n` }, exe);
    await server.open({ user: 'u', pass: 'sécret word' });
    await server.open({ user: 'l', pass: longest });
    for (const wrong of ['secret word', 'sécret word\n', '']) {
      const client = await server.connect();
      client.send(connectLine({ user: 'u', pass: wrong }));
      await client.expect(err('Authorization Violation'));
    }
  }

  test('its hash lets in who has the password, and nobody else', () => letsIn());

  test('nats-server takes its hash, too', async (ctx) => {
    const reference = referenceCommand();
    if (!reference) return ctx.skip('skipped: needs nats-server');
    await letsIn(reference);
  });

  test('costs 11 unless told otherwise', () => {
    expect(run('secret', 'passwd').stdout).toMatch(/^\$2a\$11\$/);
  });

  test('what it refuses', () => {
    expect(run('x'.repeat(73), 'passwd')).toMatchObject({ status: 1, stdout: '' });
    expect(run('', 'passwd')).toMatchObject({ status: 1, stdout: '' });
    expect(run('', 'passwd', 'secret')).toMatchObject({ status: 1, stdout: '' });
  });
});

describe.skipIf(underReference)('nkey', () => {
  test('the seed of one call gives the same public key in another', () => {
    for (const kind of ['user', 'account', 'curve']) {
      const { status, stdout, stderr } = run('', 'nkey', kind);
      expect([status, stderr]).toEqual([0, '']);
      const [seed = '', publicKey = ''] = stdout.split('\n');
      expect(run(seed, 'nkey', 'public')).toEqual({ status: 0, stdout: `${publicKey}\n`, stderr: '' });
    }
  });

  test('its public key in a configuration lets in the official client that has the seed', async () => {
    const [[seed = '', publicKey], [other = '']] = [1, 2].map(() => run('', 'nkey', 'user').stdout.split('\n')) as [
      string[],
      string[],
    ];
    const permissions = 'permissions: { publish: "orders.>", subscribe: "orders.>" }';
    const server = await TestServer.start({
      config: `authorization { timeout: 60, users: [ { nkey: ${publicKey}, ${permissions} } ] }\n`,
    });
    const open = (key: string) =>
      connect({
        servers: `127.0.0.1:${server.port}`,
        authenticator: nkeyAuthenticator(new TextEncoder().encode(key)),
        reconnect: false,
      });
    const client = await open(seed);
    const orders = client.subscribe('orders.*', { max: 1 });
    client.publish('orders.new', 'x');
    for await (const message of orders) expect(message.string()).toBe('x');
    await client.close();
    await expect(open(other)).rejects.toThrow(AuthorizationError);
    expect(server.log.join('\n')).not.toContain(seed);
  });
});
