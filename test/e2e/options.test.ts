/** Options that no other test sees at work: each changes what a broker of the built package does. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/deadline.js';
import { closeAllClients, openClient } from '../support/raw.js';
import { endServersAfterEach, TestServer, writeConfig } from '../support/server.js';

type Library = typeof import('../../src/index.js');
type Options = NonNullable<Parameters<Library['Broker']['start']>[0]>;

let library: Library;
let dir: string;
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  library = (await import(pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href)) as Library;
  dir = mkdtempSync(join(tmpdir(), 'nats-turbo-options-'));
});
afterEach(async () => {
  closeAllClients();
  await Promise.all(started.splice(0).map((broker) => broker.stop()));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
endServersAfterEach();

/** A broker, and its log lines as `INF text`. */
async function start(options: Options) {
  const broker = await library.Broker.start({ host: '127.0.0.1', port: 0, ...options });
  started.push(broker);
  const lines: string[] = [];
  broker.on('log', ({ level, text }) => lines.push(`${level} ${text}`));
  return { broker, lines };
}

test('dontListen: no address, no port, monitoring all the same', async () => {
  const { broker, lines } = await start({ dontListen: true, http: '127.0.0.1:0' });
  expect(() => broker.url).toThrow(expect.objectContaining({ code: 'NO_LISTENER' }));
  expect((await fetch(`${broker.monitorUrl}/varz`)).status).toBe(200);
  await broker.stop();
  expect(lines[0]).toBe('INF Starting nats-server');
  expect(lines).toContain('INF Server is ready');
  expect(lines.filter((line) => line.includes('Listening for client'))).toEqual([]);
});

test('traceVerbose turns the trace on', async () => {
  const { broker, lines } = await start({ traceVerbose: true });
  const client = await openClient(broker.port);
  await client.exchange('PUB a 1\r\nx\r\n', '');
  await until(() => (lines.some((line) => /^TRC .*PUB a 1/.test(line)) ? true : undefined), 'the trace');
});

test('storeDir is accepted and left alone', async () => {
  const storeDir = join(dir, 'store');
  const { broker } = await start({ storeDir });
  expect(broker.options.storeDir).toBe(storeDir);
  expect(existsSync(storeDir)).toBe(false);
});

describe('the log of a library', () => {
  test('goes into logFile, with debug lines where asked for, without time where not', async () => {
    const logFile = join(dir, 'library.log');
    const { broker } = await start({ logFile, debug: true, logtime: false });
    await broker.stop();
    const text = readFileSync(logFile, 'utf8');
    expect(text).toMatch(/^\[\d+\] \[INF\] Starting nats-server\n/);
    expect(text).toContain('[DBG]   Go build:');
    expect(text).toMatch(/\[INF\] Server Exiting\.\.\n$/);
  });

  test('a log file that does not open is a typed error with a remedy', async () => {
    const failed = library.Broker.start({ port: 0, logFile: join(dir, 'none', 'x.log') });
    await expect(failed).rejects.toBeInstanceOf(library.LogFileError);
    await expect(failed).rejects.toThrow('create its folder');
  });
});

describe('configFile and allowUnsupported of a library', () => {
  const text = 'jetstream {}\ntrusted_keys: ["OA"]\nmax_payload: 99\n';

  test('what can not be used is a typed error with its place', async () => {
    const configFile = join(dir, 'refused.conf');
    writeFileSync(configFile, text);
    const failed = library.Broker.start({ configFile, port: 0 });
    await expect(failed).rejects.toBeInstanceOf(library.ConfigError);
    await expect(failed).rejects.toThrow(/refused\.conf:1:\d+: "jetstream" can't be used/);
  });

  test('what is skipped is in the log, and so is a door left open', async () => {
    const configFile = join(dir, 'skipped.conf');
    writeFileSync(configFile, text);
    const { broker, lines } = await start({ configFile, allowUnsupported: true });
    expect(broker.options.maxPayload).toBe(99);
    await broker.stop();
    expect(lines).toContainEqual(expect.stringMatching(/^WRN .*skipped\.conf:1:\d+: ignoring "jetstream"/));
    expect(lines).toContainEqual(expect.stringMatching(/^WRN NOBODY IS ASKED FOR CREDENTIALS: trusted_keys is/));
  });
});

describe('in a file', () => {
  test.each(['listen: "127.0.0.1:-1"', 'net: 127.0.0.1\nport: -1'])('%s', async (text) => {
    const config = writeConfig(dir, `${text}\n`, 'listen.conf');
    const server = TestServer.spawn(['-c', config], dir);
    const line = await server.waitForLog(/Listening for client connections on 127\.0\.0\.1:\d+$/);
    await openClient(Number(line.slice(line.lastIndexOf(':') + 1)));
  });

  test.each([
    ['logtime_utc: true', 0],
    ['logtime_utc: false', 9],
  ])('%s', async (text, hours) => {
    const zone = process.env.TZ;
    process.env.TZ = 'Asia/Tokyo';
    try {
      const config = writeConfig(dir, `listen: "127.0.0.1:-1"\n${text}\n`, 'utc.conf');
      const line = await TestServer.spawn(['-c', config], dir).waitForLog(/Server is ready/);
      const [, date, time] = line.split(' ');
      const shown = Date.parse(`${date?.replaceAll('/', '-')}T${time}Z`);
      expect(Math.abs(Math.round((shown - Date.now()) / 3_600_000))).toBe(hours);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});
