/** Getting in: users, tokens and what a refusal looks like, on the server under test; nkeys, JWT and TLS where there is a server that has them. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
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
    const server = await TestServer.start({ config: 'authorization { timeout: 60, user: u, password: p }' });
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
    const server = await TestServer.start({ config: 'authorization { timeout: 60, token: secret }' });
    await benchOk(['pubsub', ...MSGS, '-s', url(server), '--token', 'secret']);
    const { file } = await bench(['pubsub', ...MSGS, '-s', `nats://secret@127.0.0.1:${server.port}`]);
    expect(file?.runs[0]?.delivered).toBe(500);
    expect(JSON.stringify(file)).not.toContain('secret');
  });

  it('a permission that is missing is an error', async () => {
    const config = 'authorization { timeout: 60, users: [{ user: u, password: p, permissions: { publish: "a" } }] }';
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
    const config = `authorization { timeout: 60, users: [{ nkey: ${user.getPublicKey()} }] }`;
    const server = await TestServer.start({ config }, command);
    await benchOk(['pubsub', ...MSGS, '-s', url(server), '--nkey', file]);
    expect((await bench(['pub', ...MSGS, '-s', url(server)])).code).toBe(1);
  });

  it('a JWT of an operator, for messages and for JetStream', async (ctx) => {
    const command = referenceCommand() ?? missingTool(ctx, 'nats-server');
    const { config, creds } = operatorMode();
    const server = await TestServer.start(
      { config: `${config}\njetstream { store_dir: "${join(dir, 'jwt')}" }` },
      command,
    );
    const [good, bad] = [join(dir, 'good.creds'), join(dir, 'bad.creds')];
    writeFileSync(good, creds);
    writeFileSync(bad, creds.replace(/SU[A-Z2-7]{56}/, new TextDecoder().decode(createUser().getSeed())));
    await benchOk(['pubsub', ...MSGS, '-s', url(server), '--creds', good]);
    await benchOk(['js', 'pub', 'async', ...MSGS, '-s', url(server), '--creds', good]);
    for (const verb of [['pub'], ['js', 'pub', 'async']]) {
      const { code, err } = await bench([...verb, ...MSGS, '-s', url(server), '--creds', bad]);
      expect(code).toBe(1);
      expect(err).toContain('refuses to let nats-bench in');
    }
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

/** An operator with a system account and one account, and the credentials of a user of that. */
function operatorMode(): { config: string; creds: string } {
  const [operator, system, account, user] = [createOperator(), createAccount(), createAccount(), createUser()];
  const sign = (issuer: KeyPair, subject: KeyPair, nats: object): string => {
    const body = { iat: 1_700_000_000, iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name: 'test' };
    const claims = { ...body, jti: randomUUID(), nats: { ...nats, version: 2 } };
    const parts = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${Buffer.from(issuer.sign(new TextEncoder().encode(text))).toString('base64url')}`;
  };
  const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const stored = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const accounts = [
    [system, sign(operator, system, { type: 'account', limits: unlimited })],
    [account, sign(operator, account, { type: 'account', limits: { ...unlimited, ...stored } })],
  ] as const;
  const config = [
    `operator: ${sign(operator, operator, { type: 'operator', system_account: system.getPublicKey() })}`,
    `system_account: ${system.getPublicKey()}`,
    'resolver: MEMORY',
    `resolver_preload: { ${accounts.map(([key, jwt]) => `${key.getPublicKey()}: ${jwt}`).join('\n')} }`,
  ].join('\n');
  const jwt = sign(account, user, { type: 'user', subs: -1, data: -1, payload: -1 });
  const section = (title: string, text: string) => `-----BEGIN ${title}-----\n${text}\n------END ${title}------\n`;
  const seed = new TextDecoder().decode(user.getSeed());
  return { config, creds: `${section('NATS USER JWT', jwt)}\n${section('USER NKEY SEED', seed)}` };
}

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
