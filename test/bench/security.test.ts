/** Getting in: users, tokens and what a refusal looks like, on the server under test; nkeys, JWT and TLS where there is a server that has them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingTool } from '../clients/support.js';
import { endServersAfterEach, referenceCommand, TestServer } from '../support/server.js';
import { bench, benchOk } from './support.js';

endServersAfterEach();
const url = (server: TestServer) => `nats://127.0.0.1:${server.port}`;
const MSGS = ['--msgs', '500'];

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nats-bench-test-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('passwords and tokens', () => {
  it('user and password: by flag, by URL, by environment; wrong and none are refused', async () => {
    const server = await TestServer.start({ config: 'authorization { user: u, password: p }' });
    await benchOk(['pubsub', ...MSGS, '-s', url(server), '--user', 'u', '--password', 'p']);
    await benchOk(['pubsub', ...MSGS, '-s', `nats://u:p@127.0.0.1:${server.port}`]);
    expect((await bench(['pub', ...MSGS, '-s', url(server)], { NATS_USER: 'u', NATS_PASSWORD: 'p' })).code).toBe(0);
    for (const args of [[], ['--user', 'u', '--password', 'x']]) {
      const { code, err } = await bench(['pub', ...MSGS, '-s', url(server), ...args]);
      expect(code).toBe(1);
      expect(err).toContain('refuses to let nats-bench in');
    }
  });

  it('a token', async () => {
    const server = await TestServer.start({ config: 'authorization { token: secret }' });
    await benchOk(['pubsub', ...MSGS, '-s', url(server), '--token', 'secret']);
    const { file } = await bench(['pubsub', ...MSGS, '-s', `nats://secret@127.0.0.1:${server.port}`]);
    expect(file?.runs[0]?.delivered).toBe(500);
    expect(JSON.stringify(file)).not.toContain('secret');
  });

  it('a permission that is missing is an error', async () => {
    const config = 'authorization { users: [{ user: u, password: p, permissions: { publish: "a" } }] }';
    const server = await TestServer.start({ config });
    const { code, file, err } = await bench(['pub', 'b', ...MSGS, '-s', `nats://u:p@127.0.0.1:${server.port}`]);
    expect(code).toBe(1);
    expect(`${JSON.stringify(file?.runs[0]?.errorTexts)}${err}`.toLowerCase()).toContain('permissions violation');
  });
});

describe('on the reference', () => {
  it('an nkey', async (ctx) => {
    const command = referenceCommand() ?? missingTool(ctx, 'nats-server');
    const user = createUser();
    const file = join(dir, 'user.nk');
    writeFileSync(file, new TextDecoder().decode(user.getSeed()));
    const config = `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`;
    const server = await TestServer.start({ config }, command);
    await benchOk(['pubsub', ...MSGS, '-s', url(server), '--nkey', file]);
    expect((await bench(['pub', ...MSGS, '-s', url(server)])).code).toBe(1);
  });

  it('TLS, with a certificate of its own', async (ctx) => {
    const command = referenceCommand() ?? missingTool(ctx, 'nats-server');
    try {
      makeCertificates();
    } catch {
      missingTool(ctx, 'openssl');
    }
    const at = (name: string) => join(dir, name);
    const config = `tls { cert_file: "${at('server.pem')}", key_file: "${at('server.key')}", ca_file: "${at('ca.pem')}", verify: true }`;
    const server = await TestServer.start({ config }, command);
    const own = ['--tlscert', at('client.pem'), '--tlskey', at('client.key')];
    await benchOk(['pubsub', ...MSGS, '-s', `tls://localhost:${server.port}`, '--tlsca', at('ca.pem'), ...own]);
    await benchOk(['pubsub', ...MSGS, '-s', url(server), '--tlsinsecure', ...own]);
    expect((await bench(['pub', ...MSGS, '-s', url(server), ...own])).code).toBe(1);
    expect((await bench(['pub', ...MSGS, '-s', url(server), '--tlsca', at('ca.pem')])).code).toBe(1);
  });
});

/** An authority, a server for localhost, a client. Throws without openssl. */
function makeCertificates(): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority');
  writeFileSync(join(dir, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  for (const name of ['server', 'client']) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.pem`);
  }
}
