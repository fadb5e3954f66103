/** Section 6.4: what the server tells in the system account of its own accord. */
import { createUser } from '@nats-io/nkeys';
import { expect } from 'vitest';
import type { Json } from '../support/monitor.js';
import { compares, proves } from '../support/proves.js';
import { connectLine, pub, RawClient } from '../support/raw.js';
import { endServersAfterEach, referenceCommand, TestServer, writeConfig } from '../support/server.js';
import { SystemClient, WITH_SYSTEM } from '../support/system.js';

endServersAfterEach();

const EVENT = 'io.nats.server.advisory.v1';
const LAME_DUCK = 'lame_duck_duration: "30s"\nlame_duck_grace_period: "10s"\n';

interface Told {
  subject: string;
  body: Json & { server: Json; client: Json };
}

/** Hears what is told on some subjects. */
class Listener {
  private constructor(
    readonly client: RawClient,
    readonly serverId: string,
  ) {}

  static async open(server: TestServer, ...subjects: string[]): Promise<Listener> {
    const client = await server.open({ user: 's', pass: 's' });
    const id = client.info.server_id;
    for (const [sid, subject] of subjects.entries()) {
      await client.exchange(`SUB ${subject.replace('.ID.', `.${id}.`)} ${sid + 1}\r\n`, '');
    }
    return new Listener(client, id);
  }

  async take(count: number): Promise<Told[]> {
    const frames = await this.client.take(count);
    return frames.map(({ subject = '', payload }) => ({
      subject: subject.replace(this.serverId, 'ID'),
      body: JSON.parse(String(payload)) as Told['body'],
    }));
  }

  async one(): Promise<Told> {
    return (await this.take(1))[0] as Told;
  }
}

const A = { user: 'a', pass: 'a', name: 'zed', lang: 'py', version: '1.2' };

proves('6.4-01', 'a client that connects is announced, after the connections of its account', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const listener = await Listener.open(server, '$SYS.ACCOUNT.>', '$SYS.SERVER.ACCOUNT.>');
  const client = await server.open(A);
  const [older, newer, connect] = (await listener.take(3)) as [Told, Told, Told];
  expect([older.subject, newer.subject, connect.subject]).toEqual([
    ...['$SYS.SERVER.ACCOUNT.A.CONNS', '$SYS.ACCOUNT.A.SERVER.CONNS', '$SYS.ACCOUNT.A.CONNECT'],
  ]);
  const none = { msgs: 0, bytes: 0 };
  const traffic = { ...none, gateways: none, routes: none, leafs: none };
  for (const { body } of [older, newer]) {
    expect(body).toEqual({
      ...{ type: `${EVENT}.account_connections`, id: older.body.id, timestamp: expect.any(String) },
      server: expect.objectContaining({ id: listener.serverId, ver: '2.15.2' }),
      ...{ acc: 'A', name: 'A', conns: 1, leafnodes: 0, total_conns: 1, num_subscriptions: expect.any(Number) },
      ...{ sent: traffic, received: traffic, slow_consumers: 0 },
    });
  }
  expect(Object.keys(connect.body)).toEqual(['type', 'id', 'timestamp', 'server', 'client']);
  expect(connect.body).toMatchObject({
    type: `${EVENT}.client_connect`,
    id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
  });
  expect(connect.body.id).not.toBe(older.body.id);
  expect(Object.keys(connect.body.client)).toEqual([
    ...['start', 'host', 'id', 'acc', 'user', 'name', 'lang', 'ver', 'name_tag', 'kind', 'client_type'],
  ]);
  expect(connect.body.client).toMatchObject({
    ...{ host: '127.0.0.1', id: client.info.client_id, acc: 'A', user: 'a', name: 'zed', lang: 'py', ver: '1.2' },
    ...{ name_tag: 'A', kind: 'Client', client_type: 'nats' },
  });
});

proves('6.4-02', 'a client that goes is announced with what it moved, and why', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const listener = await Listener.open(server, '$SYS.ACCOUNT.A.DISCONNECT', '$SYS.SERVER.ACCOUNT.A.CONNS');
  const client = await server.open(A);
  expect((await listener.one()).body).toMatchObject({ conns: 1 });
  await client.exchange(`SUB x 1\r\n${pub('x', 'four')}${pub('nobody', '123')}`, 'MSG x 1 4\r\nfour\r\n');
  await client.close();
  const [conns, gone] = (await listener.take(2)) as [Told, Told];
  expect(conns.body).toMatchObject({ conns: 0, total_conns: 0 });
  expect(Object.keys(gone.body)).toEqual([
    ...['type', 'id', 'timestamp', 'server', 'client', 'sent', 'received', 'reason'],
  ]);
  expect(gone.body).toMatchObject({
    ...{ type: `${EVENT}.client_disconnect`, reason: 'Client Closed' },
    ...{ sent: { msgs: 2, bytes: 7 }, received: { msgs: 1, bytes: 4 } },
    client: { id: client.info.client_id, acc: 'A', user: 'a', stop: expect.any(String), rtt: expect.any(Number) },
  });
  expect(gone.body.timestamp).toBe(gone.body.client.stop);
});

