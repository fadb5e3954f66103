/**
 * A comparison on a terminal: every metric with both values while the rows are few, one line per work when they are
 * many. Green and full bars: the second server is ahead; red and pale: the first; yellow and `~`: the rounds disagree.
 */
import type { Compared, ComparedMetric, ComparisonRow, MetricComparison, RunResult } from '../types.js';
import { type Column, cut, layOut, painter, printable, type Terminal, wrap } from './ansi.js';
import { comparedOf, geometricMean, isClear, metricOf, sideNames } from './facts.js';
import * as f from './format.js';
import { metricName, metricValue } from './metrics.js';

/** More works than this get one line each. */
const DETAILED_MAX = 4;
const BAR_MAX = 12;

export function ratios(comparison: readonly ComparisonRow[], runs: readonly RunResult[], terminal: Terminal): string[] {
  const paint = painter(terminal);
  const [a = '', b = ''] = sideNames(runs).map((name) => cut(printable(name), 28));
  const lines = comparison.length > DETAILED_MAX ? brief() : detailed();
  const rates = comparison.flatMap((row) => (row.failed === undefined ? (comparedOf(row)?.ratio ?? []) : []));
  const mean = rates.length > 1 ? [`Geometric mean of ${rates.length} rates: ${f.times(geometricMean(rates))}.`] : [];
  const legend = comparison.some(comparedOf)
    ? [`Above 1× ${b} is ahead, whatever the metric; ~ where the rounds disagree.`]
    : [];
  const failed = comparison.filter((row) => row.failed !== undefined);
  return [
    ...lines,
    '',
    ...[[...mean, ...legend].join(' ')]
      .filter(Boolean)
      .flatMap((text) => wrap(text, terminal.columns))
      .map((line) => paint('dim', line)),
    ...failed.map((row) => paint('red', `✗ ${printable(row.work)}: ${printable(row.failed ?? '')}`)),
  ];

  function detailed(): string[] {
    const columns: Column[] = [
      { title: 'comparison', shrinkTo: 24 },
      { title: '' },
      { title: a, align: 'right', drop: 1 },
      { title: b, align: 'right', drop: 1 },
      { title: 'ratio', align: 'right' },
      { title: 'spread', align: 'right' },
      { title: '', drop: 2 },
    ];
    const draw = bars(comparison.flatMap(({ metrics }) => metrics));
    const rows = comparison.flatMap((row) => {
      const metrics: (MetricComparison | undefined)[] = row.metrics.length > 0 ? row.metrics : [undefined];
      return metrics.map((metric, index) => {
        return [
          index === 0 ? printable(row.work) : '',
          metricName(metric),
          metricValue(metric, (metric ?? row).a),
          metricValue(metric, (metric ?? row).b),
          paint('bold', ratio(metric)),
          spread(metric),
          draw(metric),
        ];
      });
    });
    return layOut(columns, rows, terminal);
  }

  function brief(): string[] {
    const columns: Column[] = [
      { title: 'comparison', shrinkTo: 24 },
      { title: a, align: 'right', drop: 1 },
      { title: b, align: 'right', drop: 1 },
      { title: 'rate', align: 'right' },
      { title: 'spread', align: 'right', drop: 2 },
      { title: 'CPU', align: 'right', drop: 3 },
      { title: 'p50', align: 'right', drop: 5 },
      { title: 'p99', align: 'right', drop: 4 },
      { title: 'memory', align: 'right', drop: 6 },
      { title: '', drop: 7 },
    ];
    const draw = bars(comparison.flatMap((row) => comparedOf(row) ?? []));
    const rows = comparison.map((row) => {
      const of = (metric: ComparedMetric) => ratio(metricOf(row, metric));
      return [
        printable(row.work),
        metricValue(row.metrics[0], row.a),
        metricValue(row.metrics[0], row.b),
        paint('bold', ratio(comparedOf(row))),
        spread(comparedOf(row)),
        of('cpuSecondsPerMillion'),
        of('p50Us'),
        of('p99Us'),
        of('peakRssBytes'),
        draw(comparedOf(row)),
      ];
    });
    return layOut(columns, rows, terminal);
  }

  function ratio(compared: Compared | undefined): string {
    if (!compared) return f.ABSENT;
    return paint(toneOf(compared), `${isClear(compared) ? '' : '~'}${f.times(compared.ratio)}`);
  }

  function spread(compared: Compared | undefined): string {
    return compared ? `${f.times(compared.spread.low)} – ${f.times(compared.spread.high)}` : f.ABSENT;
  }

  /** Bars of equal steps for equal factors: the longest ratio fills the column. */
  function bars(all: readonly Compared[]): (compared: Compared | undefined) => string {
    const reach = ({ ratio: of }: Compared) => (of > 0 && Number.isFinite(of) ? Math.abs(Math.log2(of)) : 0);
    const longest = Math.max(1, ...all.map(reach));
    return (compared) => {
      if (!compared) return '';
      const block = compared.ratio >= 1 ? '█' : '░';
      return paint(toneOf(compared), block.repeat(Math.round((reach(compared) / longest) * BAR_MAX)));
    };
  }
}

function toneOf(compared: Compared): 'green' | 'red' | 'yellow' {
  if (!isClear(compared)) return 'yellow';
  return compared.ratio >= 1 ? 'green' : 'red';
}
