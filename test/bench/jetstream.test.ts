/** The verbs that store, against the reference server: ours has no JetStream yet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startProxy, type TestProxy } from '../../bench/lib/proxy.mjs';
import { missingTool } from '../clients/support.js';
import { until } from '../support/deadline.js';
import { referenceCommand, TestServer } from '../support/server.js';
import { BenchProcess, bench, benchOk } from './support.js';

const command = referenceCommand();
let server: TestServer;
let store: string | undefined;
let client: NatsConnection;
let manager: Awaited<ReturnType<typeof jetstreamManager>>;

beforeAll(async () => {
  if (!command) return;
  store = mkdtempSync(join(tmpdir(), 'nats-bench-store-'));
  server = await TestServer.start({ args: ['-js', '-sd', store] }, command);
  client = await connect({ servers: url() });
  manager = await jetstreamManager(client);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
  if (store) rmSync(store, { recursive: true, force: true });
});
beforeEach(async (ctx) => {
  if (!command) missingTool(ctx, 'nats-server');
  for (const name of await streams()) await manager.streams.delete(name);
});

const url = () => `nats://127.0.0.1:${server.port}`;
const WHOLE = { lost: 0, duplicated: 0, reordered: 0, errors: 0 };

async function streams(): Promise<string[]> {
  const names: string[] = [];
  for await (const name of manager.streams.names()) names.push(name);
  return names;
}

async function messages(stream: string): Promise<number> {
  return (await manager.streams.info(stream)).state.messages;
}

describe('verbs', () => {
  it.each([
    ['sync', [], 300],
    ['async', ['--batch', '100', '--clients', '2'], 5000],
    ['batch', ['--batch', '50'], 1000],
  ])('js pub %s: every message is acknowledged and stored', async (kind, args, count) => {
    const run = await benchOk(['js', 'pub', kind, '--msgs', String(count), ...args, '--keep', '-s', url()]);
    expect(run).toMatchObject({ verb: `js pub ${kind}`, published: count, delivered: count, ...WHOLE });
    expect(run.latencyUs?.p50).toBeGreaterThan(0);
    expect(await messages('benchstream')).toBe(count);
  });

  it.each([
    ['consume', ['--acks', 'none']],
    ['consume', ['--acks', 'explicit', '--clients', '2']],
    ['consume', ['--doubleack']],
    ['fetch', ['--batch', '50']],
    ['ordered', []],
  ])('js %s %j: reads what it filled, and removes it', async (kind, args) => {
    const run = await benchOk(['js', kind, '--msgs', '2000', ...args, '-s', url()]);
    // The messages were sent by the run that filled the stream; their numbers in the stream are as good as its own.
    expect(run).toMatchObject({ delivered: 2000, ...WHOLE });
    expect(run.latencyUs).toBeNull();
    expect(await streams()).toEqual([]);
  });

  it('js consume reads a stream that is there and leaves it as it was', async () => {
    await benchOk(['js', 'pub', 'async', '--msgs', '700', '--keep', '--stream', 'mine', '-s', url()]);
    const run = await benchOk(['js', 'consume', '--stream', 'mine', '-s', url()]);
    expect(run).toMatchObject({ delivered: 700, lost: 0, errors: 0 });
    expect(await messages('mine')).toBe(700);
    const consumers = await manager.consumers.list('mine').next();
    expect(consumers).toEqual([]);
  });

  it('js ordered with several readers', async () => {
    const run = await benchOk(['js', 'ordered', '--msgs', '500', '--clients', '3', '-s', url()]);
    expect(run).toMatchObject({ delivered: 1500, lost: 0, errors: 0 });
  });

  it('kv put and get', async () => {
    const put = await benchOk([
      'kv',
      'put',
      '--msgs',
      '500',
      '--subjects',
      '20',
      '--batch',
      '10',
      '--keep',
      '-s',
      url(),
    ]);
    expect(put).toMatchObject({ delivered: 500, ...WHOLE });
    expect(await messages('KV_benchbucket')).toBe(20);
    const get = await benchOk(['kv', 'get', '--msgs', '300', '--subjects', '20', '--batch', '10', '-s', url()]);
    expect(get).toMatchObject({ delivered: 300, deliveredBytes: 300 * 128, ...WHOLE });
    expect(await streams()).toEqual(['KV_benchbucket']);
  });

  it('kv get fills a bucket of its own', async () => {
    expect(await benchOk(['kv', 'get', '--msgs', '200', '--subjects', '50', '-s', url()])).toMatchObject({
      delivered: 200,
      ...WHOLE,
    });
    expect(await streams()).toEqual([]);
  });
});

describe('flags of the stream', () => {
  it('--storage memory, --subjects, --maxbytes, --stream', async () => {
    const args = ['--storage', 'memory', '--subjects', '5', '--maxbytes', '1MB', '--stream', 'other', '--keep'];
    await benchOk(['js', 'pub', 'async', 'orders', '--msgs', '500', ...args, '-s', url()]);
    const { config, state } = await manager.streams.info('other', { subjects_filter: '>' });
    expect(config).toMatchObject({ storage: 'memory', max_bytes: 1024 * 1024 });
    expect(Object.keys(state.subjects ?? {})).toHaveLength(5);
  });

  it('--repeat begins each time with an empty stream', async () => {
    const run = await benchOk([
      'js',
      'pub',
      'async',
      '--msgs',
      '400',
      '--repeat',
      '3',
      '--warmup',
      '0s',
      '--keep',
      '-s',
      url(),
    ]);
    expect(run).toMatchObject({ published: 1200, delivered: 1200, ...WHOLE });
    expect(await messages('benchstream')).toBe(400);
  });

  it('--sync-calls counts one per message where the server syncs each, or says why it cannot', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-bench-store-'));
    const config = `jetstream { store_dir: "${folder}", sync_interval: always }`;
    const strict = await TestServer.start({ config }, command);
    try {
      const at = `nats://127.0.0.1:${strict.port}`;
      const run = await benchOk(['js', 'pub', 'sync', '--msgs', '100', '--sync-calls', '-s', at]);
      expect(run).toMatchObject({ delivered: 100, ...WHOLE });
      const { syncCallsPerMillion } = run.server;
      if (syncCallsPerMillion === undefined) expect(run.notMeasured.join()).toContain('sync calls: ');
      else expect(syncCallsPerMillion).toBeGreaterThanOrEqual(1e6);
    } finally {
      await strict.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('--duration with --rate', async () => {
    const run = await benchOk([
      'js',
      'pub',
      'async',
      '--duration',
      '3s',
      '--rate',
      '1000',
      '--warmup',
      '0s',
      '-s',
      url(),
    ]);
    expect(run.published).toBeGreaterThan(100);
    expect(run).toMatchObject({ delivered: run.published, ...WHOLE });
  });
});

describe('a stream it did not make', () => {
  beforeEach(async () => {
    await manager.streams.add({ name: 'benchstream', subjects: ['bench.js'] });
    client.publish('bench.js', 'precious');
    await client.flush();
  });

  it('is refused, and untouched', async () => {
    const { code, err } = await bench(['js', 'pub', 'async', '--msgs', '10', '-s', url()]);
    expect(code).toBe(1);
    expect(err).toMatch(/stream "benchstream" exists already and holds 1 messages.*--delete-existing/);
    expect(await messages('benchstream')).toBe(1);
  });

  it('is added to with --use-existing, emptied with --purge; it stays', async () => {
    await benchOk(['js', 'pub', 'async', '--msgs', '10', '--use-existing', '-s', url()]);
    expect(await messages('benchstream')).toBe(11);
    await benchOk(['js', 'pub', 'async', '--msgs', '10', '--purge', '-s', url()]);
    expect(await messages('benchstream')).toBe(10);
  });

  it('is made anew with --delete-existing, and then removed', async () => {
    await benchOk(['js', 'pub', 'async', '--msgs', '10', '--delete-existing', '-s', url()]);
    expect(await streams()).toEqual([]);
  });

  it('keeps its subjects', async () => {
    const { code, err } = await bench(['js', 'pub', 'async', '--stream', 'other', '--msgs', '10', '-s', url()]);
    expect(code).toBe(1);
    expect(err).toContain('choose another subject');
  });
});

describe('what a proxy does to the messages of a stream is noticed', () => {
  const readers = [['consume'], ['consume', '--clients', '2'], ['fetch'], ['ordered']];
  const acks = (kind: string | undefined) => (kind === 'ordered' ? [] : ['--acks', 'none']);
  let proxy: TestProxy | undefined;
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  /** `alter` sees only the stream's messages, counted from 1. */
  async function read([kind, ...more]: string[], alter: (frame: Buffer, number: number) => Buffer[], quiet = '4s') {
    await benchOk(['js', 'pub', 'async', '--msgs', '1000', '--keep', '-s', url()]);
    let count = 0;
    proxy = await startProxy(server.port, {
      alter: (frame) => (frame.includes(' $JS.ACK.') ? alter(frame, ++count) : [frame]),
    });
    // What a busy machine holds up meanwhile is not lost; where something is, the end comes after several times that.
    const args = ['js', kind as string, ...acks(kind), ...more, '--quiet', quiet, '-s', proxy.url];
    const { code, file } = await bench(args);
    expect(code).toBe(1);
    return file?.runs[0];
  }

  it.each(readers)('js %s %s %s: loss', async (...reader) => {
    const run = await read(reader, (frame, n) => (n === 500 || n === 600 ? [] : [frame]), '1500ms');
    expect(run).toMatchObject({ lost: 2, duplicated: 0, reordered: 0 });
  });

  it.each(readers)('js %s %s %s: duplicates', async (...reader) => {
    const run = await read(reader, (frame, n) => (n === 500 || n === 600 ? [frame, frame] : [frame]));
    expect(run).toMatchObject({ lost: 0, duplicated: 2, reordered: 0 });
  });

  it.each([['consume'], ['fetch'], ['ordered']])('js %s: order', async (...reader) => {
    let held: Buffer | undefined;
    const run = await read(reader, (frame, n) => {
      if (n === 500) {
        held = Buffer.from(frame);
        return [];
      }
      return n === 501 && held ? [frame, held] : [frame];
    });
    expect(run).toMatchObject({ lost: 0, duplicated: 0, reordered: 1 });
  });
});

