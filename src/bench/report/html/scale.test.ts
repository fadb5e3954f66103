import { describe, expect, it } from 'vitest';
import { linear, logarithmic, logDomain, logTicks, niceTicks } from './scale.js';

describe('scales', () => {
  it('map ends to ends and factors to equal steps', () => {
    expect(linear(0, 10, 100, 200)(5)).toBe(150);
    const x = logarithmic(1, 100, 0, 200);
    expect([1, 10, 100].map(x)).toEqual([0, 100, 200]);
    expect(x(0)).toBe(0);
  });

  it('ticks are round and hold the data', () => {
    expect(niceTicks(2.4e6)).toEqual([0, 1e6, 2e6, 3e6]);
    for (const max of [1e-6, 0.3, 1, 7, 99, 1234, 6.6e7]) {
      const ticks = niceTicks(max);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * 0.999999);
      expect(ticks.length).toBeLessThanOrEqual(6);
    }
    expect(niceTicks(0)).toEqual([0, 1]);
    expect(niceTicks(Number.NaN)).toEqual([0, 1]);
  });

  it('logarithmic ticks stay inside and few', () => {
    for (const [low, high] of [
      [1, 10],
      [0.2, 5],
      [12, 9e6],
      [1, 1e12],
    ] as const) {
      const ticks = logTicks(low, high, 7);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.every((tick) => tick >= low * 0.99 && tick <= high * 1.01)).toBe(true);
    }
  });

  it('a logarithmic domain is never empty', () => {
    expect(logDomain([])).toEqual([1, 10]);
    expect(logDomain([0, Number.NaN, 42, 42])).toEqual([20, 100]);
    expect(logDomain([317, 23_500])).toEqual([200, 50_000]);
  });
});
