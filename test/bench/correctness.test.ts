/** What goes wrong between server and client is noticed: a proxy drops, repeats, swaps and delays messages. */
import { afterEach, describe, expect, it } from 'vitest';
import { type ProxyOptions, startProxy, type TestProxy } from '../../bench/lib/proxy.mjs';
import { TestServer, useServer } from '../support/server.js';
import { BenchProcess, bench, benchOk, subscribed } from './support.js';

const server = useServer();
let proxy: TestProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

async function through(options: ProxyOptions, args: readonly string[]) {
  proxy = await startProxy(server.port, options);
  // Longer than a busy machine keeps the proxy from its work: what it holds up meanwhile is not lost.
  const run = await bench([...args, '--quiet', '3s', '-s', proxy.url]);
  return { ...run, result: run.file?.runs[0] };
}

/** The same message, as if somebody else had sent it. */
function stranger(frame: Buffer): Buffer {
  const payload = frame.indexOf('\r\n') + 2;
  return Buffer.from(frame).fill('x', payload, frame.length - 2);
}

const PUBSUB = ['pubsub', '--msgs', '5000', '--size', '32'];
const CLEAN = { lost: 0, duplicated: 0, reordered: 0, errors: 0 };

it('an honest proxy changes nothing', async () => {
  const { code, result } = await through({}, PUBSUB);
  expect(code).toBe(0);
  expect(result).toMatchObject({ ...CLEAN, delivered: 5000 });
  expect(proxy?.messages()).toBe(5000);
});

describe('loss', () => {
  it('of two messages', async () => {
    const { code, result } = await through({ alter: (frame, n) => (n === 100 || n === 5000 ? [] : [frame]) }, PUBSUB);
    expect(code).toBe(1);
    expect(result).toMatchObject({ ...CLEAN, lost: 2 });
  });

  it('in a queue group and in a fan-out', async () => {
    const drop: ProxyOptions = { alter: (frame, n) => (n === 77 ? [] : [frame]) };
    expect((await through(drop, [...PUBSUB, '--sub', '3', '--queue', 'q'])).result).toMatchObject({
      ...CLEAN,
      lost: 1,
    });
    await proxy?.close();
    expect((await through(drop, [...PUBSUB, '--sub', '3'])).result).toMatchObject({ ...CLEAN, lost: 1 });
  });

  it('of messages too small to be numbered', async () => {
    const alter: ProxyOptions['alter'] = (frame, n) => (n === 9 ? [] : [frame]);
    const { code, result } = await through({ alter }, ['pubsub', '--msgs', '500', '--size', '2']);
    expect([code, result?.lost]).toEqual([1, 1]);
  });

  it('where a stranger sends in its place', async () => {
    const alter: ProxyOptions['alter'] = (frame, n) => (n === 200 ? [stranger(frame)] : [frame]);
    const { code, result } = await through({ alter }, PUBSUB);
    expect(code).toBe(1);
    expect(result).toMatchObject({ ...CLEAN, lost: 1, delivered: 4999 });
    expect(result?.notes.join()).toContain('cost the server too: 1');
  });

  it('of an answer', async () => {
    const alter: ProxyOptions['alter'] = (frame, n) => (n === 40 ? [] : [frame]);
    const { code, result } = await through({ alter }, ['request', '--msgs', '100', '--window', '5']);
    expect(code).toBe(1);
    expect(result?.lost).toBe(1);
  });
});

it('a subscriber that is cut off as too slow', async () => {
  const tight = await TestServer.start({ monitor: true, config: 'max_pending: 1MB\nwrite_deadline: "500ms"' });
  try {
    proxy = await startProxy(tight.port, { stallAfter: 100 });
    // The subscriber is behind the proxy, the publisher is not.
    const sub = new BenchProcess(['sub', 'slow', '--msgs', '100k', '-s', proxy.url]);
    await subscribed(tight, 'slow');
    await benchOk(['pub', 'slow', '--msgs', '100k', '--size', '1KB', '-s', `nats://127.0.0.1:${tight.port}`]);
    await tight.waitForLog(/Slow Consumer/);
    proxy.resume();
    const { code, file } = await sub.finish();
    expect(code).toBe(1);
    expect(file?.runs[0]?.slowConsumers).toBe(1);
    expect(file?.runs[0]?.errors).toBeGreaterThan(0);
  } finally {
    await tight.stop();
  }
});

it('duplicates of messages too small to be numbered', async () => {
  const twice: ProxyOptions['alter'] = (frame, n) => (n === 9 ? [frame, frame] : [frame]);
  const { code, result } = await through({ alter: twice }, ['pubsub', '--msgs', '500', '--size', '2']);
  expect([code, result?.errorTexts]).toEqual([1, [{ text: 'more messages came than were sent', count: 1 }]]);
});

it('duplicates', async () => {
  const twice: ProxyOptions['alter'] = (frame, n) => (n % 1000 === 0 ? [frame, frame] : [frame]);
  const { code, result } = await through({ alter: twice }, PUBSUB);
  expect(code).toBe(1);
  expect(result).toMatchObject({ lost: 0, duplicated: 5, errors: 0 });
});

it('wrong order', async () => {
  let held: Buffer | undefined;
  const swap: ProxyOptions['alter'] = (frame, n) => {
    if (n === 500) {
      held = Buffer.from(frame);
      return [];
    }
    const back = held;
    held = undefined;
    return back ? [frame, back] : [frame];
  };
  const { code, result } = await through({ alter: swap }, PUBSUB);
  expect(code).toBe(1);
  expect(result).toMatchObject({ lost: 0, duplicated: 0 });
  expect(result?.reordered).toBeGreaterThan(0);
});

it('a delay shows as latency, in both halves of the histogram', async () => {
  proxy = await startProxy(server.port, { delayMs: 20 });
  const run = await benchOk(['pubsub', '--msgs', '200', '--rate', '500', '-s', proxy.url]);
  // Bounds that no machine can miss: nothing arrives early. How late it is allowed to be is checked by npm run bench.
  expect(run.latencyUs?.min).toBeGreaterThanOrEqual(19_500);
  expect(run.latencyUs?.p50).toBeGreaterThanOrEqual(19_500);
  expect(run.latencyUs?.p50).toBeLessThan(5_000_000);
});
