import { describe, expect, it } from 'vitest';
import type { RunResult } from '../types.js';
import { sweep } from './sweep.js';

/** A server whose p99 is 500 µs up to its limit, and 5 ms above. */
function serverWith(limit: number, asked: number[], slip?: number) {
  return async (rate: number): Promise<RunResult> => {
    asked.push(rate);
    const late = rate > limit || asked.length === slip;
    return {
      publishedPerSecond: rate,
      deliveredPerSecond: rate,
      targetPerSecond: rate,
      latencyUs: { p99: late ? 5000 : 500 },
      lost: 0,
      duplicated: 0,
      reordered: 0,
      errors: 0,
      server: { url: 'nats://x:1' },
    } as RunResult;
  };
}

describe('sweep', () => {
  it.each([900, 5000, 123_456])('finds the knee at %d within a tenth', async (limit) => {
    const { sweep: found, runs } = await sweep({ work: 'x', boundUs: 2000, run: serverWith(limit, []) });
    expect(found.maxPerSecond).toBeLessThanOrEqual(limit);
    expect(found.maxPerSecond).toBeGreaterThan(limit * 0.9);
    expect(runs.map(({ targetPerSecond }) => targetPerSecond)).toEqual([found.maxPerSecond]);
  });

  it('tries a rate again before it believes that it is too high', async () => {
    const asked: number[] = [];
    const { sweep: found } = await sweep({ work: 'x', boundUs: 2000, run: serverWith(50_000, asked, 3) });
    expect(asked.slice(2, 4)).toEqual([4000, 4000]);
    expect(found.maxPerSecond).toBeGreaterThan(45_000);
  });

  it('a rate that is not reached, or loses messages, is not kept', async () => {
    const run = (broken: Partial<RunResult>) => async (rate: number) =>
      ({ ...(await serverWith(1e9, [])(rate)), ...(rate > 3000 ? broken : {}) }) as RunResult;
    const slow = await sweep({ work: 'x', boundUs: 2000, run: run({ publishedPerSecond: 3000 }) });
    expect(slow.sweep.maxPerSecond).toBeLessThanOrEqual(3160);
    const lossy = await sweep({ work: 'x', boundUs: 2000, run: run({ lost: 1 }) });
    expect(lossy.sweep.points.find(({ kept }) => !kept)?.why).toContain('lost');
  });

  it('no rate keeps an impossible bound', async () => {
    const { sweep: found, runs } = await sweep({ work: 'x', boundUs: 1, run: serverWith(1e9, []) });
    expect(found.maxPerSecond).toBeNull();
    expect(runs).toEqual([]);
  });
});
