/**
 * Sections 4.2 to 4.4: accounts with users, permissions and limits, without anything that crosses between them.
 * What differs on purpose is said at the tests it concerns.
 */
import { expect } from 'vitest';
import { closedReason, connz, getJson, type Json } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, err, msg, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer } from '../support/server.js';

endServersAfterEach();

// The bcrypt of "secret", cost 4.
const BCRYPT = '$2a$04$5fStEcsEuaFjijlafVyS2.uGUdCszD/xZw.37OkMlLgrv.HaQtacm';

const TWO = `accounts {
  A { users: [ { user: a, password: a }, { user: a2, password: a2 } ] }
  B { users: [ { user: b, password: b }, { user: b2, password: b2 } ] }
}
`;
const open = (server: TestServer, name: string, pass = name) => server.open({ user: name, pass });

/** What a client with protocol 1 is told after its first PONG. */
async function secondInfo(client: RawClient): Promise<Json> {
  return JSON.parse((await client.next('INFO')).args) as Json;
}

async function refused(server: TestServer, fields: Json): Promise<void> {
  const client = await server.connect();
  client.send(connectLine(fields));
  await client.expect(err('Authorization Violation'));
  await client.expectClosed();
}

proves(['4.3-01', '4.3-02'], 'messages stay in their account, whatever is subscribed to', async () => {
  const server = await TestServer.start({ config: TWO });
  const [a, a2, b] = [await open(server, 'a'), await open(server, 'a2'), await open(server, 'b')];
  for (const client of [a2, b]) await client.exchange('SUB > 1\r\nSUB x.* 2\r\nSUB x.y q 3\r\n', '');
  // Until the subject is well known, too.
  for (let i = 0; i < 5; i += 1) {
    await a.exchange(pub('x.y', `${i}`), '');
    const got = await a2.ping();
    expect(got.map(({ sid }) => sid).sort()).toEqual(['1', '2', '3']);
    await b.exchange('', '');
  }
  await b.exchange(`UNSUB 1\r\nUNSUB 2\r\nUNSUB 3\r\nSUB x.y 4\r\n${pub('x.y', 'b')}`, msg('x.y', 4, 'b'));
  await a2.exchange('', '');
});

proves(['4.3-03', '1.8-01'], 'a request is unanswered where only another account has a service', async () => {
  const server = await TestServer.start({ config: TWO });
  const service = await open(server, 'b');
  await service.exchange('SUB service 1\r\n', '');
  const client = await server.open({ user: 'a', pass: 'a', headers: true, no_responders: true });
  client.send(`SUB reply 1\r\n${pub('service', '?', 'reply')}`);
  expect((await client.next('HMSG')).headers?.toString()).toContain('NATS/1.0 503');
  await service.exchange('', '');
});

proves(['4.3-04', '1.3-14'], 'another CONNECT brings another account, and nothing of the old one', async () => {
  const server = await TestServer.start({ config: TWO });
  const [client, a, b] = [await open(server, 'a'), await open(server, 'a2'), await open(server, 'b2')];
  await client.exchange('SUB x 1\r\n', '');
  await client.exchange(connectLine({ user: 'b', pass: 'b', verbose: false }), '');
  await client.exchange('SUB y 1\r\n', '');
  await a.exchange(pub('x', '1') + pub('y', '2'), '');
  await b.exchange(pub('x', '3') + pub('y', '4'), '');
  await client.exchange('', msg('y', 1, '4'));
});

proves('4.3-05', 'the list form: accounts without users leave everyone in $G', async () => {
  const server = await TestServer.start({ config: 'accounts: [A, B]\n', monitor: true });
  const client = await server.open({ protocol: 1, user: 'whoever' });
  expect(await secondInfo(client)).toMatchObject({ remote_account: '$G', connect_info: true });
  const { accounts } = await getJson<{ accounts: string[] }>(server, '/accountz');
  expect(accounts.sort()).toEqual(['$G', '$SYS', 'A', 'B']);
});

