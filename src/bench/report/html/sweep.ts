/** Latency by load: the percentiles of each step of a sweep over the rate it was asked for, with the bound and the knee. */
import type { Sweep, SweepPoint } from '../../types.js';
import * as f from '../format.js';
import { asTable, dot, hit, label, legend, line, type Point, path, responsive, type Size, svg } from './chart.js';
import { linear, logarithmic, logDomain, logTicks, niceTicks } from './scale.js';

const LINES = [
  { key: 'p50', name: 'p50', className: 'p50' },
  { key: 'p99', name: 'p99', className: 'p99' },
  { key: 'p999', name: 'p99.9', className: 'p999' },
] as const;

export function sweepSection(sweep: Sweep): string {
  // The search tries rates in any order; the chart shows them ascending.
  const points = sweep.points
    .filter((point) => point.latencyUs !== null)
    .sort((one, other) => one.targetPerSecond - other.targetPerSecond);
  const head = ['Asked', 'Delivered', 'p50', 'p90', 'p99', 'p99.9', 'max', 'Result'];
  const rows = sweep.points.map((point) => {
    const { p50, p90, p99, p999, max } = point.latencyUs ?? {};
    const latencies = [p50, p90, p99, p999, max].map((us) => f.micros(us));
    return [
      f.rate(point.targetPerSecond),
      f.rate(point.deliveredPerSecond),
      ...latencies,
      point.kept ? 'kept' : (point.why ?? 'missed'),
    ];
  });
  const keys = legend(LINES.map(({ name, className }) => ({ text: name, className, shape: 'line' as const })));
  return keys + responsive((size) => draw(sweep, points, size)) + asTable('Latency by load', head, rows);
}

function draw(sweep: Sweep, points: readonly SweepPoint[], size: Size): string {
  const narrow = size.name === 'narrow';
  const frame = { left: 52, right: size.width - (narrow ? 10 : 24), top: 22, bottom: narrow ? 250 : 340 };
  const [low, high] = logDomain([
    sweep.boundUs,
    ...points.flatMap((point) => LINES.map(({ key }) => point.latencyUs?.[key] ?? 0)),
  ]);
  const ticks = niceTicks(Math.max(...points.map((point) => point.targetPerSecond)), narrow ? 4 : 6);
  // Of a rate that was tried twice the second run counts.
  const steps = points.filter((point, index) => point.targetPerSecond !== points[index + 1]?.targetPerSecond);
  const x = linear(0, ticks.at(-1) ?? 1, frame.left, frame.right);
  const y = logarithmic(low, high, frame.bottom, frame.top);
  const marks: string[] = [];
  for (const tick of logTicks(low, high, 8)) {
    marks.push(line({ x: frame.left, y: y(tick) }, { x: frame.right, y: y(tick) }, 'grid'));
    marks.push(
      label(f.tick(f.micros(tick)), { x: frame.left - 8, y: y(tick) + 4 }, { class: 'tick', 'text-anchor': 'end' }),
    );
  }
  for (const [index, tick] of ticks.entries()) {
    const anchor = index === ticks.length - 1 ? 'end' : 'middle';
    marks.push(
      label(
        tick === 0 ? '0' : f.tick(f.rate(tick)),
        { x: x(tick) + (anchor === 'end' ? 8 : 0), y: frame.bottom + 18 },
        { class: 'tick', 'text-anchor': anchor },
      ),
    );
  }
  marks.push(line({ x: frame.left, y: frame.bottom }, { x: frame.right, y: frame.bottom }, 'axis'));
  marks.push(line({ x: frame.left, y: y(sweep.boundUs) }, { x: frame.right, y: y(sweep.boundUs) }, 'bound'));
  const bound = `bound: ${sweep.percentile} ${f.micros(sweep.boundUs)}`;
  marks.push(label(bound, { x: frame.left + 6, y: y(sweep.boundUs) - 6 }, { class: 'tick bound-text' }));
  for (const { key, className } of LINES) {
    const pointOf = (point: SweepPoint): Point => ({
      x: x(point.targetPerSecond),
      y: y(point.latencyUs?.[key] ?? low),
    });
    marks.push(path(steps.map(pointOf), `line ${className}`));
    marks.push(...points.map((point) => dot(pointOf(point), `dot ${className}${point.kept ? '' : ' missed'}`, 3)));
  }
  if (sweep.maxPerSecond !== null) {
    const at = x(sweep.maxPerSecond);
    const end = at > (frame.left + frame.right) / 2;
    marks.push(line({ x: at, y: frame.top - 6 }, { x: at, y: frame.bottom }, 'knee'));
    marks.push(
      label(
        `${f.rate(sweep.maxPerSecond)} keeps it`,
        { x: at + (end ? -7 : 7), y: frame.top - 8 },
        { class: 'value', 'text-anchor': end ? 'end' : 'start' },
      ),
    );
  }
  for (const [index, point] of steps.entries()) {
    const at = x(point.targetPerSecond);
    const before = index === 0 ? frame.left : (at + x(steps[index - 1]?.targetPerSecond ?? 0)) / 2;
    const after = index === steps.length - 1 ? frame.right : (at + x(steps[index + 1]?.targetPerSecond ?? 0)) / 2;
    const tip = [
      `${f.rate(point.targetPerSecond)} asked, ${f.rate(point.deliveredPerSecond)} delivered`,
      ...LINES.map(({ key, name }) => `${name}: ${f.micros(point.latencyUs?.[key])}`),
      point.kept ? 'kept the bound' : (point.why ?? 'missed the bound'),
    ];
    const cross = line({ x: at, y: frame.top }, { x: at, y: frame.bottom }, 'cross');
    marks.push(hit(before, frame.top, after - before, frame.bottom - frame.top, tip, cross));
  }
  const found =
    sweep.maxPerSecond === null
      ? 'No rate kept the bound.'
      : `${f.rate(sweep.maxPerSecond)} is the highest rate that kept the bound.`;
  return svg({
    kind: 'sweep',
    title: `Latency by load: ${sweep.work}`,
    description: `${found} Latency is on a logarithmic axis over messages asked for per second.`,
    size,
    height: frame.bottom + 26,
    marks,
  });
}
