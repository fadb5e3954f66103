/**
 * The library as its user has it: the built package, a real client, and processes that must end by themselves.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NodePeer } from '../clients/peers/node.js';
import { withDeadline } from '../support/deadline.js';
import { portToKeep } from '../support/port.js';
import { closeAllClients, openClient, RawClient } from '../support/raw.js';
import { runProgram } from './programs.js';

type Library = typeof import('../../src/index.js');
type Broker = Awaited<ReturnType<Library['Broker']['start']>>;
type Options = Parameters<Library['Broker']['start']>[0];

let library: Library;
const peer = new NodePeer();
const started: Broker[] = [];

beforeAll(async () => {
  library = (await import(pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href)) as Library;
});
afterEach(async () => {
  closeAllClients();
  await peer.end();
  await Promise.all(started.splice(0).map((broker) => broker.stop()));
});
afterAll(() => peer.end());

async function start(options: Options = {}): Promise<Broker> {
  const broker = await library.Broker.start({ host: '127.0.0.1', port: 0, ...options });
  started.push(broker);
  return broker;
}

/** The next event of that name, as its argument. */
function next<T>(broker: Broker, event: 'connect' | 'disconnect'): Promise<T> {
  const happened = new Promise<T>((resolve) => broker.once(event, (value) => resolve(value as T)));
  return withDeadline(happened, `the event ${event}`);
}

