/**
 * Finds the highest rate that keeps a latency bound: raises the rate until the bound breaks, then bisects.
 *
 * Owns the order of the steps and the definition of "kept"; the caller runs each step.
 */
import type { RunResult, Sweep, SweepPoint } from '../types.js';
import { notWhole } from './compare.js';
import { keptRate } from './notes.js';

const START = 1000;
const FACTOR = 2;
/** The search ends when the highest kept rate is known to within this part. */
const PRECISION = 0.1;
const STEPS_MAX = 30;
/** One bad moment of the machine is not the knee: a rate that breaks is tried once more. */
const TRIES = 2;

export interface SweepParts {
  work: string;
  boundUs: number;
  start?: number;
  run(rate: number): Promise<RunResult | undefined>;
}

export async function sweep({
  work,
  boundUs,
  start = START,
  run,
}: SweepParts): Promise<{ sweep: Sweep; runs: RunResult[] }> {
  const points: SweepPoint[] = [];
  const kept: RunResult[] = [];
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let rate = start;
  for (let step = 0; step < STEPS_MAX; step++) {
    let point: SweepPoint | undefined;
    for (let attempt = 0; attempt < TRIES && !point?.kept; attempt++) {
      const result = await run(Math.round(rate));
      if (!result) return finish();
      point = judge(result, rate, boundUs);
      points.push(point);
      if (point.kept) kept.push(result);
      if (result.stopped) return finish();
    }
    if (point?.kept) low = rate;
    else high = rate;
    if (high === Number.POSITIVE_INFINITY) rate *= FACTOR;
    // Below the start, halving finds where it is kept at all.
    else if (low === 0) rate = high / FACTOR;
    else if (high / low <= 1 + PRECISION) break;
    else rate = Math.sqrt(low * high);
    if (rate < 1) break;
  }
  return finish();

  function finish() {
    const best = kept.reduce<RunResult | undefined>(
      (found, one) => ((found?.targetPerSecond ?? 0) < (one.targetPerSecond ?? 0) ? one : found),
      undefined,
    );
    return {
      sweep: { work, percentile: 'p99' as const, boundUs, points, maxPerSecond: best?.targetPerSecond ?? null },
      runs: best ? [best] : [],
    };
  }
}

function judge(result: RunResult, rate: number, boundUs: number): SweepPoint {
  const why = reason(result, rate, boundUs);
  return {
    targetPerSecond: Math.round(rate),
    publishedPerSecond: result.publishedPerSecond,
    deliveredPerSecond: result.deliveredPerSecond,
    latencyUs: result.latencyUs,
    kept: why === undefined,
    url: result.server.url,
    ...(why !== undefined && { why }),
  };
}

function reason(result: RunResult, rate: number, boundUs: number): string | undefined {
  if (notWhole(result)) return 'messages were lost, repeated or out of order, or there were errors';
  if (!keptRate(result.publishedPerSecond, rate)) return 'the rate was not reached';
  if (!result.latencyUs) return 'latency was not measured';
  return result.latencyUs.p99 > boundUs ? 'p99 is above the bound' : undefined;
}
