import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerOptions, configure } from '../config/index.js';
import type { LogEntry } from '../log/index.js';
import { connection, FakeAddon } from '../native/testing/fake-addon.js';
import { Runtime } from '../worker/index.js';
import type { Broker } from './broker.js';
import { startResolved } from './start.js';

let addon: FakeAddon;
let folder: string;
let lines: string[];
let broker: Broker | undefined;
beforeEach(() => {
  addon = new FakeAddon();
  lines = [];
  folder = mkdtempSync(join(tmpdir(), 'nats-turbo-'));
});
afterEach(async () => {
  await broker?.stop();
  broker = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const BASE = { host: '127.0.0.1', port: 0 };

/** As the library starts one, on paper. `shared`: lines go to a log that is not the broker's own. */
async function start(written: BrokerOptions, shared = true): Promise<Broker> {
  const { options, digest } = configure(written);
  const runtime = Runtime.acquire({ addon, startPool: addon.startPool });
  broker = await startResolved(options, {
    runtime,
    written,
    ...(shared && { sink: { write: ({ level, text }: LogEntry) => void lines.push(`${level} ${text}`) } }),
    ...(written.configFile && digest ? { configFile: { path: written.configFile, digest } } : {}),
  });
  lines.length = 0;
  return broker;
}

function file(text: string): string {
  const path = join(folder, 'server.conf');
  writeFileSync(path, `host: 127.0.0.1\nport: -1\n${text}`);
  return path;
}

const ALWAYS = ['INF Reloaded: authorization users', 'INF Reloaded: accounts'];

describe('reload', () => {
  it('reads the file anew, hands the plan down, tells what is new', async () => {
    const running = await start({ configFile: file('max_payload: 1000') });
    const { digest, loadMs } = running.configuration;
    file('max_payload: 2000\nping_max: 5\nauthorization { token: t }');
    await running.reload();
    expect(addon.reloads).toMatchObject([{ maxPayload: 2000, pingMax: 5, auth: { token: 't' } }]);
    expect(running.options).toMatchObject({ maxPayload: 2000, pingMax: 5 });
    expect(running.configuration.digest).not.toBe(digest);
    expect(running.configuration.loadMs).toBeGreaterThanOrEqual(loadMs);
    expect(lines).toEqual([
      ...ALWAYS,
      'INF Reloaded: authorization token',
      'INF Reloaded: ping_max = 5',
      'INF Reloaded: max_payload = 2000',
      `INF Reloaded server configuration (${running.configuration.digest})`,
    ]);
  });

  it('keeps what was given beside the file above it', async () => {
    const running = await start({ configFile: file('max_payload: 1000'), pingMax: 9 });
    file('max_payload: 2000\nping_max: 5');
    await running.reload();
    expect(running.options).toMatchObject({ maxPayload: 2000, pingMax: 9 });
  });

  it('takes options instead of a file, and starts from them the next time', async () => {
    const running = await start(BASE);
    await expect(running.reload()).rejects.toMatchObject({
      code: 'NO_CONFIG_FILE',
      message: expect.stringContaining('give reload() the options'),
      logText: 'can only reload config when a file is provided using -c or --config',
    });
    await running.reload({ ...BASE, maxPayload: 2000 });
    expect(lines.at(-1)).toBe('INF Reloaded server configuration');
    expect(running.options.maxPayload).toBe(2000);
    await running.reload({ configFile: file('max_payload: 3000') });
    file('max_payload: 4000');
    await running.reload();
    expect(running.options.maxPayload).toBe(4000);
  });

  it.each([
    ['a wrong file', 'foo: 1', { name: 'ConfigError' }],
    [
      'a wrong option',
      'max_payload: 1GB',
      { name: 'ConfigError', problems: [{ message: expect.stringContaining('max_pending') }] },
    ],
    [
      'a change that needs a restart',
      'max_payload: 5\nserver_name: x',
      {
        name: 'NotReloadableError',
        code: 'NOT_RELOADABLE',
        logText: 'config reload not supported for ServerName: old=, new=x',
        message: expect.stringContaining('restart to change it'),
      },
    ],
    ['a log file that does not open', 'max_payload: 5\nlog_file: "/no/such/folder/x.log"', { name: 'LogFileError' }],
  ])('leaves everything as it was for %s', async (_, text, error) => {
    const running = await start({ configFile: file('max_payload: 1000') }, false);
    const before = { ...running.configuration };
    file(text);
    await expect(running.reload()).rejects.toMatchObject(error);
    expect(addon.reloads).toEqual([]);
    expect(running.options.maxPayload).toBe(1000);
    expect(running.configuration).toEqual(before);
    file('max_payload: 2000');
    await running.reload();
    expect(running.options.maxPayload).toBe(2000);
  });

  it('leaves everything as it was when the data plane refuses the plan', async () => {
    const running = await start(BASE, false);
    addon.refusal = Object.assign(new Error('user "x": no'), { code: 'INVALID_PLAN' });
    const log = join(folder, 'x.log');
    const failed = running.reload({ ...BASE, maxPayload: 5, logFile: log });
    await expect(failed).rejects.toMatchObject({ code: 'INVALID_PLAN', message: expect.stringContaining('user "x"') });
    addon.refusal = undefined;
    expect(running.options.maxPayload).toBe(1_048_576);
    expect(readFileSync(log, 'utf8')).toBe('');
  });

  it('tells how many connections were too many', async () => {
    const running = await start(BASE);
    for (const cid of [1, 2, 3]) addon.open.set(cid, connection(cid));
    await running.reload({ ...BASE, maxConnections: 1 });
    const at = lines.indexOf('INF Closed 2 connections to fall within max_connections');
    expect(at).toBe(0);
    expect(lines).toContain('INF Reloaded: max_connections = 1');
  });

  it('warns again of doors left open', async () => {
    const running = await start({ ...BASE, authorization: { user: 'a', password: 'b' } });
    await running.reload({ ...BASE, authorization: { password: 'b' } });
    expect(lines.filter((line) => line.startsWith('WRN NOBODY IS ASKED'))).toHaveLength(1);
  });

  it('lets the user that connections become go with that user, and not otherwise', async () => {
    const [a, b] = [
      { user: 'a', password: 'p' },
      { user: 'b', password: 'p' },
    ];
    const running = await start({ ...BASE, noAuthUser: 'a', authorization: { users: [a, b] } });
    const failed = running.reload({ ...BASE, authorization: { users: [a, b] } });
    await expect(failed).rejects.toMatchObject({ logText: 'config reload not supported for NoAuthUser: old=a, new=' });
    await running.reload({ ...BASE, authorization: { users: [b] } });
    expect(running.options.authorization.noAuthUser).toBeUndefined();
  });

  it('does one after the other', async () => {
    const running = await start(BASE);
    const payloads = [1000, 2000, 3000];
    const failing = running.reload({ ...BASE, serverName: 'x' });
    await Promise.all([
      expect(failing).rejects.toThrow('not supported'),
      ...payloads.map((maxPayload) => running.reload({ ...BASE, maxPayload })),
    ]);
    expect(addon.reloads.map(({ maxPayload }) => maxPayload)).toEqual(payloads);
    expect(lines.filter((line) => line.startsWith('INF Reloaded server'))).toHaveLength(3);
  });

  it('gives up when the broker stops before it is done', async () => {
    const running = await start(BASE);
    const say = addon.send.bind(addon);
    addon.send = (event) => (event.kind === 'reloaded' ? undefined : say(event));
    const reloading = running.reload({ ...BASE, maxPayload: 5 });
    const failed = expect(reloading).rejects.toMatchObject({ name: 'StoppedError' });
    while (addon.reloads.length === 0) await new Promise(setImmediate);
    await running.stop();
    await failed;
    await expect(running.reload(BASE)).rejects.toMatchObject({ name: 'StoppedError' });
  });
});

describe('files', () => {
  it('moves the log of a broker of its own, and ends it', async () => {
    const [one, two] = [join(folder, 'one.log'), join(folder, 'two.log')];
    const running = await start({ ...BASE, logFile: one }, false);
    await running.reload({ ...BASE, logFile: two, logtime: false });
    await running.reload({ ...BASE, logtime: false });
    await running.reload({ ...BASE, logFile: one });
    await running.stop();
    broker = undefined;
    const [first, second] = [one, two].map((path) => readFileSync(path, 'utf8')) as [string, string];
    expect(first).toContain(`Reloaded: log_file = ${two}`);
    expect(second).toMatch(/^\[\d+\] \[INF\] Reloaded server configuration\n/);
    // To no file: told there, ended nowhere. And again from nowhere to the first one.
    expect(second).toContain('Reloaded: log_file = \n');
    expect(first.match(/Reloaded server configuration|Server Exiting/g)).toEqual([
      'Reloaded server configuration',
      'Server Exiting',
    ]);
  });

  it('writes pid and ports where they belong now', async () => {
    const running = await start({ ...BASE, portsFileDir: folder });
    const ports = join(folder, `nats-server_${process.pid}.ports`);
    expect(existsSync(ports)).toBe(true);
    const pidFile = join(folder, 'pid');
    await running.reload({ ...BASE, pidFile });
    expect(readFileSync(pidFile, 'utf8')).toBe(String(process.pid));
    expect(existsSync(ports)).toBe(false);
    expect(lines).toContain('INF Reloaded: ports_file_dir = ');
    await running.reload({ ...BASE, pidFile: join(folder, 'no', 'pid'), portsFileDir: folder });
    expect(JSON.parse(readFileSync(ports, 'utf8'))).toEqual({ nats: [running.url] });
    expect(lines).toContain(`ERR Failed to write pidfile: open ${folder}/no/pid: no such file or directory`);
  });
});