describe('a broker inside the process', () => {
  test('starts on a free port, serves a real client, stops', async () => {
    const broker = await start();
    expect(broker.url).toBe(`nats://127.0.0.1:${broker.port}`);
    const client = await peer.connect({ url: broker.url });
    await client.echo('echo');
    expect((await client.request('echo', { text: 'hello', headers: { A: ['b'] } })).payload).toBe('hello');
    expect(broker.stats().connections).toBe(1);
    expect(broker.connections().map(({ lang }) => lang)).toEqual(['nats.js']);
    await broker.stop();
    await withDeadline(client.event('disconnected'), 'the client to be disconnected');
    await expect(RawClient.connect(broker.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('stop may be called twice and at once, and what it owned is refused afterwards', async () => {
    const broker = await start();
    await Promise.all([broker.stop(), broker.stop()]);
    await broker.stop();
    expect(() => broker.stats()).toThrowError(library.StoppedError);
  });

  test('`await using` stops it at the end of the block', async () => {
    let port: number;
    {
      await using broker = await library.Broker.start({ host: '127.0.0.1', port: 0 });
      port = broker.port;
      await openClient(port);
    }
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('several brokers do not hear each other', async () => {
    const brokers = [await start(), await start(), await start()];
    expect(new Set(brokers.map(({ port }) => port)).size).toBe(3);
    expect(new Set(brokers.map(({ serverId }) => serverId)).size).toBe(3);
    const clients = await Promise.all(brokers.map(({ url }) => peer.connect({ url })));
    const inboxes = await Promise.all(clients.map((client) => client.subscribe('>')));
    for (const [index, client] of clients.entries()) await client.publish('here', { text: String(index) });
    for (const [index, inbox] of inboxes.entries()) {
      const texts = (await inbox.drain()).filter(({ subject }) => subject === 'here').map(({ payload }) => payload);
      expect(texts).toEqual([String(index)]);
    }
    // One of them leaves: the two others go on.
    await brokers[0]?.stop();
    for (const client of clients.slice(1)) {
      await client.echo('echo');
      expect((await client.request('echo', { text: 'on' })).payload).toBe('on');
    }
  });

  test('typed options reach the data plane', async () => {
    const broker = await start({
      serverName: 'embedded',
      maxPayload: 100,
      authorization: {
        timeout: '60s',
        users: [{ user: 'ada', password: 'lovelace', permissions: { publish: 'open.>' } }],
      },
    });
    const client = await openClient(broker.port, { user: 'ada', pass: 'lovelace' });
    expect(client.info).toMatchObject({ server_name: 'embedded', max_payload: 100, auth_required: true });
    await client.exchange('PUB shut 2\r\nhi\r\n', `-ERR 'Permissions Violation for Publish to "shut"'\r\n`);
    await expect(peer.connect({ url: broker.url, user: 'ada', password: 'no' })).rejects.toMatchObject({
      kind: 'authorization',
    });
  });

  test('lame duck mode tells the client and ends in a stop', async () => {
    const broker = await start({ lameDuckGracePeriod: '10ms' });
    const client = await peer.connect({ url: broker.url });
    const retired = broker.lameDuck();
    await withDeadline(client.event('lame-duck'), 'the client to be told');
    await withDeadline(client.event('disconnected'), 'the client to be closed');
    await withDeadline(retired, 'the broker to stop');
    expect(() => broker.stats()).toThrowError(library.StoppedError);
  });
});

describe('its events', () => {
  interface Connection {
    cid: number;
    name?: string;
    lang?: string;
    reason?: string;
    inMsgs: number;
  }

  test('connect and disconnect say who and why', async () => {
    const broker = await start();
    const connected = next<Connection>(broker, 'connect');
    const client = await openClient(broker.port, { name: 'guest', lang: 'raw' });
    expect(await connected).toMatchObject({ cid: client.info.client_id, name: 'guest', lang: 'raw' });
    await client.exchange('PUB a 1\r\nx\r\n', '');
    const left = next<Connection>(broker, 'disconnect');
    await client.close();
    expect(await left).toMatchObject({ cid: client.info.client_id, reason: 'Client Closed', inMsgs: 1 });
    expect(broker.closedConnections().map(({ cid }) => cid)).toContain(client.info.client_id);
  });

  test('stop reports each connection as ended by the server', async () => {
    const broker = await start();
    const clients = [await openClient(broker.port), await openClient(broker.port)];
    const reasons: (string | undefined)[] = [];
    broker.on('disconnect', ({ reason }) => reasons.push(reason));
    await broker.stop();
    expect(reasons).toEqual(['Server Shutdown', 'Server Shutdown']);
    for (const client of clients) await client.expectClosed();
  });

  test('a connection can be closed by its number', async () => {
    const broker = await start();
    const client = await openClient(broker.port);
    expect(broker.closeConnection(client.info.client_id)).toBe(true);
    await client.drainUntilClosed();
    expect(broker.closeConnection(999_999)).toBe(false);
  });

  test('log hands over each line with its level', async () => {
    const broker = await start();
    const lines: string[] = [];
    broker.on('log', ({ level, text }) => lines.push(`${level} ${text}`));
    const wrong = await RawClient.connect(broker.port);
    wrong.send('NONSENSE\r\n');
    await wrong.drainUntilClosed();
    await broker.stop();
    expect(lines).toContain('INF Initiating Shutdown...');
    expect(lines).toContainEqual(expect.stringMatching(/^ERR .*cid:\d+ - ./));
  });
});

describe('its errors are typed and say what to do', () => {
  test('a port in use, by another broker and by anything else', async () => {
    const broker = await start();
    const again = library.Broker.start({ host: '127.0.0.1', port: broker.port });
    await expect(again).rejects.toBeInstanceOf(library.PortInUseError);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      const taken = library.Broker.start({ host: '127.0.0.1', port });
      await expect(taken).rejects.toMatchObject({
        name: 'PortInUseError',
        code: 'EADDRINUSE',
        message: expect.stringMatching(`${port}.*choose another port`),
      });
    } finally {
      other.close();
    }
    // The failed starts have not hurt the one that runs.
    await openClient(broker.port);
  });

  test('an address of another machine', async () => {
    await expect(library.Broker.start({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      name: 'AddressError',
      message: expect.stringContaining('192.0.2.1'),
    });
  });

  test('a port that the user may not bind', async (ctx) => {
    const allowedFrom = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    if (allowedFrom <= 1) ctx.skip('skipped: needs a system that guards low ports');
    const root = process.getuid?.() === 0;
    const ended = await runProgram('low-port.mjs', root ? { uid: 65_534 } : {});
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toEqual({
      name: 'PermissionError',
      code: 'EACCES',
      message: expect.stringContaining('choose a port above 1023'),
    });
  });

  test.for<[string, string, Record<string, unknown>]>([
    ['a misspelt option', 'prot', { prot: 0 }],
    ['a wrong type', 'maxPayload', { maxPayload: 'lots' }],
    ['a port out of range', 'port', { port: 70_000 }],
    ['a wrong duration', 'writeDeadline', { writeDeadline: 'soon' }],
  ])('%s', async ([, option, options]) => {
    const failure = await library.Broker.start({ host: '127.0.0.1', port: 0, ...options } as Options).then(
      async (broker) => {
        await broker.stop();
        throw new Error('it started');
      },
      (error: Error) => error,
    );
    expect(failure).toBeInstanceOf(library.OptionsError);
    expect(failure).toMatchObject({ option, remedy: expect.stringMatching(/\w+/) });
    expect(failure.message).toContain(option);
  });
});

describe('a process with a broker ends', () => {
  test('by itself after stop, with monitoring on', async () => {
    expect(await runProgram('stop-and-end.mjs')).toEqual({ code: 0, signal: null, stdout: 'stopped\n', stderr: '' });
  });

  test('by itself after starts that failed', async () => {
    expect(await runProgram('failed-start.mjs')).toEqual({
      code: 0,
      signal: null,
      stdout: 'true true AddressError\n',
      stderr: '',
    });
  });

  test('by itself after five brokers one after the other on one port', async () => {
    const args = [String(await portToKeep())];
    expect(await runProgram('restart-in-process.mjs', { args })).toEqual({
      code: 0,
      signal: null,
      stdout: 'five rounds\n',
      stderr: '',
    });
  });

  test('by itself after fifty brokers that were stopped, twice, in the middle of traffic; nothing piles up', async () => {
    const { code, stdout, stderr } = await runProgram('stop-in-traffic.mjs', {}, 60_000);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { before, after, open } = JSON.parse(stdout);
    expect(after).toEqual(before);
    expect(open).toEqual([]);
  }, 70_000);

  test('at process.exit() while it runs', async () => {
    expect(await runProgram('exit-while-running.mjs')).toMatchObject({ code: 7, signal: null, stdout: 'leaving\n' });
  });

  test('at process.exit() while it starts', async () => {
    expect(await runProgram('exit-while-starting.mjs')).toMatchObject({ code: 8, signal: null });
  });

  test('at an uncaught exception', async () => {
    expect(await runProgram('throw-while-running.mjs')).toMatchObject({
      code: 1,
      signal: null,
      stderr: expect.stringContaining('nobody catches this'),
    });
  });

  test('at an unhandled rejection', async () => {
    expect(await runProgram('reject-while-running.mjs')).toMatchObject({
      code: 1,
      signal: null,
      stderr: expect.stringContaining('nobody awaits this'),
    });
  });
});

describe('threads', () => {
  test('two copies share one Runtime: a dozen brokers need no more threads than one', async () => {
    const ended = await runProgram('both-copies.mjs');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toEqual({
      oneForBoth: true,
      another: true,
      more: 0,
      ports: 12,
      stillServing: 'INFO',
    });
  });

  test('a blocked main thread holds up no client: CONNECT with a password, PING, messages, refusals', async () => {
    const ended = await runProgram('blocked-main.mjs');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const [first, second] = ended.stdout.split('PONG\r\n');
    // The broker may ask for a sign of life where the machine takes its time.
    expect(linesOf(first)).toEqual(
      ['MSG open.a 1 2', 'hi', `-ERR 'Permissions Violation for Publish to "shut"'`].sort(),
    );
    expect(linesOf(second)).toEqual([`-ERR 'Authorization Violation'`]);
  });
});

function linesOf(text = ''): string[] {
  return text
    .split('\r\n')
    .filter((line) => line !== '' && line !== 'PING')
    .sort();
}
