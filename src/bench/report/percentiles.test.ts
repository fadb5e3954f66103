import { describe, expect, it } from 'vitest';
import { latencyCurve, nines, valueAt } from './percentiles.js';
import { sampleRun } from './testing/sample.js';

describe('latency curve', () => {
  it('agrees with the exact percentiles of what was recorded', () => {
    const histogram = Array.from({ length: 1000 }, (_, index): [number, number] => [index + 1, 1]);
    const curve = latencyCurve(sampleRun({ histogram }));
    expect([0, 0.5, 0.9, 0.99, 0.999].map((fraction) => valueAt(curve, fraction))).toEqual([1, 500, 900, 990, 999]);
  });

  it('rises and ends where one message in all is left', () => {
    const run = sampleRun();
    const curve = latencyCurve(run);
    for (const [index, point] of curve.entries()) {
      expect(point.us).toBeGreaterThanOrEqual(curve[index - 1]?.us ?? 0);
      expect(point.fraction).toBeGreaterThan(curve[index - 1]?.fraction ?? -1);
    }
    const total = (run.histogram ?? []).reduce((sum, [, many]) => sum + many, 0);
    expect(nines(curve.at(-1)?.fraction ?? 0)).toBeCloseTo(Math.log10(total));
    expect(valueAt(curve, 0.99)).toBe(run.latencyUs?.p99);
  });

  it('falls back on the percentiles, and on nothing', () => {
    const { histogram: _, ...bare } = sampleRun();
    expect(latencyCurve(bare).map(({ us }) => us)).toEqual(Object.values(bare.latencyUs ?? {}).slice(0, 6));
    expect(latencyCurve({ ...bare, latencyUs: null })).toEqual([]);
  });

  it('shows how long connecting took where that is the work', () => {
    const { latencyUs } = sampleRun();
    const run = sampleRun({ headline: 'connectsPerSecond', latencyUs: null, connectUs: latencyUs });
    expect(valueAt(latencyCurve(run), 0.5)).toBe(latencyUs?.p50);
  });

  it('stands a histogram of one value', () => {
    expect(latencyCurve(sampleRun({ histogram: [[42, 7]] })).every(({ us }) => us === 42)).toBe(true);
  });
});
