/** The core verbs and their flags, each with a real broker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settled, until } from '../support/deadline.js';
import { useServer } from '../support/server.js';
import { BenchProcess, bench, benchOk, subscribed } from './support.js';

const server = useServer({ monitor: true });
const url = () => `nats://127.0.0.1:${server.port}`;

async function varz(): Promise<{ in_msgs: number; total_connections: number }> {
  return (await (await fetch(`http://127.0.0.1:${server.monitorPort}/varz`)).json()) as never;
}

const WHOLE = { lost: 0, duplicated: 0, reordered: 0, errors: 0 };

describe('verbs', () => {
  it('pub: the server has got every message', async () => {
    const before = await varz();
    const run = await benchOk(['pub', '--msgs', '30k', '--clients', '3', '--size', '16', '-s', url()]);
    expect(run).toMatchObject({ verb: 'pub', published: 30_000, delivered: 0, ...WHOLE });
    await settled(async () => expect((await varz()).in_msgs - before.in_msgs).toBe(30_000));
    expect(run.publishedPerSecond).toBeGreaterThan(0);
    expect(run.latencyUs).toBeNull();
  });

  it('pubsub: the line that others build on', async () => {
    const run = await benchOk(['pubsub', '--pub', '1', '--sub', '1', '--msgs', '200000', '--size', '16', '-s', url()]);
    expect(run).toMatchObject({ published: 200_000, delivered: 200_000, publishedBytes: 3_200_000, ...WHOLE });
    const { min, p50, p90, p99, p999, p9999, max } = run.latencyUs ?? {
      min: -1,
      p50: 0,
      p90: 0,
      p99: 0,
      p999: 0,
      p9999: 0,
      max: 0,
    };
    expect([min, p50, p90, p99, p999, p9999, max]).toEqual(
      [min, p50, p90, p99, p999, p9999, max].toSorted((a, b) => a - b),
    );
    expect(min).toBeGreaterThan(0);
    expect(run.server).toMatchObject({ url: url(), version: '2.15.2' });
  });

  it("reads the cost of the loopback port's owner", async () => {
    const run = await benchOk(['pubsub', '--msgs', '100k', '-s', url()]);
    if (process.platform !== 'linux') return expect(run.server.costSource).toBeNull();
    expect(run.server.costSource).toContain(`process ${server.pid}`);
    expect(run.server.cpuSecondsPerMillion).toBeGreaterThan(0);
    expect(run.server.peakRssBytes).toBeGreaterThan(1e6);
  });

  it('pubsub pairs', async () => {
    const run = await benchOk(['pubsub', '--pub', '4', '--sub', '4', '--msgs', '40k', '-s', url()]);
    expect(run).toMatchObject({ published: 40_000, delivered: 40_000, ...WHOLE });
    expect(run.clients).toHaveLength(8);
  });

  it.each([
    ['more subscribers', ['--sub', '5'], 5],
    ['--fanout', ['--pub', '3', '--sub', '3', '--fanout'], 3],
  ])('pubsub fan-out: %s', async (_, args, copies) => {
    const run = await benchOk(['pubsub', ...args, '--msgs', '9k', '-s', url()]);
    expect(run).toMatchObject({ published: 9000, delivered: 9000 * copies, ...WHOLE });
  });

  it('pubsub queue group', async () => {
    const run = await benchOk(['pubsub', '--pub', '2', '--sub', '4', '--queue', 'q', '--msgs', '20k', '-s', url()]);
    expect(run).toMatchObject({ published: 20_000, delivered: 20_000, ...WHOLE });
    expect(run.clients.filter(({ role, delivered }) => role === 'subscriber' && delivered > 0).length).toBeGreaterThan(
      1,
    );
  });

  it('request, one at a time and many', async () => {
    const one = await benchOk(['request', '--msgs', '2k', '-s', url()]);
    expect(one).toMatchObject({ published: 2000, delivered: 2000, ...WHOLE });
    expect(one.latencyUs?.p50).toBeGreaterThan(0);
    const many = await benchOk([
      'request',
      '--msgs',
      '20k',
      '--clients',
      '2',
      '--window',
      '50',
      '--responders',
      '2',
      '-s',
      url(),
    ]);
    expect(many).toMatchObject({ published: 20_000, delivered: 20_000, ...WHOLE });
  });

  it('request without anybody who answers is an error', async () => {
    const { code, file } = await bench(['request', '--responders', '0', '--msgs', '10', '-s', url()]);
    expect(code).toBe(1);
    expect(file?.runs[0]?.errorTexts[0]?.text).toContain('503');
  });

  it('sub and service serve others', async () => {
    const sub = new BenchProcess(['sub', 'far', '--msgs', '5000', '--clients', '2', '-s', url()]);
    await subscribed(server, 'far', 2);
    await benchOk(['pub', 'far', '--msgs', '5000', '-s', url()]);
    const heard = await sub.finish();
    expect(heard.code).toBe(0);
    expect(heard.file?.runs[0]).toMatchObject({ delivered: 10_000, lost: 0, stopped: false });

    const service = new BenchProcess(['service', 'help', '-s', url()]);
    await subscribed(server, 'help', 1);
    const asked = await benchOk(['request', 'help', '--responders', '0', '--msgs', '500', '-s', url()]);
    expect(asked).toMatchObject({ delivered: 500, ...WHOLE });
    service.child.kill('SIGINT');
    const served = await service.finish();
    expect([served.code, served.file?.runs[0]?.delivered]).toEqual([0, 500]);
  });

  it('service ends after --msgs requests; sub listens to wildcards', async () => {
    const served = new BenchProcess(['service', 'svc.*', '--msgs', '200', '-s', url()]);
    const heard = new BenchProcess(['sub', 'svc.>', '--msgs', '200', '-s', url()]);
    await subscribed(server, 'svc.*');
    await subscribed(server, 'svc.>');
    await benchOk(['request', 'svc.a', '--msgs', '200', '--responders', '0', '-s', url()]);
    for (const run of [served, heard]) {
      const { code, file } = await run.finish();
      expect(code).toBe(0);
      expect(file?.runs[0]).toMatchObject({ delivered: 200, errors: 0, stopped: false });
    }
  });

  it('match: random subjects find their one subscription', async () => {
    const args = ['--subscriptions', '2000', '--msgs', '20k', '-s', url()];
    expect(await benchOk(['match', ...args])).toMatchObject({ delivered: 20_000, ...WHOLE });
    expect(await benchOk(['match', '--wildcards', '--clients', '3', ...args])).toMatchObject({
      delivered: 20_000,
      ...WHOLE,
    });
  });

  it('conns: connections stay, and are counted', async () => {
    const before = await varz();
    const run = await benchOk(['conns', '--clients', '50', '--duration', '100ms', '-s', url()]);
    expect(run.connectsPerSecond).toBeGreaterThan(0);
    expect(run.connectUs?.p50).toBeGreaterThan(0);
    expect((await varz()).total_connections - before.total_connections).toBeGreaterThanOrEqual(50);
    expect((await benchOk(['conns', '--clients', '50', '--storm', '--duration', '1ms', '-s', url()])).errors).toBe(0);
  });

  it('sub with a number and a time ends when the time is over, and calls nothing lost', async () => {
    const run = await benchOk(['sub', 'nobody', '--msgs', '100', '--duration', '50ms', '-s', url()]);
    expect(run).toMatchObject({ delivered: 0, lost: 0, stopped: false });
  });

  it('sub stops at Ctrl-C and still reports', async () => {
    const sub = new BenchProcess(['sub', 'forever', '-s', url()]);
    await subscribed(server, 'forever', 1);
    sub.child.kill('SIGINT');
    const { code, file, out } = await sub.finish();
    expect(code).toBe(0);
    // There was no other end to wait for.
    expect(file?.runs[0]?.stopped).toBe(false);
    expect(out).toContain('sub');
  });

  it('a run that would last for hours stops at Ctrl-C, with its figures', async () => {
    const run = new BenchProcess(['pubsub', 'long', '--duration', '2h', '--rate', '1k', '--warmup', '0s', '-s', url()]);
    const before = (await varz()).in_msgs;
    await until(async () => ((await varz()).in_msgs > before + 50 ? true : undefined), 'some messages');
    run.child.kill('SIGINT');
    const { code, file } = await run.finish();
    expect(code).toBe(130);
    expect(file?.runs[0]).toMatchObject({ stopped: true, ...WHOLE });
    expect(file?.runs[0]?.delivered).toBeGreaterThan(10);
  });
});

describe('flags', () => {
  it('--duration with --rate sends at that rate', async () => {
    const run = await benchOk(['pubsub', '--duration', '3s', '--rate', '2000', '--warmup', '0s', '-s', url()]);
    expect(run.targetPerSecond).toBe(2000);
    // Wide: a busy machine may be late, never early.
    expect(run.published).toBeGreaterThan(500);
    expect(run.published).toBeLessThanOrEqual(6300);
    expect(run).toMatchObject({ delivered: run.published, ...WHOLE });
  });

  it('--size: range and distribution', async () => {
    const range = await benchOk(['pubsub', '--size', '16..116', '--msgs', '20k', '-s', url()]);
    expect(range.deliveredBytes / range.delivered).toBeGreaterThan(60);
    expect(range.deliveredBytes / range.delivered).toBeLessThan(72);
    const mix = await benchOk(['pubsub', '--size', '16:90,1016:10', '--msgs', '20k', '-s', url()]);
    expect(mix.deliveredBytes / mix.delivered).toBeGreaterThan(96);
    expect(mix.deliveredBytes / mix.delivered).toBeLessThan(136);
  });

  it('--size too small says what is not measured', async () => {
    const eight = await benchOk(['pubsub', '--size', '8', '--msgs', '1k', '-s', url()]);
    expect(eight).toMatchObject({ latencyUs: null, duplicated: 0, lost: 0 });
    expect(eight.notMeasured.join()).toContain('latency');
    const none = await benchOk(['pubsub', '--size', '0', '--msgs', '1k', '-s', url()]);
    expect(none).toMatchObject({ duplicated: null, delivered: 1000, lost: 0 });
    expect(none.notMeasured.join()).toContain('order');
  });

  it('--headers, --subjects, --random, --latency-sample, --threads, --sleep, several servers', async () => {
    const args = [
      '--header',
      'A:b',
      '-H',
      'C:d',
      '--subjects',
      '10',
      '--random',
      '--latency-sample',
      '10',
      '--threads',
      '2',
    ];
    const run = await benchOk(['pubsub', ...args, '--msgs', '5k', '-s', `${url()},${url()}`]);
    expect(run).toMatchObject({ delivered: 5000, ...WHOLE });
    expect(run.generator).toMatchObject({ threads: 2, latencyEvery: 10 });
    const counted = run.histogram?.reduce((sum, [, many]) => sum + many, 0) ?? 0;
    expect(counted).toBeGreaterThan(0);
    expect(counted).toBeLessThanOrEqual(1000);
    expect(await benchOk(['pub', '--sleep', '1ms', '--msgs', '20', '-s', url()])).toMatchObject({ published: 20 });
  });

  it('--repeat with --warmup gives one result with its spread', async () => {
    const run = await benchOk(['pubsub', '--repeat', '3', '--warmup', '20ms', '--msgs', '5k', '-s', url()]);
    expect(run).toMatchObject({ published: 15_000, delivered: 15_000, ...WHOLE });
    expect(run.repeats).toHaveLength(3);
    const { low = 1, mean = 0, high = 0 } = run.spread.deliveredPerSecond ?? {};
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
  });

  it('--find-max ends with a rate', async () => {
    const args = [
      '--find-max',
      '--p99',
      '10s',
      '--rate',
      '100k',
      '--duration',
      '50ms',
      '--warmup',
      '0s',
      '--size',
      '16',
    ];
    const { file, code, err } = await bench(['pubsub', ...args, '-s', url()]);
    expect(code, err).toBe(0);
    expect(file?.sweep?.points.length).toBeGreaterThan(1);
  });

  it('--vs, and a suite cut down', async () => {
    const rows = ['--suite', 'core', '--rows', '1:1 16 B', '--duration', '100ms', '--repeat', '2', '--warmup', '10ms'];
    const { file, code } = await bench([...rows, '-s', url(), '--vs', url()]);
    expect(code).toBe(0);
    expect(file?.comparison).toHaveLength(1);
    expect(file?.comparison[0]?.ratio).toBeGreaterThan(0);
    expect(file?.runs.map(({ server: { side } }) => side)).toEqual(['a', 'b']);
  });

  it('--spawn starts the server itself', async () => {
    const command = `${process.execPath} dist/cli/nats-turbo.js -a 127.0.0.1 -p {port}`;
    const run = await benchOk(['pubsub', '--msgs', '5k', '--spawn', command]);
    expect(run).toMatchObject({ delivered: 5000, ...WHOLE });
    expect(run.server.costSource).toMatch(process.platform === 'linux' ? /^process \d+ \(nats-turbo/ : /^process/);
  });

  it('--pid and --monitor say where the cost is read', async () => {
    const byPid = await benchOk(['pubsub', '--msgs', '5k', '--pid', String(server.pid), '-s', url()]);
    expect(byPid.server.costSource).toContain(String(server.pid));
    const monitor = `http://127.0.0.1:${server.monitorPort}`;
    const byPort = await benchOk([
      'pubsub',
      '--duration',
      '700ms',
      '--warmup',
      '0s',
      '--monitor',
      monitor,
      '-s',
      url(),
    ]);
    expect(byPort.server).toMatchObject({ costSource: `${monitor}/varz`, cpuSecondsPerMillion: null });
    expect(byPort.server.peakRssBytes).toBeGreaterThan(1e6);
    expect(byPort.notMeasured.join()).toContain('several seconds');
  });
});

describe('a scenario', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'nats-bench-test-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('runs all its lines at once', async () => {
    const file = join(dir, 'shop.bench');
    writeFileSync(file, 'pubsub --pub 2 --sub 2 --msgs 2k\npubsub --sub 3 --msgs 1k\nrequest --msgs 500 --window 10\n');
    const run = await benchOk(['mixed', file, '-s', url()]);
    expect(run).toMatchObject({ published: 3500, delivered: 2000 + 3000 + 500, ...WHOLE });
    const timed = run.clients.filter(({ latencyUs }) => latencyUs).map(({ name }) => name);
    expect(new Set(timed)).toEqual(new Set(['1: subscriber 1', '1: subscriber 2', '2: subscriber', '3: requester']));
  });
});

describe('troubles', () => {
  it('nobody there', async () => {
    const { code, err } = await bench(['pub', '-s', 'nats://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(err).toContain('connection refused');
  });

  it('no JetStream', async () => {
    const { code, err } = await bench(['js', 'pub', 'sync', '-s', url()]);
    expect(code).toBe(1);
    expect(err).toContain('JetStream is not enabled');
  });
});
