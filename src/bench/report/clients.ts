/** The rates of single clients by role: their number, the slowest, the median and the fastest. */
import type { RunResult } from '../types.js';

export interface ClientRange {
  role: string;
  clients: number;
  /** Messages per second: sent by those who only send, else received. */
  slowest: number;
  median: number;
  fastest: number;
}

/** Roles with a single client are left out: the sum says the same. */
export function clientRanges(run: RunResult): ClientRange[] {
  const byRole = new Map<string, number[]>();
  for (const { role, delivered, publishedPerSecond, deliveredPerSecond } of run.clients) {
    const rate = delivered > 0 ? deliveredPerSecond : publishedPerSecond;
    const rates = byRole.get(role);
    if (rates) rates.push(rate);
    else byRole.set(role, [rate]);
  }
  const ranges: ClientRange[] = [];
  for (const [role, rates] of byRole) {
    if (rates.length < 2) continue;
    rates.sort((x, y) => x - y);
    const [slowest = 0] = rates;
    const fastest = rates.at(-1) ?? 0;
    // Idle connections move nothing.
    if (fastest > 0)
      ranges.push({ role, clients: rates.length, slowest, median: rates[rates.length >> 1] ?? 0, fastest });
  }
  return ranges;
}
