/** The verbs that store, against the reference server: ours has no JetStream yet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingTool } from '../clients/support.js';
import { referenceCommand, TestServer } from '../support/server.js';
import { bench, benchOk } from './support.js';

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
    expect(run).toMatchObject({ delivered: 2000, lost: 0, errors: 0 });
    // The messages were sent by the run that filled the stream: this one only counts them.
    expect(run.duplicated).toBeNull();
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
    expect(get).toMatchObject({ delivered: 300, ...WHOLE });
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
      '500ms',
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

it('a stream that loses messages is noticed', async () => {
  // Room for few messages: the oldest are thrown away while the acknowledgements say that all is well.
  await manager.streams.add({ name: 'benchstream', subjects: ['bench.js'], max_msgs: 50 });
  const { code, file } = await bench(['js', 'pub', 'async', '--msgs', '200', '--use-existing', '-s', url()]);
  expect(code).toBe(1);
  expect(file?.runs[0]?.lost).toBe(150);
});
