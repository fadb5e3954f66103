/**
 * Section 4.8: proxies that sign the nonce of the connections they pass on, and users who have to come through one. The
 * proxy here is the test, which signs itself.
 */
import { createServer, createUser, type KeyPair } from '@nats-io/nkeys';
import { expect } from 'vitest';
import { closedReason, connz, getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, err, type RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer, writeConfig } from '../support/server.js';

endServersAfterEach();

const [one, two, stranger] = [createServer(), createUser(), createServer()];
const trusted = (...keys: KeyPair[]) =>
  `proxies { trusted: [ ${keys.map((key) => `{ key: ${key.getPublicKey()} }`).join(', ')} ] }\n`;
const USERS = `authorization { timeout: 60, users: [
  { user: a, password: a, proxy_required: true }, { user: b, password: b }
] }\n`;

function signature(client: RawClient, key: KeyPair): string {
  return Buffer.from(key.sign(Buffer.from(String(client.info.nonce)))).toString('base64url');
}

/** A client that came through this proxy, and said this. */
async function through(server: TestServer, key: KeyPair, fields: object): Promise<RawClient> {
  const client = await server.connect();
  client.send(connectLine({ ...fields, proxy_sig: signature(client, key) }));
  return client;
}

async function admitted(server: TestServer, client: RawClient, proxy: KeyPair): Promise<void> {
  await client.ping();
  const entry = (await connz(server, `?cid=${client.info.client_id}`)).connections[0];
  expect(entry).toMatchObject({ proxy: { key: proxy.getPublicKey() } });
}

async function refused(server: TestServer, client: RawClient, reason: string): Promise<void> {
  await client.expect(err('Authorization Violation'));
  await client.expectClosed();
  expect(await closedReason(server, client.info.client_id)).toBe(reason);
}

const A = { user: 'a', pass: 'a' };
const B = { user: 'b', pass: 'b' };

proves('4.8-01', 'who has to come through a trusted proxy, and may not otherwise', async () => {
  const server = await TestServer.start({ config: trusted(one, two) + USERS, monitor: true });
  for (const proxy of [one, two]) {
    for (const fields of [A, B]) await admitted(server, await through(server, proxy, fields), proxy);
  }
  const direct = await server.connect();
  expect(direct.info).toHaveProperty('nonce');
  direct.send(connectLine(A));
  await refused(server, direct, 'Proxy Required');
  const b = await server.open(B);
  const entry = (await connz(server, `?cid=${b.info.client_id}`)).connections[0];
  expect(entry).not.toHaveProperty('proxy');
  await refused(server, await through(server, one, { user: 'a', pass: 'x' }), 'Authentication Failure');
});

proves('4.8-02', 'signatures that no trusted proxy made, whoever the client is', async () => {
  for (const config of [trusted(one) + USERS, trusted(one)]) {
    const server = await TestServer.start({ config, monitor: true });
    await refused(server, await through(server, stranger, B), 'Proxy Not Trusted');
    const other = await server.connect();
    for (const proxy_sig of ['x', '!', 'A'.repeat(86), signature(other, one)]) {
      const client = await server.connect();
      client.send(connectLine({ ...B, proxy_sig }));
      await refused(server, client, 'Proxy Not Trusted');
    }
  }
  const server = await TestServer.start({ config: USERS, monitor: true });
  await server.open({ ...B, proxy_sig: 'x' });
  const client = await server.connect();
  client.send(connectLine({ ...A, proxy_sig: 'x' }));
  await refused(server, client, 'Proxy Required');
});

