/**
 * Accounts of the library: typed options, messages without a connection in any account, `authenticate` with an account,
 * and what becomes of both when a reload removes one. With the built package and raw clients.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { until, withDeadline } from '../support/deadline.js';
import { closeAllClients, err, msg, openClient, pub, RawClient } from '../support/raw.js';

type Library = typeof import('../../src/index.js');
type Broker = Awaited<ReturnType<Library['Broker']['start']>>;
type Options = NonNullable<Parameters<Library['Broker']['start']>[0]>;

let library: Library;
const started: Broker[] = [];

beforeAll(async () => {
  library = (await import(pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href)) as Library;
});
afterEach(async () => {
  closeAllClients();
  await Promise.all(started.splice(0).map((broker) => broker.stop()));
});

async function start(options: Options): Promise<Broker> {
  const broker = await library.Broker.start({ host: '127.0.0.1', port: 0, ...options });
  started.push(broker);
  return broker;
}

const users = (...names: string[]) => ({ users: names.map((user) => ({ user, password: user })) });
const login = (broker: Broker, user: string) => openClient(broker.port, { user, pass: user });
const TWO = { A: users('a'), B: users('b') };

test('options of accounts, and their clients', async () => {
  const limits = { maxConnections: 1, maxSubscriptions: 5, maxPayload: '1KB' };
  const defaultPermissions = { publish: { deny: 'shut' } };
  const broker = await start({ accounts: { A: { ...users('a'), limits, defaultPermissions }, B: users('b') } });
  const [a, b] = [await login(broker, 'a'), await login(broker, 'b')];
  await b.exchange('SUB > 1\r\n', '');
  await a.exchange(`SUB > 1\r\n${pub('x', '!')}`, msg('x', 1, '!'));
  await a.exchange(pub('shut', '!'), err('Permissions Violation for Publish to "shut"'));
  await b.exchange('', '');
  const late = await RawClient.connect(broker.port);
  late.send('CONNECT {"user":"a","pass":"a"}\r\n');
  await late.expect(err('maximum account active connections exceeded'));
  expect(broker.connections().map(({ account, user }) => [account, user])).toEqual([
    ['A', 'a'],
    ['B', 'b'],
  ]);
  const names = broker.stats().accounts.map(({ name, connections }) => [name, connections]);
  expect(names).toEqual([
    ['$G', 0],
    ['$SYS', 0],
    ['A', 1],
    ['B', 1],
  ]);
  await expect(library.Broker.start({ accounts: { $G: {} } })).rejects.toThrow('"$G" is a Reserved Account');
});

test('the program subscribes, publishes and asks in any account', async () => {
  const broker = await start({ accounts: TWO });
  const [a, b] = [await login(broker, 'a'), await login(broker, 'b')];
  for (const client of [a, b]) await client.exchange('SUB x 1\r\n', '');
  broker.publish('x', 'to A', { account: 'A' });
  broker.publish('x', 'to $G');
  await broker.flush();
  await a.exchange('', msg('x', 1, 'to A'));
  await b.exchange('', '');
  const seen: string[] = [];
  const subscription = await broker.subscribe('service', { account: 'B' }, (message) => {
    seen.push(message.text());
    message.respond('answer');
  });
  expect([subscription.account, subscription.ended]).toEqual(['B', false]);
  expect((await broker.request('service', 'ours', { account: 'B' })).text()).toBe('answer');
  await expect(broker.request('service', 'ours', { account: 'A' })).rejects.toThrow(library.NoRespondersError);
  await expect(broker.request('service', 'ours')).rejects.toThrow(library.NoRespondersError);
  await a.exchange(pub('service', "a's"), '');
  b.send(`SUB reply 2\r\n${pub('service', "b's", 'reply')}`);
  await b.expect(msg('reply', 2, 'answer'));
  expect(seen).toEqual(['ours', "b's"]);
  subscription.unsubscribe();
  expect(subscription.ended).toBe(true);
});

test('exports and imports: clients and the program get what their account imports, as reloads change it', async () => {
  const A = { ...users('a'), exports: [{ stream: 'x.*', accounts: ['B'] }] };
  const base = { host: '127.0.0.1', port: 0 };
  const from = (subject: string) => ({ stream: { account: 'A', subject } });
  const broker = await start({ accounts: { A, B: { ...users('b'), imports: [{ ...from('x.*'), prefix: 'p' }] } } });
  const [a, b] = [await login(broker, 'a'), await login(broker, 'b')];
  await b.exchange('SUB > 1\r\n', '');
  const got: string[] = [];
  await broker.subscribe('>', { account: 'B' }, (message) => void got.push(`${message.subject} ${message.text()}`));
  const arrived = async (...expected: string[]) => {
    await b.exchange('', expected.map((subject) => msg(subject, 1, '!')).join(''));
    const wanted = expected.map((subject) => `${subject} !`);
    await until(() => (got.length >= wanted.length ? true : undefined), 'messages to arrive');
    expect(got.splice(0)).toEqual(wanted);
  };
  await a.exchange(pub('x.1', '!') + pub('y', '!'), '');
  await arrived('p.x.1');
  await broker.reload({ ...base, accounts: { A, B: { ...users('b'), imports: [from('x.2')] } } });
  await a.exchange(pub('x.1', '!') + pub('x.2', '!'), '');
  await arrived('x.2');
  const C = { ...users('c'), imports: [from('x.1')] };
  const refused = 'Error adding stream import "x.1": stream import not authorized';
  await expect(broker.reload({ ...base, accounts: { A, B: users('b'), C } })).rejects.toThrow(refused);
});

test('services between accounts: clients and the program ask and answer alike', async () => {
  const A = { ...users('a'), exports: [{ service: 'x.*' }, { service: 'parts', response: 'stream' as const }] };
  const service = (subject: string) => ({ service: { account: 'A', subject } });
  const imports = [{ ...service('x.*'), to: 'y.$1', share: true }, service('parts')];
  const broker = await start({ accounts: { A, B: { ...users('b'), imports } } });
  const ask = (subject: string) => broker.request(subject, '?', { account: 'B' });
  await expect(ask('y.1')).rejects.toThrow(library.NoRespondersError);
  const told: string[] = [];
  const subscription = await broker.subscribe('x.*', { account: 'A' }, (message) => {
    told.push(`${message.subject} ${message.headers?.get('Nats-Request-Info') ?? ''}`);
    message.respond('from the program');
    message.respond('and again');
  });
  expect((await ask('y.1')).text()).toBe('from the program');
  const b = await login(broker, 'b');
  b.send(`SUB inbox 2\r\n${pub('y.2', '?', 'inbox')}`);
  await b.expect(msg('inbox', 2, 'from the program'));
  await b.exchange('', '');
  expect(told).toEqual([expect.stringMatching(/^x\.1 \{.*"acc":"B"/), expect.stringMatching(/^x\.2 \{.*"user":"b"/)]);
  subscription.unsubscribe();
  const a = await openClient(broker.port, { user: 'a', pass: 'a' });
  await a.exchange('SUB x.* 1\r\nSUB parts 2\r\n', '');
  const answered = ask('y.3');
  const asked = await a.next('MSG');
  expect([asked.subject, asked.payload?.toString()]).toEqual(['x.3', '?']);
  a.send(pub(asked.reply ?? '', 'from a client'));
  expect((await answered).text()).toBe('from a client');
  const parts: string[] = [];
  await broker.subscribe('inbox', { account: 'B' }, (message) => void parts.push(message.text()));
  broker.publish('parts', '?', { account: 'B', reply: 'inbox' });
  const { reply = '' } = await a.next('MSG');
  a.send(['1', '2', ''].map((part) => pub(reply, part)).join(''));
  await until(() => (parts.length >= 3 ? true : undefined), 'the answers');
  expect(parts).toEqual(['1', '2', '']);
});

test('an account that is not there is an error at once', async () => {
  const broker = await start({ accounts: TWO });
  const refused = { name: 'NoAccountError', code: 'NO_ACCOUNT', account: 'C' };
  const account = { account: 'C' };
  expect(() => broker.publish('x', '', account)).toThrow(expect.objectContaining(refused));
  await expect(broker.subscribe('x', account, () => {})).rejects.toMatchObject(refused);
  await expect(broker.request('x', '', account)).rejects.toMatchObject(refused);
  await broker.reload({ host: '127.0.0.1', port: 0, accounts: { ...TWO, C: {} } });
  broker.publish('x', '', account);
  await broker.flush();
});

test('what the program has in an account ends with it, and is told of', async () => {
  const options = { host: '127.0.0.1', port: 0 };
  const broker = await start({ ...options, accounts: TWO });
  const warned: string[] = [];
  broker.on('log', ({ level, text }) => {
    if (level === 'WRN' && text.startsWith('Account')) warned.push(text);
  });
  const [gone, stays] = [
    await broker.subscribe('x.>', { account: 'A' }, () => {}),
    await broker.subscribe('x.>', { account: 'B' }, () => {}),
  ];
  await broker.subscribe('silent', { account: 'A' }, () => {});
  const request = broker.request('silent', '', { account: 'A', timeoutMs: 60_000 });
  const rejected = expect(request).rejects.toMatchObject({ code: 'NO_ACCOUNT', account: 'A' });
  const a = await login(broker, 'a');
  // Not handed down yet when the account goes.
  broker.publish('last', 'word', { account: 'A' });
  await broker.reload({ ...options, accounts: { B: users('b') } });
  await rejected;
  await a.expect(err('Authorization Violation'));
  expect([gone.ended, stays.ended]).toEqual([true, false]);
  expect(warned).toEqual(['Account A was removed: this process is no longer subscribed to "x.>", "silent"']);
  gone.unsubscribe();
  expect(() => broker.publish('x.y', '', { account: 'A' })).toThrow(library.NoAccountError);
  broker.publish('x.y', '', { account: 'B' });
  await broker.flush();
  await expect.poll(() => stays.received).toBe(1);
});

test('authenticate puts clients into accounts', async () => {
  const broker = await start({
    accounts: { A: { defaultPermissions: { publish: 'open' } }, B: {} },
    authorization: { timeout: '60s' },
    authenticate: ({ user = '' }) => ({ user, ...(user === 'nobody' ? {} : { account: user.toUpperCase() }) }),
  });
  const [a, b, nobody] = [await login(broker, 'a'), await login(broker, 'b'), await login(broker, 'nobody')];
  for (const client of [b, nobody]) await client.exchange('SUB > 1\r\n', '');
  await a.exchange(`SUB > 1\r\n${pub('open', '!')}`, msg('open', 1, '!'));
  await a.exchange(pub('other', '!'), err('Permissions Violation for Publish to "other"'));
  await b.exchange(pub('other', '!'), msg('other', 1, '!'));
  await nobody.exchange('', '');
  expect(broker.connections().map(({ account }) => account)).toEqual(['A', 'B', '$G']);
  const line = new Promise<string>((resolve) => {
    broker.on('log', ({ text }) => text.includes('there is no account') && resolve(text));
  });
  const unknown = await RawClient.connect(broker.port);
  unknown.send('CONNECT {"user":"c"}\r\n');
  await unknown.expect(err('Authorization Violation'));
  expect(await withDeadline(line, 'the log line')).toContain('there is no account "C", declare it under accounts');
  await expect(start({ accounts: TWO, authenticate: () => ({ user: 'x' }) })).rejects.toThrow(
    'Can not have authenticate',
  );
});
