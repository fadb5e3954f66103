import { describe, expect, it } from 'vitest';
import { drainWithin } from './shutdown-grace.js';

/** Runs the drain on a clock of its own; `leave` says when a client goes by itself. */
async function run(graceMs: number, clients: number, leave: (cid: number) => number = () => Number.POSITIVE_INFINITY) {
  const open = new Set(Array.from({ length: clients }, (_, cid) => cid));
  const closedAt: number[] = [];
  const lines: string[] = [];
  let now = 0;
  const look = () => {
    for (const cid of open) if (leave(cid) <= now) open.delete(cid);
    return open;
  };
  await drainWithin({
    graceMs,
    count: () => look().size,
    clients: () => [...look()],
    close(cid) {
      if (open.delete(cid)) closedAt.push(now);
    },
    log: (text) => lines.push(text),
    signal: new AbortController().signal,
    nowMs: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  });
  return { closedAt, lines, endMs: now, left: open.size };
}

describe('drainWithin', () => {
  it('gives clients half of the time, then closes them one after the other', async () => {
    const { closedAt, lines, endMs, left } = await run(10_000, 5);
    expect(left).toBe(0);
    expect(Math.min(...closedAt)).toBeGreaterThanOrEqual(4_250);
    expect(new Set(closedAt).size).toBe(5);
    expect(endMs).toBeLessThanOrEqual(8_550);
    expect(lines[0]).toBe('Shutting down within 10s, 5 clients to move elsewhere');
    expect(lines).toContain('Closing existing clients, 5 of 5 remain');
    expect(lines.some((line) => /^[1-4] clients? of 5 remain$/.test(line))).toBe(true);
    expect(lines.at(-1)).toBe('All clients are gone');
  });

  it('is over as soon as nobody is left', async () => {
    const { endMs, closedAt, lines } = await run(60_000, 3, (cid) => 1_000 + cid * 100);
    expect(closedAt).toEqual([]);
    expect(endMs).toBeLessThan(1_500);
    expect(lines.at(-1)).toBe('All clients are gone');
  });

  it.each([1, 20, 1_000, 10_000])('leaves time for the stop when it has %i ms', async (graceMs) => {
    const { endMs, left } = await run(graceMs, 10_000);
    expect(left === 0 || graceMs < 1_000).toBe(true);
    // A look takes its time, too.
    expect(endMs).toBeLessThanOrEqual(graceMs * 0.85 + 50);
  });

  it('ends when told to, and closes nobody', async () => {
    const stopping = new AbortController();
    const lines: string[] = [];
    let sleeps = 0;
    await drainWithin({
      graceMs: 10_000,
      count: () => 1,
      clients: () => [1],
      close: () => expect.unreachable(),
      log: (text) => lines.push(text),
      signal: stopping.signal,
      nowMs: () => 0,
      sleep: async () => {
        sleeps += 1;
        stopping.abort();
      },
    });
    expect([sleeps, lines.length]).toEqual([1, 1]);
  });
});
