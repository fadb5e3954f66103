import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BrokerOptions, resolveOptions } from '../config/index.js';
import type { LogEntry } from '../log/index.js';
import { connection, FakeAddon } from '../native/testing/fake-addon.js';
import { Runtime } from '../worker/index.js';
import { PortInUseError, StoppedError } from './errors.js';
import { startResolved } from './start.js';

let addon: FakeAddon;
let folder: string;
let lines: string[];

beforeEach(() => {
  addon = new FakeAddon();
  lines = [];
  folder = mkdtempSync(join(tmpdir(), 'nats-turbo-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(options: BrokerOptions = {}, context: { configFile?: { path: string; digest: string } } = {}) {
  const runtime = Runtime.acquire({ addon, startPool: addon.startPool }, options.reactors);
  const sink = { write: ({ level, text }: LogEntry) => void lines.push(`${level} ${text}`) };
  return startResolved(resolveOptions({ host: '127.0.0.1', port: 0, ...options }), { ...context, runtime, sink });
}

describe('start', () => {
  it('logs the lines tools wait for, in their order', async () => {
    const users = [{ user: 'a', password: 'plain' }];
    const configFile = { path: 'my.conf', digest: 'sha256:00' };
    const broker = await start({ serverName: 'me', http: '127.0.0.1:0', authorization: { users } }, { configFile });
    const shape = lines.map((line) => line.replace(/N[A-Z2-7]{55}/, 'ID').replace(/:\d{4,5}$/, ':PORT'));
    expect(shape).toEqual([
      'INF Starting nats-server',
      'INF   Version:  2.15.2',
      expect.stringMatching(/^INF {3}nats-turbo: \d+\.\d+\.\d+/),
      'INF   Git:      [not set]',
      expect.stringMatching(/^DBG {3}Go build: node/),
      'INF   Name:     me',
      'INF   ID:       ID',
      'WRN Plaintext passwords detected, use nkeys or bcrypt',
      'INF Using configuration file: my.conf (sha256:00)',
      'INF Starting http monitor on 127.0.0.1:PORT',
      'INF Listening for client connections on 127.0.0.1:PORT',
      'INF Server is ready',
    ]);
    await broker.stop();
    expect(lines.slice(-3)).toEqual([
      'INF Initiating Shutdown...',
      'DBG Client accept loop exiting..',
      'INF Server Exiting..',
    ]);
  });

  it.each<[string, BrokerOptions, boolean]>([
    ['a wildcard host, with debug', { host: '0.0.0.0', debug: true, proxyProtocol: true }, true],
    ['a wildcard host', { host: '0.0.0.0' }, false],
    ['another host', { debug: true }, false],
    ['an advertised address', { host: '0.0.0.0', debug: true, clientAdvertise: 'a.example:4222' }, false],
    ['no listener', { host: '0.0.0.0', debug: true, dontListen: true }, false],
  ])('logs the addresses behind the host or not: %s', async (_, options, expected) => {
    const broker = await start(options);
    await broker.stop();
    const at = lines.indexOf('DBG Get non local IPs for "0.0.0.0"');
    expect(at > 0).toBe(expected);
    if (!expected) return;
    expect(lines[at - 1]).toBe('INF PROXY protocol enabled for client connections');
    const after = lines.slice(at + 1);
    const addresses = after.slice(0, after.indexOf('INF Server is ready'));
    expect(addresses.filter((line) => !/^DBG {3}ip=[\da-f.:]+$/.test(line))).toEqual([]);
  });

  it('says what to do when the port is in use, and leaves nothing behind', async () => {
    addon.refusal = Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
    const failure = await start({ port: 4222, http: '127.0.0.1:0' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PortInUseError);
    expect(failure).toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining('choose another port'),
      logText: 'Error listening on port: 127.0.0.1:4222, "listen tcp 127.0.0.1:4222: bind: address already in use"',
    });
    expect(addon.calls).toContain('stopRuntime');
    addon.refusal = undefined;
    await (await start()).stop();
    expect(addon.calls.filter((call) => call.startsWith('createRuntime'))).toHaveLength(2);
  });

  it('says what to do when the monitoring port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    // The port for clients is open by then: it is closed again, and none of that is in the log.
    const failure = start({ http: `127.0.0.1:${port}` });
    await expect(failure).rejects.toMatchObject({
      name: 'PortInUseError',
      logText: `Can't start monitoring: can't listen to the monitor port: listen tcp 127.0.0.1:${port}: bind: address already in use`,
    });
    expect(addon.calls).toEqual(['createRuntime 2', 'stopBroker 1', 'stopRuntime']);
    expect(lines.filter((line) => /Listening|monitor|Shutdown|Exiting/.test(line))).toEqual([]);
    other.close();
  });

  it('opens the port for clients before it loads what monitoring needs', async () => {
    const starting = start({ http: '127.0.0.1:0' });
    expect(addon.plans).toHaveLength(1);
    await (await starting).stop();
  });

  it('says what to do when the profiling port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(start({ profPort: port })).rejects.toMatchObject({
      name: 'PortInUseError',
      message: expect.stringContaining('profiling port'),
      logText: `error starting profiler: listen tcp 127.0.0.1:${port}: bind: address already in use`,
    });
    other.close();
  });

  it('refuses a pid file it can not write', async () => {
    const pidFile = join(folder, 'none', 'x.pid');
    await expect(start({ pidFile })).rejects.toMatchObject({
      code: 'ENOENT',
      logText: `Could not write pidfile: open ${pidFile}: no such file or directory`,
    });
  });
});