it('a server that ends under the work leaves its figures, and cuts nobody off', async (ctx) => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bench-store-'));
  const other = await TestServer.start(
    { args: ['-js', '-sd', folder], monitor: true },
    command ?? missingTool(ctx, 'nats-server'),
  );
  try {
    const run = new BenchProcess([
      'js',
      'pub',
      'async',
      '--duration',
      '1h',
      '--warmup',
      '0s',
      '-s',
      `nats://127.0.0.1:${other.port}`,
    ]);
    await until(async () => {
      const response = await fetch(`http://127.0.0.1:${other.monitorPort}/jsz`);
      const { messages: stored } = (await response.json()) as { messages: number };
      return stored > 50_000 ? true : undefined;
    }, 'messages to be stored');
    await other.stop();
    const { code, file, err } = await run.finish();
    expect(code).toBe(1);
    expect(file?.runs[0]).toMatchObject({ slowConsumers: 0 });
    expect(file?.runs[0]?.delivered).toBeGreaterThan(0);
    expect(err).toContain('could not be removed');
  } finally {
    await other.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('what a stream has stored is compared with what it acknowledged', () => {
  it('so that loss is noticed', async () => {
    // A server that acknowledges 200 and knows of 150.
    const proxy = await startProxy(server.port, {
      alter: (frame) => [Buffer.from(frame.toString('latin1').replace('"last_seq":200', '"last_seq":150'), 'latin1')],
    });
    try {
      const { code, file } = await bench(['js', 'pub', 'async', '--msgs', '200', '-s', proxy.url]);
      expect([code, file?.runs[0]?.lost]).toEqual([1, 50]);
    } finally {
      await proxy.close();
    }
  });

  it('and what its limits throw away is not called lost', async () => {
    await manager.streams.add({ name: 'benchstream', subjects: ['bench.js'], max_msgs: 50 });
    const run = await benchOk(['js', 'pub', 'async', '--msgs', '200', '--use-existing', '-s', url()]);
    expect(run).toMatchObject({ delivered: 200, ...WHOLE });
  });
});
