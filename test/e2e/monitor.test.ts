/** Monitoring of an embedded broker: with clients that misbehave, and while it stops. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { withDeadline } from '../support/deadline.js';
import { closeAllClients, openClient } from '../support/raw.js';

// The built library, as a user gets it.
const { Broker } = (await import('../../dist/index.js' as string)) as typeof import('../../src/index.js');

const sockets: Socket[] = [];
const brokers: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  closeAllClients();
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

async function start() {
  const broker = await Broker.start({ port: 0, host: '127.0.0.1', http: '127.0.0.1:0' });
  brokers.push(broker);
  return { broker, url: new URL(broker.monitorUrl as string) };
}

async function http(url: URL, text: string): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

test('a request that never ends is given up', async () => {
  const { url } = await start();
  const socket = await http(url, 'GET /varz HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  const [answer] = (await withDeadline(once(socket, 'data'), 'the answer to half a request')) as [Buffer];
  expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
  await withDeadline(once(socket, 'close'), 'the close');
}, 30_000);

test('a client that does not read holds no other up, and no stop', async () => {
  const { broker, url } = await start();
  await openClient(broker.port, { name: 'n'.repeat(1000) });
  const deaf = await http(url, 'GET /stacksz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(5000));
  deaf.pause();
  for (const path of ['healthz', 'connz', 'metrics']) {
    expect((await fetch(new URL(`/${path}`, url))).status, path).toBe(200);
  }
  await withDeadline(broker.stop(), 'the stop');
});

test('an idle connection does not hold the stop up', async () => {
  const { broker, url } = await start();
  const socket = await http(url, 'GET /varz HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  socket.resume();
  const closed = once(socket, 'close');
  await withDeadline(broker.stop(), 'the stop');
  await withDeadline(closed, 'the close');
});
