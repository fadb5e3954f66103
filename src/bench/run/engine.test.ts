import { describe, expect, it } from 'vitest';
import type { LoadAddon, LoadPlan, LoadProgress } from '../../native/load-contract.js';
import { BenchError } from '../errors.js';
import { reportOf } from '../testing/fakes.js';
import { type EngineParts, engineOf } from './engine.js';

const plan = { threads: 2 } as LoadPlan;

/** An addon whose run ends when it is stopped, or at once. */
function fake(options: { delivered?: number; endless?: boolean; failed?: { code: string; message: string } } = {}) {
  const calls: string[] = [];
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  if (!options.endless) end();
  const progress: LoadProgress = {
    phase: 'measuring',
    connected: 1,
    published: 0,
    delivered: options.delivered ?? 0,
    target: 0,
    elapsedMs: 1,
  };
  let stopped = false;
  const addon: LoadAddon = {
    createLoad: (text) => {
      calls.push(`create ${text}`);
      return 7;
    },
    runLoad: () => {},
    loadProgress: () => JSON.stringify(progress),
    stopLoad: (load) => {
      calls.push(`stop ${load}`);
      stopped = true;
      end();
    },
    finishLoad: (load) => {
      calls.push(`finish ${load}`);
      if (options.failed) throw new Error('the run failed');
      return JSON.stringify(reportOf({ stopped }));
    },
  };
  const pool: EngineParts['pool'] = {
    async run(load, threads) {
      calls.push(`run ${load} on ${threads}`);
      await ended;
      return options.failed ? { failed: options.failed } : {};
    },
    async close() {
      calls.push('close');
    },
  };
  return { engine: engineOf({ addon, pool }), calls };
}

describe('a run', () => {
  it('goes from plan to report', async () => {
    const { engine, calls } = fake();
    const report = await engine.run(plan);
    expect(report.published).toBe(1000);
    expect(calls).toEqual(['create {"threads":2}', 'run 7 on 2', 'finish 7']);
  });

  it('ends early at an abort, and leaves no exit handler behind', async () => {
    const before = process.listenerCount('exit');
    const stop = new AbortController();
    const { engine, calls } = fake({ endless: true });
    const running = engine.run(plan, { signal: stop.signal });
    expect(process.listenerCount('exit')).toBe(before + 1);
    stop.abort();
    expect((await running).stopped).toBe(true);
    expect(calls).toContain('stop 7');
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('that was aborted before ends at once', async () => {
    const { engine } = fake({ endless: true });
    expect((await engine.run(plan, { signal: AbortSignal.abort() })).stopped).toBe(true);
  });

  it('ends when enough was delivered, which is no early end', async () => {
    const { engine } = fake({ endless: true, delivered: 10 });
    expect((await engine.run(plan, { stopAfter: 10 })).stopped).toBe(false);
  });

  it('tells of its progress', async () => {
    const { engine } = fake({ endless: true, delivered: 10 });
    const seen: number[] = [];
    const stop = new AbortController();
    const progress = ({ delivered }: LoadProgress) => {
      seen.push(delivered);
      stop.abort();
    };
    await engine.run(plan, { progress, signal: stop.signal });
    expect(seen[0]).toBe(10);
  });

  it.each([
    ['CONNECT_FAILED', 'UNREACHABLE', '-s URL', 'h:1: connection refused'],
    ['CONNECT_FAILED', 'UNREACHABLE', 'open files', 'h:1: too many open files'],
    ['AUTH_REFUSED', 'AUTH_REFUSED', '--creds'],
    ['LOAD_FAILED', 'LOAD', 'why'],
  ])('that fails with %s says what to do', async (code, expected, text, message = 'why') => {
    const { engine, calls } = fake({ failed: { code, message } });
    const error = await engine.run(plan).catch((failure) => failure);
    expect(error).toBeInstanceOf(BenchError);
    expect(error).toMatchObject({ code: expected });
    expect(error.message).toContain(text);
    expect(calls.at(-1)).toBe('finish 7');
  });
});
