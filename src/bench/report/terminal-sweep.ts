/** A sweep on a terminal: one line per step, then the result. */
import type { Sweep } from '../types.js';
import { type Column, cut, layOut, painter, printable, type Terminal, terminalOf, wrap } from './ansi.js';
import * as f from './format.js';

/** The steps of `--find-max`, and what they found. */
export function renderSweep(sweep: Sweep, options: Partial<Terminal> = {}): string {
  const terminal = { ...terminalOf(process.stdout), ...options };
  const paint = painter(terminal);
  const columns: Column[] = [
    { title: 'asked', align: 'right' },
    { title: 'delivered', align: 'right' },
    { title: 'p50', align: 'right', drop: 2 },
    { title: 'p99', align: 'right' },
    { title: 'p99.9', align: 'right', drop: 3 },
    { title: 'max', align: 'right', drop: 4 },
    { title: '' },
  ];
  const rows = sweep.points.map((point) => [
    f.rate(point.targetPerSecond),
    f.rate(point.deliveredPerSecond),
    f.micros(point.latencyUs?.p50),
    f.micros(point.latencyUs?.p99),
    f.micros(point.latencyUs?.p999),
    f.micros(point.latencyUs?.max),
    point.kept ? paint('green', '✓ kept') : paint('yellow', `✗ ${printable(point.why ?? 'missed')}`),
  ]);
  const bound = `${sweep.percentile} within ${f.micros(sweep.boundUs)}`;
  const found =
    sweep.maxPerSecond === null
      ? `No rate tried kept ${bound}.`
      : `${f.rate(sweep.maxPerSecond)} is the highest rate that kept ${bound}.`;
  const tone = sweep.maxPerSecond === null ? 'yellow' : 'bold';
  const title = paint('bold', cut(printable(sweep.work), terminal.columns));
  const end = wrap(found, terminal.columns).map((line) => paint(tone, line));
  return `${[title, ...layOut(columns, rows, terminal), '', ...end].join('\n')}\n`;
}