proves('4.3-06', 'users of authorization are in $G beside accounts', async () => {
  const server = await TestServer.start({
    config: `${TWO}authorization { timeout: 60, users: [ { user: g, password: g } ] }\n`,
  });
  const [g, a] = [await open(server, 'g'), await open(server, 'a')];
  await a.exchange('SUB x 1\r\n', '');
  await g.exchange(`SUB x 1\r\n${pub('x', '!')}`, msg('x', 1, '!'));
  await a.exchange('', '');
  await refused(server, {});
  await refused(server, { user: 'g', pass: 'a' });
});

proves(
  ['4.3-07', '4.1-01', '4.1-09'],
  'bcrypt, kinds of connection and permissions of users of an account',
  async () => {
    const server = await TestServer.start({
      config: `authorization { timeout: 60 }
accounts {
  A {
    users: [
      { user: hashed, password: "${BCRYPT}" }
      { user: other, password: o, allowed_connection_types: [WEBSOCKET] }
      { user: own, password: o, permissions: { publish: open, subscribe: [ open, "q group" ] } }
    ]
  }
}
`,
    });
    await open(server, 'hashed', 'secret');
    await refused(server, { user: 'hashed', pass: 'x' });
    await refused(server, { user: 'other', pass: 'o' });
    const own = await open(server, 'own', 'o');
    const violation = (text: string) => err(`Permissions Violation for ${text}`);
    await own.exchange(pub('shut', 'x'), violation('Publish to "shut"'));
    await own.exchange('SUB shut 1\r\n', violation('Subscription to "shut"'));
    await own.exchange('SUB q 2\r\n', violation('Subscription to "q"'));
    await own.exchange(`SUB q group 3\r\nSUB open 4\r\n${pub('open', 'x')}`, msg('open', 4, 'x'));
  },
);

proves('4.2-12', 'default permissions are those of users without their own, in their account only', async () => {
  const server = await TestServer.start({
    config: `accounts {
  A {
    users: [ { user: a, password: a }, { user: own, password: own, permissions: { publish: other } } ]
    default_permissions: { publish: open }
  }
  B { users: [ { user: b, password: b } ] }
}
`,
  });
  const violation = (subject: string) => err(`Permissions Violation for Publish to "${subject}"`);
  await (await open(server, 'a')).exchange(pub('open', 'x') + pub('other', 'x'), violation('other'));
  await (await open(server, 'own')).exchange(pub('open', 'x') + pub('other', 'x'), violation('open'));
  await (await open(server, 'b')).exchange(pub('open', 'x') + pub('other', 'x'), '');
});

proves(['4.1-10', '1.2-07'], 'no_auth_user may be a user of an account', async () => {
  const server = await TestServer.start({ config: `${TWO}no_auth_user: a\n` });
  const [nobody, a2, b] = [await server.open(), await open(server, 'a2'), await open(server, 'b')];
  expect(nobody.info.auth_required).toBeUndefined();
  for (const client of [a2, b]) await client.exchange('SUB x 1\r\n', '');
  await nobody.exchange(pub('x', '!'), '');
  await a2.exchange('', msg('x', 1, '!'));
  await b.exchange('', '');
  await refused(server, { user: 'a', pass: 'wrong' });
});

const SYSTEM = 'accounts { "$SYS" { users: [ { user: s, password: s } ] } }\n';

