/**
 * The curve of a latency distribution: value by percentile, from the histogram where the result carries one, else
 * from its seven percentiles. Pure arithmetic; knows no chart.
 */
import type { LatencyUs, RunResult } from '../types.js';

export interface CurvePoint {
  /** 0 is the minimum, 1 the maximum. */
  fraction: number;
  us: number;
}

/** The percentiles that get a name: grid lines and tooltips. */
export const NAMED = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999] as const;

/** What a run took: messages, or connections where connecting is the work. */
export function latencyOf(run: Pick<RunResult, 'latencyUs' | 'connectUs' | 'headline'>): LatencyUs | null {
  return run.latencyUs ?? (run.headline === 'connectsPerSecond' ? run.connectUs : null);
}

export function latencyPoints(latency: LatencyUs): CurvePoint[] {
  const { min, p50, p90, p99, p999, p9999 } = latency;
  return [min, p50, p90, p99, p999, p9999].map((us, index) => ({ fraction: NAMED[index] ?? 0, us }));
}

/** Evenly spaced on the axis log10(1 / (1 - p)), with every named percentile among them. */
export function latencyCurve(
  run: Pick<RunResult, 'latencyUs' | 'connectUs' | 'headline' | 'histogram'>,
  steps = 48,
): CurvePoint[] {
  const { histogram } = run;
  const latency = latencyOf(run);
  if (!run.latencyUs || !histogram || histogram.length === 0) return latency ? latencyPoints(latency) : [];
  const total = histogram.reduce((sum, [, many]) => sum + many, 0);
  // Beyond one message in `total` the histogram knows nothing.
  const end = Math.log10(Math.max(total, 2));
  const fractions = new Set<number>(NAMED.filter((fraction) => nines(fraction) <= end));
  for (let step = 1; step <= steps; step += 1) fractions.add(1 - 10 ** ((-end * step) / steps));
  const ascending = [...fractions].sort((x, y) => x - y);
  const points: CurvePoint[] = [];
  let bucket = 0;
  let below = 0;
  for (const fraction of ascending) {
    const wanted = Math.max(1, Math.ceil(fraction * total - 1e-9));
    while (bucket < histogram.length - 1 && below + (histogram[bucket]?.[1] ?? 0) < wanted) {
      below += histogram[bucket]?.[1] ?? 0;
      bucket += 1;
    }
    points.push({ fraction, us: histogram[bucket]?.[0] ?? 0 });
  }
  return points;
}

/** Where a percentile lies on the logarithmic axis: 0 → 0, 0.9 → 1, 0.99 → 2. */
export function nines(fraction: number): number {
  return fraction >= 1 ? Number.POSITIVE_INFINITY : -Math.log10(1 - fraction);
}

/** The value at a named percentile of a curve; absent where the curve does not reach it. */
export function valueAt(curve: readonly CurvePoint[], fraction: number): number | undefined {
  return curve.find((point) => Math.abs(point.fraction - fraction) < 1e-12)?.us;
}
