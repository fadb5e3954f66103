/**
 * Latency by percentile, one panel per work: the axis gives each further nine the same room, so the tail is as
 * visible as the body.
 */
import type { MeasuredServer, WorkGroup } from '../facts.js';
import * as f from '../format.js';
import { type CurvePoint, latencyCurve, latencyOf, NAMED, nines, valueAt } from '../percentiles.js';
import { asTable, dot, fold, hit, label, line, NARROW, PANEL, path, type Size, svg, textWidth, WIDE } from './chart.js';
import { linear, logarithmic, logDomain, logTicks } from './scale.js';
import { serverClass } from './server-class.js';

/** The size of the type on axes. */
const TICK = 11.5;

export function latencySection(groups: readonly WorkGroup[], servers: readonly MeasuredServer[]): string {
  const shown = groups.filter((group) => group.runs.some(({ run }) => latencyOf(run)));
  const rows = shown.flatMap((group) =>
    group.runs.flatMap(({ run, server }) => {
      const latency = latencyOf(run);
      if (!latency) return [];
      const { min, p50, p90, p99, p999, p9999, max } = latency;
      return [[group.work, server.name, ...[min, p50, p90, p99, p999, p9999, max].map(f.micros)]];
    }),
  );
  const head = ['Work', 'Server', 'min', 'p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'];
  const only = shown[0];
  const charts =
    shown.length === 1 && only
      ? latencyChart(only, servers, WIDE) + latencyChart(only, servers, NARROW)
      : `<div class="panels">${shown.map((group) => latencyChart(group, servers, PANEL)).join('')}</div>`;
  return charts + asTable('Latency percentiles', head, rows);
}

function latencyChart(group: WorkGroup, servers: readonly MeasuredServer[], size: Size): string {
  const curves = group.runs
    .map(({ run, server }) => ({ run, server, points: latencyCurve(run), className: serverClass(server, servers) }))
    .filter((curve) => curve.points.length > 0);
  const wide = size.name === 'wide';
  const frame = { left: 56, right: size.width - 12, top: size.name === 'wide' ? 16 : 40, bottom: wide ? 316 : 186 };
  const values = curves.flatMap((curve) => curve.points.map((point) => point.us));
  const [low, high] = logDomain(values);
  const end = Math.max(2, ...curves.map((curve) => nines(curve.points.at(-1)?.fraction ?? 0)));
  const x = linear(0, end, frame.left, frame.right);
  const y = logarithmic(low, high, frame.bottom, frame.top + 4);
  const named = NAMED.filter((fraction) => nines(fraction) <= end + 1e-9);
  const marks: string[] = [];
  if (!wide) marks.push(label(fold(group.work, size.width, 1, 13)[0] ?? '', { x: 0, y: 13 }, { class: 'row' }));
  for (const tick of logTicks(low, high, wide ? 8 : 5)) {
    marks.push(line({ x: frame.left, y: y(tick) }, { x: frame.right, y: y(tick) }, 'grid'));
    marks.push(
      label(f.tick(f.micros(tick)), { x: frame.left - 8, y: y(tick) + 4 }, { class: 'tick', 'text-anchor': 'end' }),
    );
  }
  marks.push(line({ x: frame.left, y: frame.bottom }, { x: frame.right, y: frame.bottom }, 'axis'));
  let free = 0;
  for (const fraction of named) {
    // Half of all lies at 0.3 on this axis: only a wide chart has room to name it.
    if (fraction === 0.5 && !wide) continue;
    const at = x(nines(fraction));
    marks.push(line({ x: at, y: frame.top }, { x: at, y: frame.bottom }, 'grid'));
    const text = fraction === 0 ? 'min' : percentText(fraction);
    const anchor = fraction > 0 && at > frame.right - 14 ? 'end' : 'middle';
    const begin = anchor === 'end' ? size.width - textWidth(text, TICK) : at - textWidth(text, TICK) / 2;
    if (begin < free) continue;
    free = begin + textWidth(text, TICK) + TICK;
    marks.push(
      label(
        text,
        { x: anchor === 'end' ? size.width : at, y: frame.bottom + 17 },
        { class: 'tick', 'text-anchor': anchor },
      ),
    );
  }
  for (const { points, className } of curves) {
    const spots = points.map((point) => ({ x: x(nines(point.fraction)), y: y(point.us) }));
    marks.push(path(spots, `line ${className}`));
    for (const fraction of named) {
      const us = valueAt(points, fraction);
      if (us !== undefined) marks.push(dot({ x: x(nines(fraction)), y: y(us) }, `dot ${className}`, wide ? 3 : 2.5));
    }
  }
  marks.push(...bands());
  const text = curves.map(
    ({ server, run }) =>
      `${server.name}: p50 ${f.micros(latencyOf(run)?.p50)}, p99 ${f.micros(latencyOf(run)?.p99)}, max ${f.micros(latencyOf(run)?.max)}`,
  );
  return svg({
    kind: 'latency',
    title: `Latency by percentile: ${group.work}`,
    description: `${text.join('; ')}. Both axes are logarithmic.`,
    size,
    height: frame.bottom + 24,
    marks,
  });

  /** One stripe per named percentile, from halfway to its neighbours. */
  function bands(): string[] {
    const spots = named.map((fraction) => x(nines(fraction)));
    return named.map((fraction, index) => {
      const at = spots[index] ?? 0;
      const from = index === 0 ? frame.left - 6 : (at + (spots[index - 1] ?? at)) / 2;
      const to = index === named.length - 1 ? frame.right + 6 : (at + (spots[index + 1] ?? at)) / 2;
      const tip = [
        `${group.work}, ${f.percentile(fraction)}`,
        ...curves.map((curve) => tipLine(curve.server, curve.points, fraction)),
      ];
      const cross = line({ x: at, y: frame.top }, { x: at, y: frame.bottom }, 'cross');
      return hit(from, frame.top, to - from, frame.bottom - frame.top, tip, cross);
    });
  }

  function tipLine(server: MeasuredServer, points: readonly CurvePoint[], fraction: number): string {
    return `${server.name}: ${f.micros(valueAt(points, fraction))}`;
  }
}

function percentText(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(9))} %`;
}