proves(['4.1-07', '1.2-21'], 'where the system account alone is beside $G, $G stays open', async () => {
  const server = await TestServer.start({ config: SYSTEM, monitor: true });
  const [nobody, system] = [
    await server.open({ protocol: 1 }),
    await server.open({ protocol: 1, user: 's', pass: 's' }),
  ];
  for (const client of [nobody, system]) expect(client.info.auth_required).toBe(true);
  const info = await secondInfo(nobody);
  expect(info).toMatchObject({ remote_account: '$G', auth_required: true });
  expect(info).not.toHaveProperty('acc_is_sys');
  expect(await secondInfo(system)).toMatchObject({ remote_account: '$SYS', acc_is_sys: true });
  await system.exchange('SUB x 1\r\n', '');
  await nobody.exchange(pub('x', '!'), '');
  await system.exchange('', '');
  await refused(server, { user: 's', pass: 'wrong' });
  await refused(server, { user: 'nobody' });
  expect(await getJson(server, '/varz')).toMatchObject({ system_account: '$SYS', auth_required: true });
});

proves('4.1-07', 'and only there', async () => {
  for (const more of ['authorization { timeout: 60 }\n', 'authorization { users: [ { user: g, password: g } ] }\n']) {
    await refused(await TestServer.start({ config: SYSTEM + more }), {});
  }
  const third = SYSTEM.replace('} }', '}\n A {} }');
  await refused(await TestServer.start({ config: third }), {});
});

proves('4.3-08', 'another account may be the system account, or none', async () => {
  const named = await TestServer.start({ config: `${TWO}system_account: B\n`, monitor: true });
  const client = await named.open({ protocol: 1, user: 'b', pass: 'b' });
  expect(await secondInfo(client)).toMatchObject({ remote_account: 'B', acc_is_sys: true });
  const list = (server: TestServer) => getJson<{ system_account?: string; accounts: string[] }>(server, '/accountz');
  const { system_account, accounts } = await list(named);
  expect([system_account, accounts.sort()]).toEqual(['B', ['$G', 'A', 'B']]);
  const detail = await getJson<{ account_detail: Json }>(named, '/accountz?acc=B');
  expect(detail.account_detail.is_system).toBe(true);
  const without = await TestServer.start({ config: `${TWO}no_system_account: true\n`, monitor: true });
  expect((await list(without)).accounts.sort()).toEqual(['$G', 'A', 'B']);
  for (const path of ['/accountz', '/varz']) expect(await getJson(without, path)).not.toHaveProperty('system_account');
});

proves(['5.3-08', '5.3-09', '5.4-04'], 'connz and subsz tell accounts apart', async () => {
  const server = await TestServer.start({ config: TWO, monitor: true });
  const [a, a2, b] = [await open(server, 'a'), await open(server, 'a2'), await open(server, 'b')];
  await a.exchange('SUB x 1\r\nSUB y 2\r\n', '');
  await a2.exchange('SUB x 1\r\n', '');
  await b.exchange('SUB x 1\r\n', '');
  const cids = async (query: string) => (await connz(server, query)).connections.map(({ cid }) => cid);
  const cid = (client: typeof a) => client.info.client_id;
  expect(await cids('?acc=A')).toEqual([cid(a), cid(a2)]);
  expect(await cids('?acc=A&sort=subs')).toEqual([cid(a), cid(a2)]);
  expect(await cids('?acc=B')).toEqual([cid(b)]);
  expect(await cids('?user=a2')).toEqual([cid(a2)]);
  expect(await cids('?acc=$G')).toEqual([]);
  const { connections } = await connz(server, '?auth=1');
  const shown = connections.map(({ authorized_user, account, name_tag }) => [authorized_user, account, name_tag]);
  expect(shown).toEqual([
    ['a', 'A', 'A'],
    ['a2', 'A', 'A'],
    ['b', 'B', 'B'],
  ]);
  for (const one of (await connz(server)).connections) expect(one).not.toHaveProperty('account');
  expect(await connz(server, '?acc=NOPE')).toMatchObject({ server_id: '', connections: null, num_connections: 0 });
  const subsz = await getJson<{ subscriptions_list: Json[] }>(server, '/subsz?subs=1&acc=A&test=x');
  expect(subsz.subscriptions_list.map(({ account, account_tag, cid }) => [account, account_tag, cid])).toEqual([
    ['A', 'A', cid(a)],
    ['A', 'A', cid(a2)],
  ]);
  await a2.close();
  expect(await closedReason(server, cid(a2))).toBe('Client Closed');
  const closed = await connz(server, '?acc=A&state=closed&auth=1');
  expect(closed.connections.map(({ cid, account }) => [cid, account])).toEqual([[cid(a2), 'A']]);
});

