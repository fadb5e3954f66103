/**
 * The in-process client of the library: subscribe, publish and request without a socket, with real clients at the other
 * end.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeAll, expect, test } from 'vitest';

type Library = typeof import('../../src/index.js');
type Broker = Awaited<ReturnType<Library['Broker']['start']>>;
type Message = import('../../src/index.js').Message;

let library: Library;
const brokers: Broker[] = [];
const clients: NatsConnection[] = [];

beforeAll(async () => {
  library = (await import(pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href)) as Library;
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

async function start(options: Parameters<Library['Broker']['start']>[0] = {}): Promise<Broker> {
  const broker = await library.Broker.start({ host: '127.0.0.1', port: 0, ...options });
  brokers.push(broker);
  return broker;
}

async function client(broker: Broker): Promise<NatsConnection> {
  const connection = await connect({ servers: broker.url });
  clients.push(connection);
  return connection;
}

/** Resolves with the messages once there are so many. */
function collect(count: number): { handler: (message: Message) => void; done: Promise<string[]> } {
  const texts: string[] = [];
  let resolve: (texts: string[]) => void = () => {};
  const done = new Promise<string[]>((settle) => {
    resolve = settle;
  });
  const handler = (message: Message) => {
    if (texts.push(message.text()) === count) resolve(texts);
  };
  return { handler, done };
}

test('messages of a client reach a subscription in order', async () => {
  const broker = await start();
  const publisher = await client(broker);
  const { handler, done } = collect(10_000);
  const subscription = await broker.subscribe('orders.*', handler);
  for (let i = 0; i < 10_000; i += 1) publisher.publish(`orders.${i % 7}`, `${i}`);
  expect(await done).toEqual(Array.from({ length: 10_000 }, (_, i) => `${i}`));
  expect(subscription.received).toBe(10_000);
  expect(broker.stats().connections).toBe(1);
});

test('a subscription sees subject, reply, headers and payload, and none after unsubscribe', async () => {
  const broker = await start();
  const publisher = await client(broker);
  const seen: unknown[] = [];
  const subscription = await broker.subscribe('a.>', ({ subject, reply, headers: given, data }) => {
    seen.push([subject, reply, given?.get('x-kind'), [...data]]);
  });
  const given = headers();
  given.set('X-Kind', 'späte Werte');
  publisher.publish('a.b.c', new Uint8Array([0, 255]), { headers: given, reply: 'answers' });
  publisher.publish('a.b');
  await publisher.flush();
  await broker.request('a.none').catch(() => {});
  subscription.unsubscribe();
  publisher.publish('a.late');
  await publisher.flush();
  await broker.flush();
  expect(seen.slice(0, 2)).toEqual([
    ['a.b.c', 'answers', 'späte Werte', [0, 255]],
    ['a.b', undefined, undefined, []],
  ]);
  expect(seen).not.toContainEqual(expect.arrayContaining(['a.late']));
});

test('a client gets what is published, with headers, in order', async () => {
  const broker = await start();
  const subscriber = await client(broker);
  const subscription = subscriber.subscribe('news', { max: 1001 });
  await subscriber.flush();
  for (let i = 0; i < 1000; i += 1) broker.publish('news', `${i}`);
  broker.publish('news', Buffer.from('last'), { headers: { kind: ['a', 'b'] }, reply: 'r' });
  const texts: string[] = [];
  for await (const message of subscription) {
    texts.push(message.string());
    if (message.reply) expect(message.headers?.values('kind')).toEqual(['a', 'b']);
  }
  expect(texts).toEqual([...Array.from({ length: 1000 }, (_, i) => `${i}`), 'last']);
});

test('requests of clients are answered, by async handlers as well', async () => {
  const broker = await start();
  const requester = await client(broker);
  await broker.subscribe('double', { queue: 'workers' }, async (message) => {
    await Promise.resolve();
    message.respond(`${2 * Number(message.text())}`, { headers: { by: 'broker' } });
  });
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => requester.request('double', `${i}`)));
  expect(answers.map((answer) => Number(answer.string()))).toEqual(Array.from({ length: 100 }, (_, i) => 2 * i));
  expect(answers[0]?.headers?.get('by')).toBe('broker');
});

test('the broker asks clients and itself', async () => {
  const broker = await start();
  const responder = await client(broker);
  responder.subscribe('echo', { callback: (_, message) => void message.respond(message.data) });
  await responder.flush();
  expect((await broker.request('echo', 'hello')).text()).toBe('hello');
  await broker.subscribe('self', (message) => void message.respond(JSON.stringify({ asked: message.json() })));
  expect((await broker.request('self', '[1]')).json()).toEqual({ asked: [1] });
});

test('nobody there, no answer in time, given up, broker stopped: each its own error', async () => {
  const broker = await start();
  await broker.subscribe('silent', () => {});
  await expect(broker.request('nobody')).rejects.toMatchObject({ name: 'NoRespondersError', code: 'NO_RESPONDERS' });
  await expect(broker.request('silent', '', { timeoutMs: 1 })).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  const abort = new AbortController();
  const given = broker.request('silent', '', { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  const pending = broker.request('silent');
  const ended = expect(pending).rejects.toMatchObject({ code: 'BROKER_STOPPED' });
  await broker.stop();
  await ended;
  await expect(broker.request('silent')).rejects.toMatchObject({ code: 'BROKER_STOPPED' });
});

test('a handler that throws or rejects is reported, and its request is answered with an error', async () => {
  const broker = await start();
  const requester = await client(broker);
  const reported: unknown[] = [];
  broker.on('handlerError', (error, subject) => reported.push([subject, (error as Error).message]));
  await broker.subscribe('throws', () => {
    throw new Error('first');
  });
  await broker.subscribe('rejects', async () => Promise.reject(new Error('second')));
  for (const subject of ['throws', 'rejects']) {
    const answer = await requester.request(subject);
    expect(answer.headers?.get('Nats-Service-Error-Code')).toBe('500');
  }
  expect(reported).toEqual([
    ['throws', 'first'],
    ['rejects', 'second'],
  ]);
});

test('what can be no message is refused where it is published', async () => {
  const broker = await start({ maxPayload: 100 });
  for (const subject of ['', 'a b', 'a.*', 'a\r\nPUB x 0', '.a', 'a..b']) {
    expect(() => broker.publish(subject)).toThrow(expect.objectContaining({ code: 'INVALID_SUBJECT' }));
  }
  expect(() => broker.publish('a', 'x', { headers: { 'a\r\nb': 'c' } })).toThrow(
    expect.objectContaining({ code: 'INVALID_HEADER' }),
  );
  expect(() => broker.publish('a', 'x'.repeat(101))).toThrow(expect.objectContaining({ code: 'MAX_PAYLOAD' }));
  await expect(broker.subscribe('a.>.b', () => {})).rejects.toMatchObject({ code: 'INVALID_SUBJECT' });
  await expect(broker.subscribe('a', { account: 'none' }, () => {})).rejects.toMatchObject({ code: 'NO_ACCOUNT' });
});

test('a broker without a listener serves its own process', async () => {
  const broker = await start({ dontListen: true });
  await broker.subscribe('a', (message) => void message.respond('here'));
  expect((await broker.request('a')).text()).toBe('here');
});