proves('6.4-03', 'who never said anything was in $G, whose connections are not counted for anyone', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const listener = await Listener.open(server, '$SYS.ACCOUNT.>', '$SYS.SERVER.ACCOUNT.>');
  const silent = await server.connect();
  await silent.close();
  const { subject, body } = await listener.one();
  expect(subject).toBe('$SYS.ACCOUNT.$G.DISCONNECT');
  expect(body.client).toMatchObject({ acc: '$G', name_tag: '$G' });
  expect(body.client).not.toHaveProperty('user');
  await listener.client.exchange('', '');
});

proves('6.4-04', 'refused clients are announced to those who run the server, and in their account', async () => {
  const server = await TestServer.start({ config: `${WITH_SYSTEM}no_auth_user: a\n` });
  const listener = await Listener.open(server, '$SYS.SERVER.ID.CLIENT.AUTH.ERR', '$SYS.ACCOUNT.$G.DISCONNECT');
  const stranger = await server.connect();
  stranger.send(connectLine({ user: 'a', pass: 'wrong', name: 'bad' }));
  await stranger.drainUntilClosed();
  const told = await listener.take(2);
  expect(told.map(({ subject }) => subject).sort()).toEqual([
    ...['$SYS.ACCOUNT.$G.DISCONNECT', '$SYS.SERVER.ID.CLIENT.AUTH.ERR'],
  ]);
  for (const { body } of told) {
    expect(body).toMatchObject({
      ...{ type: `${EVENT}.client_disconnect`, reason: 'Authentication Failure' },
      client: { acc: '$G', user: 'a', name: 'bad', id: stranger.info.client_id },
    });
  }
});

proves('6.4-05', 'statistics come at once when they are asked for without a reply subject, and regularly', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const listener = await Listener.open(server, '$SYS.SERVER.ID.STATSZ');
  listener.client.send(pub('$SYS.REQ.SERVER.PING', ''));
  for (let i = 0; i < 2; i += 1) {
    const { body } = await listener.one();
    expect(Object.keys(body)).toEqual(['server', 'statsz']);
    expect(body.server.id).toBe(listener.serverId);
    expect(body.statsz).toMatchObject({ connections: 1, active_servers: 1 });
  }
});

proves(
  ['6.4-06', '1.13-08'],
  'lame duck mode is announced by a bare server, and nothing is told afterwards',
  async () => {
    const server = await TestServer.start({ config: WITH_SYSTEM + LAME_DUCK });
    const listener = await Listener.open(server, '$SYS.SERVER.ID.LAMEDUCK', '$SYS.ACCOUNT.>');
    server.kill('SIGUSR2');
    const { subject, body } = await listener.one();
    expect([subject, body.id, body.name, body.ver]).toEqual([
      ...['$SYS.SERVER.ID.LAMEDUCK', listener.serverId, listener.serverId, '2.15.2'],
    ]);
    expect(body).not.toHaveProperty('server');
    server.kill('SIGINT');
    expect(await listener.client.drainUntilClosed()).toEqual([]);
  },
);

proves('6.4-07', 'the end is announced by a bare server', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const listener = await Listener.open(server, '$SYS.SERVER.ID.SHUTDOWN', '$SYS.ACCOUNT.>');
  server.kill('SIGINT');
  const { subject, body } = await listener.one();
  expect([subject, body.id]).toEqual(['$SYS.SERVER.ID.SHUTDOWN', listener.serverId]);
  expect(Object.keys(body)).toEqual([
    ...['name', 'host', 'id', 'ver', 'feature_flags', 'jetstream', 'flags', 'seq', 'time'],
  ]);
  expect(await listener.client.drainUntilClosed()).toEqual([]);
});

proves('6.4-08', 'a reload announces the clients that stay once more', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const listener = await Listener.open(server, '$SYS.ACCOUNT.*.CONNECT');
  const [a, b] = [await server.open(A), await server.open({ user: 'b', pass: 'b' })];
  await listener.take(2);
  writeConfig(server.dir, WITH_SYSTEM.replace(/ {2}B .*\n/, ''));
  server.kill('SIGHUP');
  await b.drainUntilClosed();
  const again = await listener.take(2);
  expect(again.map(({ body }) => [body.client.acc, body.client.id]).sort()).toEqual([
    ['A', a.info.client_id],
    ['SYS', listener.client.info.client_id],
  ]);
  await listener.client.exchange('', '');
});