proves('1.16-05', 'log lines name account and user', async () => {
  const server = await TestServer.start({ config: TWO, debug: true });
  const client = await open(server, 'a');
  await client.exchange('', '');
  await client.close();
  await server.waitForLog(/ - cid:\d+ - "A\/user:a" - Client connection closed: Client Closed$/);
});

const limited = (limits: string) =>
  `authorization { timeout: 60 }\n${TWO.replace('A {', `A { limits { ${limits} }\n`)}`;
const TOO_MANY = 'maximum account active connections exceeded';

proves(['4.4-01', '1.10-04', '1.11-06'], 'max_connections counts the connections of the account', async () => {
  const server = await TestServer.start({ config: limited('max_connections: 2'), monitor: true });
  const [first] = [await open(server, 'a'), await open(server, 'a2')];
  const third = await server.connect();
  third.send(connectLine({ user: 'a', pass: 'a' }));
  await third.expect(err(TOO_MANY));
  await third.expectClosed();
  expect(await closedReason(server, third.info.client_id)).toBe('Maximum Account Connections Exceeded');
  const entry = (await connz(server, '?state=closed&auth=1')).connections[0];
  expect(entry).toMatchObject({ authorized_user: 'a', account: 'A' });
  await server.waitForLog(new RegExp(`\\[ERR\\] 127\\.0\\.0\\.1:\\d+ - cid:\\d+ - ${TOO_MANY}$`));
  for (let i = 0; i < 3; i += 1) await (await open(server, 'b')).exchange('', '');
  await first.close();
  await closedReason(server, first.info.client_id);
  await (await open(server, 'a')).exchange('', '');
});

proves('4.4-01', 'no connections at all', async () => {
  const server = await TestServer.start({ config: limited('max_conn: 0') });
  const client = await server.connect();
  client.send(connectLine({ user: 'a', pass: 'a' }));
  await client.expect(err(TOO_MANY));
  await client.expectClosed();
});

proves('4.4-02', 'max_subscriptions counts the subscriptions of each connection', async () => {
  const server = await TestServer.start({ config: limited('max_subs: 2') });
  const subs = 'SUB x 1\r\nSUB y 2\r\nSUB z 3\r\n';
  const refusal = err('maximum subscriptions exceeded');
  const [a, a2] = [await open(server, 'a'), await open(server, 'a2')];
  await a.exchange(subs, refusal);
  await a2.exchange(subs, refusal);
  await (await open(server, 'b')).exchange(subs, '');
  await a.exchange(`UNSUB 1\r\nSUB z 3\r\n${pub('z', '!')}`, msg('z', 3, '!'));
});

proves(['4.4-03', '1.2-19', '1.5-13'], 'max_payload is told after CONNECT, and the lower one holds', async () => {
  const config = `max_payload: 1000\n${limited('max_payload: 100')}`;
  for (const [server, max] of [
    [await TestServer.start({ config }), 100],
    [await TestServer.start({ config: config.replace('payload: 100 ', 'payload: 5000 ') }), 1000],
  ] as const) {
    const client = await server.open({ protocol: 1, user: 'a', pass: 'a' });
    expect(client.info.max_payload).toBe(1000);
    expect(await secondInfo(client)).toMatchObject({ max_payload: max, remote_account: 'A' });
    await client.exchange(pub('x', 'x'.repeat(max)), '');
    client.send(pub('x', 'x'.repeat(max + 1)));
    await client.expect(err('Maximum Payload Violation'));
    await client.expectClosed();
  }
});
