/**
 * Section 7.4: what a reload of accounts does to clients. What differs on purpose: see reload.test.ts, and the tests that
 * say so.
 */
import { expect } from 'vitest';
import { until } from '../support/deadline.js';
import { closedReason, connz } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, err, msg, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer, underReference, writeConfig } from '../support/server.js';

endServersAfterEach();

const HTTP = 'http: "127.0.0.1:-1"\nauthorization { timeout: 60 }\n';
const users = (...names: string[]) => names.map((name) => `{ user: ${name}, password: ${name} }`).join(', ');
/** Accounts with their users and whatever else is in them. */
const accounts = (all: Record<string, [users: string[], more?: string]>) =>
  `accounts {\n${Object.entries(all)
    .map(([name, [list, more = '']]) => `${name} { users: [ ${users(...list)} ]\n${more} }\n`)
    .join('')}}\n`;

const start = (all: Parameters<typeof accounts>[0]) =>
  TestServer.start({ config: HTTP.replace(/http.*\n/, '') + accounts(all), monitor: true });
const open = (server: TestServer, name: string) => server.open({ user: name, pass: name });

async function reload(server: TestServer, config: string): Promise<string> {
  const from = server.log.length;
  writeConfig(server.dir, HTTP + config);
  server.kill('SIGHUP');
  return server.waitForLog(/Reloaded server configuration|Failed to reload server configuration/, from);
}

async function expectClosed(server: TestServer, client: RawClient, reason: string, text?: string): Promise<void> {
  if (text !== undefined) await client.expect(err(text));
  await client.expectClosed();
  expect(await closedReason(server, client.info.client_id)).toBe(reason);
}

proves('7.4-07', 'a user in another account: its connections are closed, and come back there', async () => {
  const server = await start({ A: [['a', 'moves']], B: [['b']] });
  const [a, b, moves] = [await open(server, 'a'), await open(server, 'b'), await open(server, 'moves')];
  for (const client of [a, b, moves]) await client.exchange('SUB x 1\r\n', '');
  await reload(server, accounts({ A: [['a']], B: [['b', 'moves']] }));
  await expectClosed(server, moves, 'Client Closed');
  const again = await open(server, 'moves');
  await again.exchange(pub('x', '!'), '');
  await b.exchange('', msg('x', 1, '!'));
  await a.exchange('', '');
  const entry = (await connz(server, `?auth=1&cid=${again.info.client_id}`)).connections[0];
  expect(entry).toMatchObject({ account: 'B', authorized_user: 'moves' });
});

proves('7.4-07', 'the same for an account under another name', async () => {
  const server = await start({ A: [['a']], B: [['b']] });
  const [a, b] = [await open(server, 'a'), await open(server, 'b')];
  await reload(server, accounts({ A: [['a']], C: [['b']] }));
  await expectClosed(server, b, 'Client Closed');
  await a.exchange('', '');
});

proves('7.4-08', 'an account that is removed, and others that stay', async () => {
  const server = await start({ A: [['a']], B: [['b']] });
  const [a, b] = [await open(server, 'a'), await open(server, 'b')];
  await b.exchange('SUB x 1\r\n', '');
  await reload(server, accounts({ B: [['b']] }));
  if (underReference) await expectClosed(server, a, 'Client Closed');
  else await expectClosed(server, a, 'Authentication Failure', 'Authorization Violation');
  await b.exchange(pub('x', '!'), msg('x', 1, '!'));
  expect(await connz(server, '?acc=A')).toMatchObject({ connections: null });
});

proves('7.4-09', 'accounts and users that are added', async () => {
  const server = await start({ A: [['a']] });
  const a = await open(server, 'a');
  await a.exchange('SUB x 1\r\n', '');
  await reload(server, accounts({ A: [['a', 'a2']], B: [['b']] }));
  const [a2, b] = [await open(server, 'a2'), await open(server, 'b')];
  await b.exchange(pub('x', 'b'), '');
  await a2.exchange(pub('x', 'a'), '');
  await a.exchange('', msg('x', 1, 'a'));
});

proves('7.4-09', 'accounts where there were none: who has no credentials is closed', async () => {
  const server = await TestServer.start({ config: '', monitor: true });
  const nobody = await server.open();
  await reload(server, accounts({ A: [['a']] }));
  await expectClosed(server, nobody, 'Authentication Failure', 'Authorization Violation');
  const a = await open(server, 'a');
  await reload(server, '# none any more\n');
  await expectClosed(server, a, 'Client Closed');
});

