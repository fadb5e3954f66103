import { describe, expect, it } from 'vitest';
import { latencyOf, median, mergeHistograms, spreadOf, valueAt } from './statistics.js';

describe('spreadOf', () => {
  it('gives the textbook interval', () => {
    // Mean 5, deviation sqrt(10/4)... of 3, 4, 5, 6, 7; t for four degrees of freedom is 2.776.
    const spread = spreadOf([3, 4, 5, 6, 7]);
    expect(spread).toMatchObject({ n: 5, mean: 5, min: 3, max: 7 });
    expect(spread?.stddev).toBeCloseTo(1.5811, 3);
    expect(spread?.low).toBeCloseTo(5 - 1.9634, 3);
    expect(spread?.high).toBeCloseTo(5 + 1.9634, 3);
  });

  it('one value has no interval, none no spread', () => {
    expect(spreadOf([4])).toMatchObject({ n: 1, stddev: 0, low: 4, high: 4 });
    expect(spreadOf([null, undefined])).toBeNull();
    expect(spreadOf([null, 2])?.n).toBe(1);
  });
});

it('median', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

describe('histograms', () => {
  const one = {
    count: 3,
    minNs: 1000,
    maxNs: 3000,
    meanNs: 2000,
    counts: [
      [1000, 1],
      [2000, 1],
      [3000, 1],
    ],
  };
  const two = { count: 1, minNs: 9000, maxNs: 9500, meanNs: 9500, counts: [[9000, 1]] };
  const typed = (value: unknown) => value as Parameters<typeof valueAt>[0];

  it('merge adds counts and keeps the ends', () => {
    const merged = mergeHistograms([typed(one), undefined, typed(one), typed(two)]);
    expect(merged).toMatchObject({
      count: 7,
      minNs: 1000,
      maxNs: 9500,
      counts: [
        [1000, 2],
        [2000, 2],
        [3000, 2],
        [9000, 1],
      ],
    });
  });

  it('percentiles are values below which that part lies, within the ends', () => {
    const latency = latencyOf(typed(one));
    expect(latency).toMatchObject({ min: 1, p50: 2, p99: 3, max: 3 });
    expect(latencyOf(undefined)).toBeNull();
    // A bucket is named by its lowest value; the recorded one may be above.
    expect(valueAt(typed({ ...two, minNs: 9400 }), 0.5)).toBe(9400);
  });

  it('agrees with exact percentiles of many values within 2 %', () => {
    const values = Array.from({ length: 20_000 }, (_, index) => Math.round(1000 * 1.0004 ** index));
    const buckets = new Map<number, number>();
    for (const value of values) {
      // Three significant digits, as the generator keeps them.
      const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2);
      const bucket = Math.floor(value / unit) * unit;
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    }
    const histogram = {
      count: values.length,
      minNs: values[0] as number,
      maxNs: values.at(-1) as number,
      meanNs: 0,
      counts: [...buckets].sort(([a], [b]) => a - b),
    };
    for (const quantile of [0.01, 0.5, 0.9, 0.99, 0.999, 0.9999]) {
      const exact = values[Math.ceil(quantile * values.length) - 1] as number;
      expect(Math.abs(valueAt(histogram, quantile) / exact - 1)).toBeLessThan(0.02);
    }
  });
});
