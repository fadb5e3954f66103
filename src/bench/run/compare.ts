/** From the results of two servers to ratios with their spread. Pure. A ratio above 1 is in favour of B. */
import { isAnswered } from '../plan/work.js';
import type { ComparedMetric, ComparisonRow, MetricComparison, RepeatResult, RunResult } from '../types.js';
import type { Measured } from './measure.js';
import { median } from './statistics.js';

interface Metric {
  metric: ComparedMetric;
  unit: string;
  better: 'higher' | 'lower';
  /** Of each round; empty: not measured. */
  values(run: RunResult): number[];
}

const perRound = (pick: (repeat: RepeatResult) => number | null) => (run: RunResult) => {
  const values = run.repeats.map(pick);
  return values.every((value): value is number => value !== null) ? values : [];
};
const whole = (pick: (run: RunResult) => number | null | undefined) => (run: RunResult) => {
  const value = pick(run);
  return value === null || value === undefined ? [] : [value];
};

const METRICS: readonly Metric[] = [
  { metric: 'connectsPerSecond', unit: 'conn/s', better: 'higher', values: perRound((one) => one.connectsPerSecond) },
  { metric: 'deliveredPerSecond', unit: 'msg/s', better: 'higher', values: perRound((one) => one.deliveredPerSecond) },
  { metric: 'publishedPerSecond', unit: 'msg/s', better: 'higher', values: perRound((one) => one.publishedPerSecond) },
  {
    metric: 'cpuSecondsPerMillion',
    unit: 'CPU s per M',
    better: 'lower',
    values: perRound((one) => one.cpuSecondsPerMillion),
  },
  { metric: 'p50Us', unit: 'µs', better: 'lower', values: perRound((one) => one.p50Us) },
  { metric: 'p99Us', unit: 'µs', better: 'lower', values: perRound((one) => one.p99Us) },
  { metric: 'peakRssBytes', unit: 'bytes', better: 'lower', values: whole((run) => run.server.peakRssBytes) },
  {
    metric: 'bytesPerConnection',
    unit: 'bytes',
    better: 'lower',
    values: whole((run) => run.server.bytesPerConnection),
  },
];

const NOTHING = { a: null, b: null, ratio: null, spread: null };

export function compare({ work, results, failed }: Measured): ComparisonRow {
  const a = results.find(({ server }) => server.side === 'a');
  const b = results.find(({ server }) => server.side === 'b');
  const head = { work: work.title, verb: work.verb };
  if (failed || !a || !b) {
    const one = a ?? b;
    const rate = one && METRICS.find(({ metric }) => metric === one.headline)?.values(one);
    const known = one && rate && rate.length > 0 ? { [one === a ? 'a' : 'b']: median(rate) } : {};
    const why = failed?.message ?? 'stopped before both servers had their turn';
    return { ...head, ...NOTHING, ...known, metrics: [], failed: why };
  }
  const compared = METRICS.filter(({ metric }) => metric !== 'publishedPerSecond' || !isAnswered(work.verb));
  const metrics = compared
    .flatMap((metric) => compareMetric(metric, a, b) ?? [])
    .sort((left, right) => Number(right.metric === a.headline) - Number(left.metric === a.headline));
  const headline = metrics.find(({ metric }) => metric === a.headline);
  const { metric: _metric, unit: _unit, ...figures } = headline ?? { ...NOTHING, metric: '', unit: '' };
  const short = [a, b].filter(notWhole).map(({ server }) => server.side?.toUpperCase());
  return {
    ...head,
    ...figures,
    metrics,
    ...(short.length > 0 && { failed: `${short.join(' and ')} lost, repeated or disordered messages, or had errors` }),
  };
}

function compareMetric(
  { metric, unit, better, values }: Metric,
  a: RunResult,
  b: RunResult,
): MetricComparison | undefined {
  const [left, right] = [values(a), values(b)];
  if (left.length === 0 || right.length === 0 || ![...left, ...right].every((value) => value > 0)) return undefined;
  const ratio = (one: number, other: number) => (better === 'higher' ? other / one : one / other);
  const rounds = Math.min(left.length, right.length);
  const ratios = Array.from({ length: rounds }, (_, round) => ratio(left[round] as number, right[round] as number));
  const [middleA, middleB] = [median(left), median(right)];
  return {
    metric,
    unit,
    a: middleA,
    b: middleB,
    ratio: ratio(middleA, middleB),
    spread: { low: Math.min(...ratios), high: Math.max(...ratios) },
  };
}

/** Its figures are not those of a server that did its work. */
export function notWhole(run: RunResult): boolean {
  return run.lost > 0 || (run.duplicated ?? 0) > 0 || (run.reordered ?? 0) > 0 || run.errors > 0;
}
