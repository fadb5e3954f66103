/** Many runs on a terminal: one line each, then every fault and note once. */
import type { RunResult } from '../types.js';
import { type Column, layOut, painter, printable, type Terminal, wrap } from './ansi.js';
import { groupByWork, headlineRate, headlineSpread, serversOf, verdictOf } from './facts.js';
import * as f from './format.js';
import { VERDICT } from './terminal-blocks.js';

export function table(runs: readonly RunResult[], terminal: Terminal): string[] {
  const paint = painter(terminal);
  const servers = serversOf(runs);
  const columns: Column[] = [
    { title: 'work', shrinkTo: 24 },
    ...(servers.length > 1 ? [{ title: 'server', shrinkTo: 18 }] : []),
    { title: 'rate', align: 'right' },
    { title: '95 %', align: 'right', drop: 4 },
    { title: 'payload', align: 'right', drop: 6 },
    { title: 'p50', align: 'right', drop: 3 },
    { title: 'p99', align: 'right', drop: 1 },
    { title: 'p99.9', align: 'right', drop: 7 },
    { title: 'max', align: 'right', drop: 8 },
    { title: 'CPU s/M', align: 'right', drop: 2 },
    { title: 'peak', align: 'right', drop: 5 },
    { title: '' },
  ];
  const rows = groupByWork(runs, servers).flatMap((group) =>
    group.runs.map(({ run, server }, index) => {
      const verdict = VERDICT[verdictOf(run).level];
      return [
        index === 0 ? printable(group.work) : '',
        ...(servers.length > 1 ? [printable(server.name)] : []),
        paint('bold', f.rate(headlineRate(run))),
        f.plusMinus(headlineSpread(run)),
        run.bytesPerSecond > 0 ? f.byteRate(run.bytesPerSecond) : f.ABSENT,
        f.micros(run.latencyUs?.p50),
        f.micros(run.latencyUs?.p99),
        f.micros(run.latencyUs?.p999),
        f.micros(run.latencyUs?.max),
        f.plain(run.server.cpuSecondsPerMillion),
        f.bytes(run.server.peakRssBytes),
        paint(verdict.color, verdict.mark),
      ];
    }),
  );
  return layOut(columns, rows, terminal);
}

/** Below a table: the meaning of its marks, and every note once. */
export function remarks(runs: readonly RunResult[], terminal: Terminal): string[] {
  const paint = painter(terminal);
  const bad = runs.filter((run) => verdictOf(run).level === 'bad');
  const lines: string[] = [];
  if (bad.length === 0) lines.push(paint('green', '✓ no loss, no errors') + paint('dim', '   ○ not checked in full'));
  for (const run of bad) {
    const errors = run.errorTexts.map(({ text }) => printable(text)).join('; ');
    const text = `✗ ${printable(run.work)} on ${printable(run.server.label)}: ${verdictOf(run).text}${errors && `: ${errors}`}`;
    lines.push(...wrap(text, terminal.columns).map((line) => paint('red', line)));
  }
  const notes = new Set(
    runs.flatMap((run) => [...run.notMeasured, ...run.notes].map((note) => `note: ${printable(note)}`)),
  );
  for (const note of notes) lines.push(...wrap(note, terminal.columns).map((line) => paint('yellow', line)));
  return lines;
}