describe('files', () => {
  it('leaves the pid file and removes the ports file', async () => {
    const pidFile = join(folder, 'x.pid');
    const portsFile = join(folder, `nats-server_${process.pid}.ports`);
    const broker = await start({ pidFile, portsFileDir: folder, http: '127.0.0.1:0' });
    expect(JSON.parse(readFileSync(portsFile, 'utf8'))).toEqual({
      nats: [broker.url],
      monitoring: [broker.monitorUrl],
    });
    await broker.stop();
    expect(readFileSync(pidFile, 'utf8')).toBe(String(process.pid));
    expect(statSync(pidFile).mode & 0o777).toBe(0o600);
    expect(existsSync(portsFile)).toBe(false);
  });

  it('goes on without a ports file', async () => {
    const dir = join(folder, 'none');
    const broker = await start({ portsFileDir: dir });
    await broker.stop();
    const path = join(dir, `nats-server_${process.pid}.ports`);
    expect(lines).toContain(`ERR Error writing ports file (${path}): open ${path}: no such file or directory`);
    expect(lines).toContain(`ERR Error cleaning up ports file ${path}: remove ${path}: no such file or directory`);
  });
});

describe('events', () => {
  it('tells of clients in the system account, if someone listens', async () => {
    addon.listens = (_, subject) => subject === '$SYS.ACCOUNT.$G.CONNECT' || subject === '$SYS.ACCOUNT.$G.DISCONNECT';
    const broker = await start();
    addon.send({ kind: 'connected', broker: 1, connection: connection(1, { account: '$G' }) });
    addon.send({ kind: 'disconnected', broker: 1, connection: connection(1, { account: '$G', reason: 'Kicked' }) });
    const told = () => addon.calls.filter((call) => call.startsWith('publishInternal')).join('');
    await vi.waitFor(() => expect(told()).toMatch(/\$G\.CONNECT .*\$G\.DISCONNECT .*"reason":"Kicked"/s));
    await broker.stop();
  });

  it('hands lines of the start to listeners attached after it', async () => {
    const broker = await start();
    const texts: string[] = [];
    broker.on('log', ({ text }) => texts.push(text));
    const [first] = await once(broker, 'log');
    expect(first).toMatchObject({ level: 'INF', text: 'Starting nats-server' });
    expect(texts).toContain('Server is ready');
    await broker.stop();
  });

  it('tells of clients that come and go, and remembers the latter', async () => {
    const broker = await start({ maxClosedClients: 2 });
    addon.send({ kind: 'connected', broker: 1, connection: connection(1, { name: 'x' }) });
    expect((await once(broker, 'connect'))[0]).toMatchObject({ cid: 1, name: 'x' });
    for (const cid of [1, 2, 3]) {
      addon.send({ kind: 'disconnected', broker: 1, connection: connection(cid, { reason: 'Client Closed' }) });
      expect((await once(broker, 'disconnect'))[0]).toMatchObject({ cid, reason: 'Client Closed' });
    }
    expect(broker.closedConnections().map(({ cid }) => cid)).toEqual([2, 3]);
    await broker.stop();
  });

  it('reports a data plane that failed and stops', async () => {
    addon.confirmsStop = false;
    const broker = await start();
    const failed = once(broker, 'error');
    // `once` rejects for 'error' events.
    addon.killThread(new Error('boom'));
    broker.on('error', () => {});
    await failed.then(
      ([error]) => expect(error).toMatchObject({ code: 'DATA_PLANE', message: expect.stringContaining('boom') }),
      (error) => expect(error).toMatchObject({ code: 'DATA_PLANE', message: expect.stringContaining('boom') }),
    );
    await broker.stop();
  });
});

