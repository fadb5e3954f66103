/** The rate during the first repeat, one panel per work: stalls and ramps that a mean hides. */
import type { RunResult } from '../../types.js';
import type { MeasuredServer, WorkGroup } from '../facts.js';
import * as f from '../format.js';
import { asTable, dot, fold, hit, label, line, NARROW, PANEL, path, type Size, svg, WIDE } from './chart.js';
import { linear, niceTicks } from './scale.js';
import { serverClass } from './server-class.js';

interface Pace {
  /** Middle of the interval. */
  second: number;
  perSecond: number;
}

/** More points than pixels say nothing. */
const POINTS_MAX = 150;

export function timelineSection(groups: readonly WorkGroup[], servers: readonly MeasuredServer[]): string {
  const shown = groups.filter((group) => group.runs.some(({ run }) => paceOf(run).length > 1));
  const rows = shown.flatMap((group) =>
    group.runs.map(({ run, server }) => {
      const rates = paceOf(run)
        .map((one) => one.perSecond)
        .sort((p, q) => p - q);
      const cells = [rates[0], rates[Math.floor(rates.length / 2)], rates.at(-1)].map((value) => f.rate(value));
      return [group.work, server.name, f.seconds(secondsOf(run)), ...cells];
    }),
  );
  const head = ['Work', 'Server', 'Length', 'Slowest moment', 'Median', 'Fastest moment'];
  const only = shown[0];
  const charts =
    shown.length === 1 && only
      ? chart(only, servers, WIDE) + chart(only, servers, NARROW)
      : `<div class="panels">${shown.map((group) => chart(group, servers, PANEL)).join('')}</div>`;
  return charts + asTable('Rate over the run', head, rows);
}

export function hasTimeline(run: RunResult): boolean {
  return paceOf(run).length > 1;
}

/** Rates between the marks of the timeline, thinned by adding neighbours up. */
export function paceOf(run: RunResult): Pace[] {
  const { timeline } = run;
  if (timeline.length < 2) return [];
  const key = run.headline === 'publishedPerSecond' || run.delivered === 0 ? 'published' : 'delivered';
  const interval = ((timeline.at(-1)?.atMs ?? 0) - (timeline[0]?.atMs ?? 0)) / (timeline.length - 1);
  if (!(interval > 0)) return [];
  const together = Math.ceil(timeline.length / POINTS_MAX);
  const paces: Pace[] = [];
  for (let index = 0; index + together <= timeline.length; index += together) {
    const part = timeline.slice(index, index + together);
    const many = part.reduce((sum, point) => sum + point[key], 0);
    const ms = interval * together;
    paces.push({ second: ((index + together / 2) * interval) / 1000, perSecond: (many * 1000) / ms });
  }
  return paces;
}

function secondsOf(run: RunResult): number {
  const paces = paceOf(run);
  return (paces.at(-1)?.second ?? 0) + (paces[0]?.second ?? 0);
}

function chart(group: WorkGroup, servers: readonly MeasuredServer[], size: Size): string {
  const wide = size.name === 'wide';
  const series = group.runs
    .map(({ run, server }) => ({ run, server, paces: paceOf(run), className: serverClass(server, servers) }))
    .filter((one) => one.paces.length > 1);
  const frame = { left: wide ? 70 : 58, right: size.width - 12, top: wide ? 16 : 34, bottom: wide ? 226 : 134 };
  const ticks = niceTicks(Math.max(...series.flatMap((one) => one.paces.map((pace) => pace.perSecond))), wide ? 4 : 3);
  const length = Math.max(...series.map((one) => secondsOf(one.run)));
  const times = niceTicks(length, wide ? 8 : 4).filter((tick) => tick <= length * 1.001);
  const x = linear(0, length, frame.left, frame.right);
  const y = linear(0, ticks.at(-1) ?? 1, frame.bottom, frame.top);
  const marks: string[] = [];
  if (!wide) marks.push(label(fold(group.work, size.width, 1, 13)[0] ?? '', { x: 0, y: 13 }, { class: 'row' }));
  for (const tick of ticks) {
    marks.push(line({ x: frame.left, y: y(tick) }, { x: frame.right, y: y(tick) }, tick === 0 ? 'axis' : 'grid'));
    marks.push(
      label(
        tick === 0 ? '0' : f.tick(f.rate(tick)),
        { x: frame.left - 8, y: y(tick) + 4 },
        { class: 'tick', 'text-anchor': 'end' },
      ),
    );
  }
  for (const tick of times) {
    const text = tick === 0 ? '0' : f.tick(f.seconds(tick));
    marks.push(label(text, { x: x(tick), y: frame.bottom + 17 }, { class: 'tick', 'text-anchor': 'middle' }));
  }
  for (const { paces, className } of series) {
    const spots = paces.map((pace) => ({ x: x(pace.second), y: y(pace.perSecond) }));
    marks.push(path(spots, `line thin ${className}`));
    marks.push(...spots.slice(-1).map((spot) => dot(spot, `dot ${className}`, 2.2)));
  }
  const longest = series.reduce((most, one) => (secondsOf(one.run) > secondsOf(most.run) ? one : most));
  const step = longest.paces.length > 1 ? (longest.paces[1]?.second ?? 0) - (longest.paces[0]?.second ?? 0) : length;
  // A stripe per few points: enough to read, without a thousand elements.
  const stripes = Math.min(longest.paces.length, wide ? 60 : 24);
  for (let index = 0; index < stripes; index += 1) {
    const from = (index * length) / stripes;
    const middle = from + length / stripes / 2;
    const tip = [
      `${group.work}, ${middle.toFixed(1)} s`,
      ...series.flatMap((one) => {
        const near = one.paces.find((pace) => Math.abs(pace.second - middle) <= Math.max(step, length / stripes));
        return near ? [`${one.server.name}: ${f.rate(near.perSecond)}`] : [];
      }),
    ];
    const cross = line({ x: x(middle), y: frame.top }, { x: x(middle), y: frame.bottom }, 'cross');
    marks.push(hit(x(from), frame.top, x(length / stripes) - x(0), frame.bottom - frame.top, tip, cross));
  }
  const text = series.map(({ server, run }) => `${server.name}: ${f.seconds(secondsOf(run))}`);
  return svg({
    kind: 'timeline',
    title: `Rate over the run: ${group.work}`,
    description: `Messages per second in the first repeat. ${text.join('; ')}.`,
    size,
    height: frame.bottom + 24,
    marks,
  });
}
