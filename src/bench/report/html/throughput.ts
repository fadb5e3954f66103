/**
 * Bars by work and server: rate, payload, CPU and memory. Works that differ too much to share an axis get a scale of
 * their own each, and the chart says so.
 */
import type { RunResult, Spread } from '../../types.js';
import { headlineRate, headlineSpread, type MeasuredServer, type WorkGroup } from '../facts.js';
import * as f from '../format.js';
import { asTable, bar, fold, hit, label, line, responsive, type Size, svg, textWidth, whisker } from './chart.js';
import { linear, niceTicks } from './scale.js';
import { serverClass } from './server-class.js';

export interface BarMetric {
  id: string;
  name: string;
  explains: string;
  value(run: RunResult): number | null;
  spread(run: RunResult): Spread | null;
  format(value: number | null): string;
  /** Grid lines fall on round multiples of this; 1 where absent. */
  unit?: number;
}

export const BAR_METRICS: readonly BarMetric[] = [
  {
    id: 'rate',
    name: 'Messages',
    explains: 'Messages delivered per second (published, where nothing is delivered). Longer is better.',
    value: headlineRate,
    spread: headlineSpread,
    format: f.rate,
  },
  {
    id: 'payload',
    name: 'Payload',
    explains: 'Payload bytes per second. Longer is better.',
    value: (run) => (run.bytesPerSecond > 0 ? run.bytesPerSecond : null),
    spread: () => null,
    format: f.byteRate,
  },
  {
    id: 'cpu',
    name: 'Server CPU',
    explains: 'CPU seconds of the server per million messages, published and delivered together. Shorter is better.',
    value: (run) => run.server.cpuSecondsPerMillion,
    spread: (run) => run.spread.cpuSecondsPerMillion,
    format: (value) => (value === null ? f.ABSENT : `${f.plain(value)} s/M`),
  },
  {
    id: 'memory',
    name: 'Peak memory',
    explains: 'Most memory the server held at once. Shorter is better.',
    value: (run) => run.server.peakRssBytes,
    spread: () => null,
    format: f.bytes,
    unit: 1024 * 1024,
  },
];

/** Beyond this factor between the longest bars of two works a shared axis hides the small ones. */
const SHARED_SCALE_MAX = 20;
const BAR = 15;
const BAR_GAP = 4;

export function barChart(metric: BarMetric, groups: readonly WorkGroup[], servers: readonly MeasuredServer[]): string {
  const shown = groups.filter((group) => group.runs.some(({ run }) => metric.value(run) !== null));
  const tops = shown.map(topOf);
  const own = Math.max(...tops) / Math.min(...tops) > SHARED_SCALE_MAX;
  const rows = shown.flatMap((group) =>
    group.runs.map(({ run, server }) => {
      const spread = metric.spread(run);
      const range =
        spread && spread.n > 1 ? `${metric.format(Math.max(0, spread.low))} – ${metric.format(spread.high)}` : f.ABSENT;
      return [group.work, server.name, metric.format(metric.value(run)), range];
    }),
  );
  return (
    responsive((size) => draw(size)) + asTable(metric.name, ['Work', 'Server', metric.name, '95 % interval'], rows)
  );

  function topOf(group: WorkGroup): number {
    return (
      Math.max(...group.runs.map(({ run }) => Math.max(metric.value(run) ?? 0, metric.spread(run)?.high ?? 0))) || 1
    );
  }

  function draw(size: Size): string {
    const narrow = size.name === 'narrow';
    const left = narrow ? 0 : 232;
    const room = Math.max(...rows.map((row) => textWidth(row[2] ?? ''))) + 16;
    const right = size.width - room;
    const unit = metric.unit ?? 1;
    const ticks = own ? [] : niceTicks(Math.max(...tops) / unit, narrow ? 3 : 5).map((tick) => tick * unit);
    const marks: string[] = [];
    let y = own ? 4 : 24;
    const top = y;
    for (const [index, group] of shown.entries()) {
      const end = own ? (tops[index] ?? 1) : (ticks.at(-1) ?? 1);
      const x = linear(0, end, left, right);
      const height = group.runs.length * (BAR + BAR_GAP) - BAR_GAP;
      const lines = fold(group.work, narrow ? size.width : left - 20, narrow ? 1 : 2, 13);
      if (narrow) {
        marks.push(label(lines[0] ?? '', { x: 0, y: y + 11 }, { class: 'row' }));
        y += 19;
      } else {
        const start = y + height / 2 + 4.5 - (lines.length - 1) * 8;
        marks.push(...lines.map((text, n) => label(text, { x: 0, y: start + n * 16 }, { class: 'row' })));
      }
      for (const { run, server } of group.runs) {
        marks.push(one(run, server, x, y));
        y += BAR + BAR_GAP;
      }
      y += narrow ? 14 : Math.max(14, 38 - height);
    }
    const bottom = y - 8;
    const grid = ticks.flatMap((tick) => {
      const at = linear(0, ticks.at(-1) ?? 1, left, right)(tick);
      const anchor = tick === 0 ? 'start' : narrow && tick === ticks.at(-1) ? 'end' : 'middle';
      return [
        line({ x: at, y: top - 8 }, { x: at, y: bottom }, tick === 0 && !narrow ? 'axis' : 'grid'),
        label(
          tick === 0 ? '0' : f.tick(metric.format(tick)),
          { x: at, y: 10 },
          { class: 'tick', 'text-anchor': anchor },
        ),
      ];
    });
    const base = own && !narrow ? [line({ x: left, y: 0 }, { x: left, y: bottom }, 'axis')] : [];
    return svg({
      kind: `bars-${metric.id}`,
      title: `${metric.name} by work${servers.length > 1 ? ' and server' : ''}`,
      description: `${metric.explains} ${rows.map((row) => `${row[0]}, ${row[1]}: ${row[2]}`).join('; ')}.`,
      size,
      height: bottom + 2,
      marks: [...grid, ...base, ...marks],
    });

    function one(run: RunResult, server: MeasuredServer, x: (value: number) => number, at: number): string {
      const value = metric.value(run);
      const spread = metric.spread(run);
      const hasRange = spread !== null && spread.n > 1;
      const tip = [run.work, `${server.name}: ${metric.format(value)}`];
      if (hasRange) {
        tip.push(`95 % interval ${metric.format(Math.max(0, spread.low))} – ${metric.format(spread.high)}`);
        tip.push(`${spread.n} repeats, ${metric.format(spread.min)} – ${metric.format(spread.max)}`);
      }
      if (value === null) return label('not measured', { x: left + 6, y: at + 11.5 }, { class: 'tick' });
      const low = hasRange ? x(Math.max(0, spread.low)) : x(value);
      const high = hasRange ? x(spread.high) : x(value);
      const inside =
        bar(left, Math.max(x(value), left + 1), at, BAR, `mark ${serverClass(server, servers)}`) +
        (hasRange ? whisker(low, high, at + BAR / 2) : '') +
        label(metric.format(value), { x: Math.max(x(value), high) + 7, y: at + 11.7 }, { class: 'value' });
      return hit(left, at - 2, size.width - left, BAR + 4, tip, inside);
    }
  }
}

export function hasOwnScales(metric: BarMetric, groups: readonly WorkGroup[]): boolean {
  const tops = groups
    .map((group) => Math.max(...group.runs.map(({ run }) => metric.value(run) ?? 0)))
    .filter((top) => top > 0);
  return Math.max(...tops) / Math.min(...tops) > SHARED_SCALE_MAX;
}