describe('stop', () => {
  it('is the same promise however often it is called', async () => {
    const broker = await start();
    expect(broker.stop()).toBe(broker.stop());
    await broker[Symbol.asyncDispose]();
    // The symbol of compiled code in realms without Symbol.asyncDispose.
    const registered = Symbol.for('Symbol.asyncDispose');
    expect(Reflect.get(broker, registered)).toBe(broker[Symbol.asyncDispose]);
    expect(addon.calls.filter((call) => call === 'stopBroker 1')).toHaveLength(1);
    expect(() => broker.stats()).toThrow(StoppedError);
  });

  it('is announced in the system account first, if someone listens', async () => {
    addon.listens = (account, subject) => account === '$SYS' && subject.endsWith('.SHUTDOWN');
    const broker = await start();
    await broker.stop();
    const told = addon.calls.findIndex((call) => call.startsWith('publishInternal $SYS PUB $SYS.SERVER.'));
    expect(told).toBeGreaterThanOrEqual(0);
    expect(addon.calls.indexOf('stopBroker 1')).toBeGreaterThan(told);
  });

  it('ends the threads with the last broker only', async () => {
    const [one, two] = [await start({ reactors: 3 }), await start({ reactors: 9 })];
    await one.stop();
    expect(addon.calls.filter((call) => !call.startsWith('stopBroker'))).toEqual(['createRuntime 3']);
    await two.stop();
    expect(addon.calls.at(-1)).toBe('stopRuntime');
  });
});

describe('lame duck mode', () => {
  it('stops at once without clients', async () => {
    const broker = await start();
    await broker.lameDuck();
    expect(lines.slice(-4)).toEqual([
      'INF Entering lame duck mode, stop accepting new clients',
      'DBG Client accept loop exiting..',
      'INF Initiating Shutdown...',
      'INF Server Exiting..',
    ]);
  });

  it('closes clients, then stops', async () => {
    const broker = await start({ lameDuckDuration: 2, lameDuckGracePeriod: 1 });
    for (const cid of [4, 5]) addon.open.set(cid, connection(cid));
    await broker.lameDuck();
    expect(broker.isLameDuck).toBe(true);
    expect(addon.calls.filter((call) => call.startsWith('close'))).toEqual([
      'closeConnection 4 Server Shutdown',
      'closeConnection 5 Server Shutdown',
    ]);
    expect(lines.slice(-3)).toEqual([
      'INF Closing existing clients',
      'INF Initiating Shutdown...',
      'INF Server Exiting..',
    ]);
  });

  it('is cut short by stop', async () => {
    const broker = await start({ lameDuckDuration: 3_600_000, lameDuckGracePeriod: 1_800_000 });
    addon.open.set(4, connection(4));
    const retired = broker.lameDuck();
    await broker.stop();
    await retired;
    expect(lines).not.toContain('INF Closing existing clients');
  });
});
