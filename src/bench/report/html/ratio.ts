/**
 * The comparison: one bar per work from 1× to its ratio, on a logarithmic axis, with the spread over the rounds.
 * Right of the line the second server is ahead, left of it the first; bars whose rounds disagree are pale.
 */
import type { Compared, ComparedMetric, ComparisonRow } from '../../types.js';
import { comparedOf, isClear, metricOf } from '../facts.js';
import * as f from '../format.js';
import { metricValue } from '../metrics.js';
import { asTable, bar, fold, hit, label, line, responsive, type Size, svg, whisker } from './chart.js';
import { logarithmic, logTicks } from './scale.js';

export interface RatioView {
  id: string;
  name: string;
  /** Undefined: the headline rate of each row. */
  metric?: ComparedMetric;
}

const VIEWS: readonly RatioView[] = [
  { id: 'rate', name: 'Rate' },
  { id: 'cpu', name: 'Server CPU', metric: 'cpuSecondsPerMillion' },
  { id: 'p50', name: 'Latency p50', metric: 'p50Us' },
  { id: 'p99', name: 'Latency p99', metric: 'p99Us' },
  { id: 'memory', name: 'Peak memory', metric: 'peakRssBytes' },
  { id: 'connection', name: 'Memory per connection', metric: 'bytesPerConnection' },
];

/** The views that have data. */
export function ratioViews(comparison: readonly ComparisonRow[]): RatioView[] {
  return VIEWS.filter((view) => comparison.some((row) => isUsable(comparedBy(view, row))));
}

export function ratioChart(
  view: RatioView,
  comparison: readonly ComparisonRow[],
  names: [a: string, b: string],
): string {
  const rows = comparison
    .map((row) => ({ row, compared: comparedBy(view, row) }))
    .filter((one): one is { row: ComparisonRow; compared: Compared } => isUsable(one.compared));
  const bounds = rows.flatMap(({ compared: { ratio, spread } }) => [ratio, spread.low, spread.high]);
  const usable = bounds.filter((value) => value > 0 && Number.isFinite(value));
  const high = Math.max(2, ...usable) * 1.08;
  // Room on the left of 1x in any case: the line must not be mistaken for zero.
  const low = Math.min(0.5, ...usable) / 1.12;
  const cells = rows.map(({ row, compared }) => [
    row.work,
    value(row, compared.a),
    value(row, compared.b),
    f.times(compared.ratio),
    `${f.times(compared.spread.low)} – ${f.times(compared.spread.high)}`,
  ]);
  return (
    responsive(draw) +
    asTable(`${view.name}: ratio`, ['Work', names[0], names[1], 'Ratio', 'Range over the rounds'], cells)
  );

  function value(row: ComparisonRow, of: number): string {
    return metricValue(view.metric ? metricOf(row, view.metric) : row.metrics[0], of);
  }

  function draw(size: Size): string {
    const narrow = size.name === 'narrow';
    const left = narrow ? 30 : 250;
    const right = size.width - (narrow ? 52 : 58);
    const x = logarithmic(low, high, left, right);
    const step = narrow ? 46 : 32;
    const top = 44;
    const bottom = top + rows.length * step;
    const ticks = [...new Set([1, ...logTicks(low, high, narrow ? 5 : 8)])].sort((p, q) => p - q);
    const marks = [
      label(
        narrow ? '← behind' : `← ${names[0]} ahead`,
        { x: x(1) - 8, y: 11 },
        { class: 'tick', 'text-anchor': 'end' },
      ),
      label(`${names[1]} ahead →`, { x: x(1) + 8, y: 11 }, { class: 'tick strong' }),
      ...ticks.flatMap((tick) => [
        line({ x: x(tick), y: 34 }, { x: x(tick), y: bottom }, tick === 1 ? 'axis one' : 'grid'),
        label(`${tick}×`, { x: x(tick), y: 29 }, { class: 'tick', 'text-anchor': 'middle' }),
      ]),
    ];
    for (const [index, { row, compared }] of rows.entries()) {
      const y = top + index * step;
      const middle = narrow ? y + 30 : y + step / 2;
      const ahead = compared.ratio >= 1;
      const clear = isClear(compared) && row.failed === undefined;
      const tip = [
        row.work,
        `${f.times(compared.ratio)} (${f.times(compared.spread.low)} – ${f.times(compared.spread.high)})`,
        `${names[0]}: ${value(row, compared.a)}`,
        `${names[1]}: ${value(row, compared.b)}`,
        ...(isClear(compared) ? [] : ['The rounds disagree about who is ahead']),
        ...(row.failed ? [row.failed] : []),
      ];
      const lines = fold(
        row.work + (row.failed ? ' (failed)' : ''),
        narrow ? size.width : left - 14,
        narrow ? 1 : 2,
        13,
      );
      const first = narrow ? y + 15 : middle + 4.5 - (lines.length - 1) * 7;
      const name = lines.map((text, n) => label(text, { x: 0, y: first + n * 14 }, { class: 'row' })).join('');
      const colour = `mark ${ahead ? 's-b' : 's-a'}${clear ? '' : ' unclear'}`;
      const spreadLow = x(Math.max(compared.spread.low, low));
      const spreadHigh = x(Math.min(compared.spread.high, high));
      const end = Math.max(x(compared.ratio), spreadHigh, x(1)) + 7;
      const inside =
        name +
        bar(x(1), x(compared.ratio), middle - 7, 14, colour) +
        whisker(spreadLow, spreadHigh, middle) +
        label(f.times(compared.ratio), { x: end, y: middle + 4.3 }, { class: 'value' });
      marks.push(hit(0, y, size.width, step, tip, inside));
    }
    return svg({
      kind: `ratio-${view.id}`,
      title: `${view.name}: ${names[1]} against ${names[0]}`,
      description: `Ratios above 1 are in favour of ${names[1]}. ${cells.map((row) => `${row[0]}: ${row[3]}`).join('; ')}.`,
      size,
      height: bottom + 4,
      marks,
    });
  }
}

function comparedBy(view: RatioView, row: ComparisonRow): Compared | undefined {
  return view.metric ? metricOf(row, view.metric) : comparedOf(row);
}

function isUsable(compared: Compared | undefined): compared is Compared {
  return compared !== undefined && compared.ratio > 0 && Number.isFinite(compared.ratio);
}