proves('7.4-10', 'default permissions of an account change for its connected clients', async () => {
  const server = await start({ A: [['a']], B: [['b']] });
  const [a, b] = [await open(server, 'a'), await open(server, 'b')];
  for (const client of [a, b]) await client.exchange('SUB x.1 1\r\nSUB y 2\r\n', '');
  const only = 'default_permissions { publish: y, subscribe: y }';
  await reload(server, accounts({ A: [['a'], only], B: [['b']] }));
  await a.exchange('', err('Permissions Violation for Subscription to "x.1" (sid "1")'));
  await a.exchange(pub('x.1', '!'), err('Permissions Violation for Publish to "x.1"'));
  await a.exchange(pub('y', '!'), msg('y', 2, '!'));
  await b.exchange(pub('x.1', '!'), msg('x.1', 1, '!'));
  await reload(server, accounts({ A: [['a']], B: [['b']] }));
  await a.exchange(`SUB x.1 1\r\n${pub('x.1', '!')}`, msg('x.1', 1, '!'));
});

proves('4.4-04', 'fewer connections: those that are too many are told and closed', async () => {
  const server = await start({ A: [['a']], B: [['b']] });
  const clients: RawClient[] = [];
  for (let i = 0; i < 4; i += 1) clients.push(await open(server, 'a'));
  const other = await open(server, 'b');
  await reload(server, accounts({ A: [['a'], 'limits { max_connections: 2 }'], B: [['b']] }));
  const gone = await until(() => {
    const closed = clients.filter((client) => client.closed);
    return closed.length === 2 ? closed : undefined;
  }, 'two to be closed');
  // The reference decides in an order of its own.
  if (!underReference) expect(gone).toEqual(clients.slice(2));
  const reason = 'Maximum Account Connections Exceeded';
  for (const client of gone) {
    await expectClosed(server, client, reason, 'maximum account active connections exceeded');
  }
  await server.waitForLog(/maximum account active connections exceeded - Account:A - user:a$/);
  for (const client of [...clients, other]) if (!client.closed) await client.exchange('', '');
  const late = await server.connect();
  late.send(connectLine({ user: 'a', pass: 'a' }));
  await expectClosed(server, late, reason, 'maximum account active connections exceeded');
});

proves('4.4-05', 'fewer subscriptions: who has more is told and closed', async () => {
  const server = await start({ A: [['a']], B: [['b']] });
  const [few, many, other] = [await open(server, 'a'), await open(server, 'a'), await open(server, 'b')];
  await few.exchange('SUB x 1\r\n', '');
  for (const client of [many, other]) await client.exchange('SUB x 1\r\nSUB y 2\r\nSUB z 3\r\n', '');
  await reload(server, accounts({ A: [['a'], 'limits { max_subs: 2 }'], B: [['b']] }));
  await expectClosed(server, many, 'Maximum Subscriptions Exceeded', 'maximum subscriptions exceeded');
  await few.exchange('SUB y 2\r\nSUB z 3\r\n', err('maximum subscriptions exceeded'));
  await other.exchange('SUB w 4\r\n', '');
});

proves(
  '4.4-05',
  'who has as many as it may stays',
  async () => {
    const server = await start({ A: [['a']] });
    const client = await open(server, 'a');
    await client.exchange('SUB x 1\r\nSUB y 2\r\n', '');
    const config = accounts({ A: [['a'], 'limits { max_subs: 2 }'] });
    await reload(server, config);
    await reload(server, config);
    await client.exchange(pub('x', '!'), msg('x', 1, '!'));
  },
  { oursOnly: 'every reload of the reference closes connections that have reached the limit' },
);

proves('4.4-06', 'a smaller payload counts at once, without a word', async () => {
  const server = await start({ A: [['a']], B: [['b']] });
  const [a, b] = [
    await server.open({ protocol: 1, user: 'a', pass: 'a' }),
    await server.open({ protocol: 1, user: 'b', pass: 'b' }),
  ];
  for (const client of [a, b]) await client.next('INFO');
  await a.exchange('SUB x 1\r\n', '');
  await reload(server, accounts({ A: [['a'], 'limits { max_payload: 10 }'], B: [['b']] }));
  await a.exchange(pub('x', '1234567890'), msg('x', 1, '1234567890'));
  a.send(pub('x', '12345678901'));
  await expectClosed(server, a, 'Maximum Message Payload Exceeded', 'Maximum Payload Violation');
  await b.exchange(pub('x', '12345678901'), '');
});
