import { describe, expect, it } from 'vitest';
import { closeInStages } from './lame-duck.js';

/** Runs the close on a clock of its own and returns when each client was closed. */
async function run(options: { durationMs: number; graceMs: number; clients: number; random?: () => number }) {
  const closed: number[] = [];
  let now = 0;
  await closeInStages({
    durationMs: options.durationMs,
    graceMs: options.graceMs,
    clients: () => Array.from({ length: options.clients }, (_, cid) => cid),
    close: () => closed.push(now),
    log: () => {},
    signal: new AbortController().signal,
    sleep: async (ms) => {
      now += ms;
    },
    ...(options.random ? { random: options.random } : {}),
  });
  return closed;
}

describe('closeInStages', () => {
  it('waits for the grace period', async () => {
    expect((await run({ durationMs: 30_000, graceMs: 2_000, clients: 1 }))[0]).toBe(2_000);
  });

  it('leaves at most a second between two clients', async () => {
    const times = await run({ durationMs: 120_000, graceMs: 10_000, clients: 3, random: () => 1 });
    expect(times).toEqual([10_000, 11_000, 12_000]);
  });

  it('is done within the duration, however many clients there are', async () => {
    for (const clients of [10, 1_000, 100_000]) {
      const times = await run({ durationMs: 30_000, graceMs: 10_000, clients, random: () => 0.999 });
      expect(times).toHaveLength(clients);
      expect(times.at(-1)).toBeLessThanOrEqual(30_000);
      expect(times.at(-1)).toBeGreaterThan(10_000 + Math.min((clients - 1) * 990, 19_000));
    }
  });

  it('varies the pauses', async () => {
    const times = await run({ durationMs: 30_000, graceMs: 1, clients: 20 });
    const pauses = times.slice(1).map((at, i) => at - (times[i] as number));
    expect(new Set(pauses).size).toBeGreaterThan(1);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(500);
  });
});
