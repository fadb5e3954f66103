import { fileURLToPath } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeAddon } from '../native/testing/fake-addon.js';
import { startPool } from './pool.js';
import { defaultReactors, Runtime } from './runtime.js';

const SCRIPT = fileURLToPath(new URL('./fixtures/reactor.cjs', import.meta.url));

describe('startPool', () => {
  it('runs one loop per thread', async () => {
    const channel = new BroadcastChannel('reactor fixture');
    const indexes: number[] = [];
    const allRun = new Promise<void>((resolve) => {
      channel.onmessage = (message: unknown) => {
        if (indexes.push((message as { data: number }).data) === 3) resolve();
      };
    });
    const pool = startPool(0, 3, SCRIPT);
    await allRun;
    expect(indexes.sort()).toEqual([0, 1, 2]);
    channel.postMessage('stop');
    await pool.ended;
    channel.close();
    await pool.close();
  });

  it('passes on why a loop failed', async () => {
    const pool = startPool(1, 2, SCRIPT);
    await expect(pool.ended).rejects.toThrow(/loop \d broke/);
    await pool.close();
  });
});

describe('defaultReactors', () => {
  it.each([
    [1, 2],
    [2, 2],
    [8, 8],
    [64, 16],
  ])('%d cores: %d', (cores, reactors) => expect(defaultReactors(cores)).toBe(reactors));
});

describe('Runtime', () => {
  const used: Runtime[] = [];
  const acquire = (addon: FakeAddon) => {
    const runtime = Runtime.acquire({ addon, startPool: addon.startPool }, 2);
    used.push(runtime);
    return runtime;
  };
  afterEach(async () => {
    for (const runtime of used.splice(0)) await runtime.release();
  });

  it('is one for all copies of the library of one version', async () => {
    const addon = new FakeAddon();
    const runtime = acquire(addon);
    vi.resetModules();
    const copy = await import('./runtime.js');
    expect(copy.Runtime).not.toBe(Runtime);
    expect(copy.Runtime.acquire({ addon, startPool: addon.startPool })).toBe(runtime);
    await runtime.release();
    expect(addon.calls).toEqual(['createRuntime 2']);
  });

  it('is another one for a copy of another version', async () => {
    const addon = new FakeAddon();
    const runtime = acquire(addon);
    vi.resetModules();
    vi.doMock('../version.js', () => ({ OWN_VERSION: '0.0.0-other' }));
    const copy = await import('./runtime.js');
    vi.doUnmock('../version.js');
    const other = copy.Runtime.acquire({ addon, startPool: addon.startPool }, 2);
    expect(other).not.toBe(runtime);
    await other.release();
    expect(addon.calls).toEqual(['createRuntime 2', 'createRuntime 2', 'stopRuntime']);
  });

  it('is a new one after the last user has gone', async () => {
    const addon = new FakeAddon();
    const first = acquire(addon);
    await (used.pop() as Runtime).release();
    expect(acquire(addon)).not.toBe(first);
    expect(addon.calls).toEqual(['createRuntime 2', 'stopRuntime', 'createRuntime 2']);
  });

  it('tells the loops to return when the process exits, so that exiting does not hang', async () => {
    const listeners = process.listeners('exit');
    const addon = new FakeAddon();
    acquire(addon);
    const added = process.listeners('exit').filter((listener) => !listeners.includes(listener));
    expect(added).toHaveLength(1);
    (added[0] as () => void)();
    expect(addon.calls.at(-1)).toBe('stopRuntime');
    await (used.pop() as Runtime).release();
    expect(process.listeners('exit')).toEqual(listeners);
  });

  it('hands events to the broker they are for', async () => {
    const addon = new FakeAddon();
    const runtime = acquire(addon);
    const got: string[] = [];
    runtime.attach(1, () => got.push('one'));
    const second = new Promise<void>((resolve) => runtime.attach(2, () => resolve(void got.push('two'))));
    addon.send({ kind: 'stopped', broker: 9 });
    addon.send({ kind: 'stopped', broker: 2 });
    await second;
    expect(got).toEqual(['two']);
  });

  it('boots its workers once, and none after its end', async () => {
    const addon = new FakeAddon();
    const runtime = acquire(addon);
    runtime.bootWorkers(0);
    runtime.bootWorkers(0);
    await vi.waitUntil(() => addon.pools > 0);
    await (used.pop() as Runtime).release();
    runtime.bootWorkers(0);
    expect(addon.pools).toBe(1);
  });

  it('tells every broker when the workers can not be booted', async () => {
    const addon = new FakeAddon();
    const runtime = Runtime.acquire({ addon, startPool: () => Promise.reject(new Error('no thread')) }, 2);
    used.push(runtime);
    const told = new Promise((resolve) => runtime.attach(1, resolve));
    runtime.bootWorkers(0);
    expect(await told).toEqual({ kind: 'fatal', broker: 1, text: 'no thread' });
  });

  it('tries again when there are no descriptors for the workers, and tells nobody', async () => {
    const addon = new FakeAddon();
    const sink = vi.fn();
    let attempts = 0;
    const startPool = () => {
      attempts += 1;
      const error = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
      return attempts === 1 ? Promise.reject(error) : addon.startPool();
    };
    const runtime = Runtime.acquire({ addon, startPool }, 2);
    used.push(runtime);
    runtime.attach(1, sink);
    runtime.bootWorkers(0);
    await vi.waitUntil(() => attempts === 2, { timeout: 10_000 });
    expect(sink).not.toHaveBeenCalled();
  });

  it('tells every broker when a thread died', async () => {
    const addon = new FakeAddon();
    const runtime = acquire(addon);
    const told = [1, 2].map((id) => new Promise((resolve) => runtime.attach(id, resolve)));
    runtime.bootWorkers(0);
    addon.killThread(new Error('boom'));
    expect(await Promise.all(told)).toEqual([1, 2].map((broker) => ({ kind: 'fatal', broker, text: 'boom' })));
  });
});
