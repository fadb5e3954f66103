/** Means, deviations, confidence intervals, medians, and percentiles of histograms. Pure. */
import type { LoadHistogram } from '../../native/load-contract.js';
import type { LatencyUs, Spread } from '../types.js';

/** Two-sided 95 % quantiles of Student's t, by degrees of freedom from 1. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const T95_MANY = 1.96;

/** null without values. One value has neither deviation nor interval: both ends are the value. */
export function spreadOf(values: readonly (number | null | undefined)[]): Spread | null {
  const known = values.filter((value): value is number => value !== null && value !== undefined);
  if (known.length === 0) return null;
  const n = known.length;
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const stddev = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
  const half = n > 1 ? ((T95[n - 2] ?? T95_MANY) * stddev) / Math.sqrt(n) : 0;
  return { n, mean, stddev, low: mean - half, high: mean + half, min: Math.min(...known), max: Math.max(...known) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const half = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[half] as number;
  return ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/** All values of several histograms in one; undefined without values. */
export function mergeHistograms(parts: readonly (LoadHistogram | undefined)[]): LoadHistogram | undefined {
  const filled = parts.filter((part): part is LoadHistogram => part !== undefined && part.count > 0);
  if (filled.length === 0) return undefined;
  if (filled.length === 1) return filled[0];
  const counts = new Map<number, number>();
  for (const part of filled) {
    for (const [value, many] of part.counts) counts.set(value, (counts.get(value) ?? 0) + many);
  }
  const count = filled.reduce((sum, part) => sum + part.count, 0);
  return {
    count,
    minNs: Math.min(...filled.map(({ minNs }) => minNs)),
    maxNs: Math.max(...filled.map(({ maxNs }) => maxNs)),
    meanNs: filled.reduce((sum, part) => sum + part.meanNs * part.count, 0) / count,
    counts: [...counts].sort(([left], [right]) => left - right),
  };
}

/** The percentiles that reports show; null without values. */
export function latencyOf(histogram: LoadHistogram | undefined): LatencyUs | null {
  if (!histogram || histogram.count === 0) return null;
  const at = (quantile: number) => valueAt(histogram, quantile) / 1000;
  return {
    min: histogram.minNs / 1000,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    p9999: at(0.9999),
    max: histogram.maxNs / 1000,
  };
}

/** Nanoseconds below or at which the given part of the values lies. */
export function valueAt({ counts, count, minNs, maxNs }: LoadHistogram, quantile: number): number {
  const wanted = Math.max(1, Math.ceil(quantile * count));
  let seen = 0;
  for (const [value, many] of counts) {
    seen += many;
    // A bucket is named by its lowest value, which may lie below the smallest that was recorded.
    if (seen >= wanted) return Math.min(Math.max(value, minNs), maxNs);
  }
  return maxNs;
}