proves('4.8-03', 'a single user, a token, users with keys and users of accounts', async () => {
  const ways: [config: string, fields: (client: RawClient) => object][] = [
    ['authorization { timeout: 60, user: a, password: a, proxy_required: true }', () => A],
    ['authorization { timeout: 60, token: t, proxy_required: true }', () => ({ auth_token: 't' })],
    [
      `authorization { timeout: 60, users: [ { nkey: ${two.getPublicKey()}, proxy_required: true } ] }`,
      (client) => ({ nkey: two.getPublicKey(), sig: signature(client, two) }),
    ],
    ['accounts { A { users: [ { user: a, password: a, proxy_required: true } ] } }', () => A],
  ];
  for (const [config, fields] of ways) {
    const server = await TestServer.start({ config: `${trusted(one)}${config}\n`, monitor: true });
    const client = await server.connect();
    client.send(connectLine({ ...fields(client), proxy_sig: signature(client, one) }));
    await admitted(server, client, one);
    const direct = await server.connect();
    direct.send(connectLine({ ...fields(direct) }));
    await refused(server, direct, 'Proxy Required');
  }
});

proves('1.3-15', 'the no-auth user, too', async () => {
  const config = `no_auth_user: a\n${trusted(one)}${USERS}`;
  const server = await TestServer.start({ config, monitor: true });
  await admitted(server, await through(server, one, {}), one);
  const direct = await server.connect();
  direct.send(connectLine({}));
  await refused(server, direct, 'Proxy Required');
  const silent = await server.connect();
  silent.send('PING\r\n');
  await silent.expect(err('Authorization Violation'));
  await silent.expectClosed();
});

proves('4.8-04', 'a reload adds and removes keys', async () => {
  const server = await TestServer.start({ config: trusted(one, two) + USERS, monitor: true });
  const [first, second, direct] = [await through(server, one, A), await through(server, two, A), await server.open(B)];
  for (const client of [first, second]) await client.ping();
  const from = server.log.length;
  writeConfig(server.dir, `http: "127.0.0.1:-1"\n${trusted(two, stranger)}${USERS}`);
  server.kill('SIGHUP');
  await server.waitForLog(/Reloaded server configuration/, from);
  const lines = server.log.slice(from).map((line) => line.replace(/^.*\[\w+\] /, ''));
  expect(lines).toContain(`Reloaded: proxies trusted keys ["${one.getPublicKey()}"] were removed`);
  expect(lines).toContain(`Reloaded: proxies trusted keys ["${stranger.getPublicKey()}"] were added`);
  await refused(server, first, 'Proxy Not Trusted');
  for (const client of [second, direct]) await client.ping();
  await admitted(server, await through(server, stranger, A), stranger);
  await refused(server, await through(server, one, A), 'Proxy Not Trusted');
});

proves('4.8-05', 'varz lists the keys', async () => {
  const server = await TestServer.start({ config: trusted(one, two), monitor: true });
  const { proxies } = await getJson(server, '/varz');
  expect(proxies).toEqual({ trusted: [one, two].map((key) => ({ key: key.getPublicKey() })) });
});

proves(
  '4.8-04',
  'a reload that brings the first key, and one that takes the last',
  async () => {
    const server = await TestServer.start({ config: USERS, monitor: true });
    const reload = async (config: string) => {
      const from = server.log.length;
      writeConfig(server.dir, `http: "127.0.0.1:-1"\n${config}${USERS}`);
      server.kill('SIGHUP');
      await server.waitForLog(/Reloaded server configuration/, from);
    };
    await reload(trusted(one));
    const client = await through(server, one, A);
    await client.ping();
    await reload('');
    await refused(server, client, 'Proxy Not Trusted');
    expect((await server.connect()).info).not.toHaveProperty('nonce');
  },
  { oursOnly: 'nats-server ends' },
);

proves(
  '4.8-03',
  'proxy_required of authorization holds for its list of users',
  async () => {
    const users = 'users: [ { user: a, password: a }, { user: b, password: b, proxy_required: false } ]';
    const config = `${trusted(one)}authorization { timeout: 60, proxy_required: true, ${users} }\n`;
    const server = await TestServer.start({ config, monitor: true });
    await admitted(server, await through(server, one, A), one);
    const direct = await server.connect();
    direct.send(connectLine(A));
    await refused(server, direct, 'Proxy Required');
    await server.open(B);
  },
  { oursOnly: 'nats-server forgets it where users are listed' },
);