proves('6.4-09', 'of a crowd that comes and goes nobody is forgotten', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const listener = await Listener.open(server, '$SYS.ACCOUNT.A.CONNECT', '$SYS.ACCOUNT.A.DISCONNECT');
  const COUNT = 500;
  const clients: RawClient[] = [];
  for (let at = 0; at < COUNT; at += 50) {
    clients.push(...(await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(server.port)))));
  }
  for (const client of clients) client.send(connectLine(A));
  const came = await listener.take(COUNT);
  for (const client of clients) client.destroy();
  const went = await listener.take(COUNT);
  const expected = clients.map(({ info }) => info.client_id).sort((a, b) => a - b);
  for (const told of [came, went]) {
    expect(told.map(({ body }) => Number(body.client.id)).sort((a, b) => a - b)).toEqual(expected);
    expect(new Set(told.map(({ body }) => body.id)).size).toBe(COUNT);
  }
  const numbers = [...came, ...went].map(({ body }) => Number(body.server.seq));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
});

proves('6.4-10', 'refused clients are announced in the account they were in', async () => {
  const config = `accounts { SYS { users: [ { user: s, password: s } ] } }
system_account: SYS
authorization { users: [ { user: g, password: g } ] }
`;
  const server = await TestServer.start({ config });
  const client = await server.open({ user: 'g', pass: 'g' });
  await client.exchange('SUB $SYS.ACCOUNT.CLIENT.AUTH.ERR 1\r\n', '');
  const stranger = await server.connect();
  stranger.send(connectLine({ user: 'g', pass: 'wrong' }));
  await stranger.drainUntilClosed();
  const { payload } = await client.next('MSG');
  expect(JSON.parse(String(payload))).toMatchObject({
    ...{ type: `${EVENT}.client_disconnect`, reason: 'Authentication Failure' },
    client: { acc: '$G', user: 'g', id: stranger.info.client_id },
  });
});

/** Keys in their order, with the types of their values. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

compares('6.4-11', 'every event has the fields of the reference, in their order', async () => {
  const told: string[][] = [];
  for (const command of [undefined, referenceCommand()]) {
    const server = await TestServer.start({ config: WITH_SYSTEM }, command);
    const listener = await Listener.open(
      server,
      '$SYS.ACCOUNT.>',
      '$SYS.SERVER.*.CLIENT.AUTH.ERR',
      '$SYS.SERVER.*.SHUTDOWN',
    );
    const client = await server.open(A);
    await client.close();
    const events = await listener.take(4);
    const stranger = await server.connect();
    stranger.send(connectLine({ user: 'a', pass: 'wrong' }));
    await stranger.drainUntilClosed();
    events.push(...(await listener.take(2)));
    server.kill('SIGINT');
    events.push(await listener.one());
    told.push(events.map(({ subject, body }) => JSON.stringify([subject, shape(body)])).sort());
  }
  expect(told[0]).toEqual(told[1]);
});

proves('6.4-13', 'of a client with a key, events and CONNZ say who vouches for it', async () => {
  const key = createUser();
  const user = key.getPublicKey();
  const server = await TestServer.start({
    config: WITH_SYSTEM.replace('{ user: a, password: a }', `{ nkey: ${user} }`),
  });
  const listener = await Listener.open(server, '$SYS.ACCOUNT.A.CONNECT');
  const client = await server.connect();
  const sig = Buffer.from(key.sign(Buffer.from(String(client.info.nonce)))).toString('base64url');
  client.send(connectLine({ nkey: user, sig }));
  await client.ping();
  const { body } = await listener.one();
  expect(Object.keys(body.client).slice(3)).toEqual(['acc', 'user', 'issuer_key', 'name_tag', 'kind', 'client_type']);
  expect(body.client).toMatchObject({ user, issuer_key: 'A' });
  const system = await SystemClient.open(server);
  const { connections } = await system.data<{ connections: Json[] }>('$SYS.REQ.ACCOUNT.A.CONNZ', { auth: true });
  expect(connections).toMatchObject([{ authorized_user: user, account: 'A', issuer_key: 'A', name_tag: 'A' }]);
  const own = (await SystemClient.open(server)).data('$SYS.REQ.ACCOUNT.SYS.CONNZ', { auth: true });
  for (const one of ((await own) as { connections: Json[] }).connections) expect(one).not.toHaveProperty('issuer_key');
});

proves('6.4-12', 'requests and events have numbers of one series', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const listener = await Listener.open(server, '$SYS.ACCOUNT.A.CONNECT');
  const system = await SystemClient.open(server);
  const before = await system.json<{ server: Json }>('$SYS.REQ.SERVER.PING.VARZ');
  await server.open(A);
  const { body } = await listener.one();
  const after = await system.json<{ server: Json }>('$SYS.REQ.SERVER.PING.VARZ');
  expect(Number(body.server.seq)).toBeGreaterThan(Number(before.server.seq));
  expect(Number(after.server.seq)).toBeGreaterThan(Number(body.server.seq));
});
