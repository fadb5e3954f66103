/**
 * The report on a terminal: a block per run while they are few, a table when they are many, then the comparison.
 * Owns the layout; words come from `facts`, numbers from `format`.
 */
import type { ComparisonRow, MetricComparison, RunResult, Sweep } from '../types.js';
import {
  type Column,
  cut,
  GAP,
  layOut,
  pad,
  painter,
  printable,
  type Terminal,
  terminalOf,
  width,
  wrap,
} from './ansi.js';
import { geometricMean, groupByWork, headlineRate, headlineSpread, isClear, serversOf, verdictOf } from './facts.js';
import * as f from './format.js';

/** More runs than this become a table. */
const BLOCKS_MAX = 4;

export interface TableOptions extends Partial<Terminal> {
  layout?: 'auto' | 'blocks' | 'table';
}

export function renderTable(
  runs: readonly RunResult[],
  comparison: readonly ComparisonRow[] = [],
  options: TableOptions = {},
): string {
  const terminal = { ...terminalOf(process.stdout), ...definedOf(options) };
  const layout = options.layout ?? 'auto';
  const blocks = layout === 'blocks' || (layout === 'auto' && runs.length <= BLOCKS_MAX);
  const parts = blocks ? runs.map((run) => block(run, runs, terminal)) : [table(runs, terminal)];
  if (!blocks) parts.push(remarks(runs, terminal));
  if (comparison.length > 0) parts.push(ratios(comparison, runs, terminal));
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The steps of `--find-max`, and what they found. */
export function renderSweep(sweep: Sweep, options: Partial<Terminal> = {}): string {
  const terminal = { ...terminalOf(process.stdout), ...definedOf(options) };
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
      ? paint('yellow', `No rate tried kept ${bound}.`)
      : `${paint('bold', f.rate(sweep.maxPerSecond))} is the highest rate that kept ${bound}.`;
  const title = paint('bold', printable(sweep.work));
  return `${[title, ...layOut(columns, rows, terminal), '', found].join('\n')}\n`;
}

function block(run: RunResult, runs: readonly RunResult[], terminal: Terminal): string[] {
  const paint = painter(terminal);
  const lines: string[] = [];
  const name = serversOf(runs).find((server) => server.url === run.server.url && server.side === run.server.side)?.name;
  const heading = cut(printable(run.work), terminal.columns);
  const where = cut(printable(` · ${name} · ${run.server.url}`), Math.max(0, terminal.columns - heading.length));
  lines.push(paint('bold', heading) + paint('dim', where));
  const add = (label: string, ...texts: string[]) => lines.push(...entry(label, texts, terminal));

  const seconds =
    run.repeats.length > 1
      ? `in ${f.counted(run.repeats.length, 'repeat')}, ${f.seconds(run.seconds)}`
      : `in ${f.seconds(run.seconds)}`;
  if (run.headline === 'connectsPerSecond') {
    add('connects', strong(f.rate(run.connectsPerSecond)), seconds);
    if (run.connectUs) add('connecting', ...percentiles(run.connectUs));
  }
  if (run.published > 0) {
    add(
      'published',
      ...throughput(run, 'publishedPerSecond', run.publishedBytes),
      `${f.count(run.published)} ${run.delivered > 0 ? '' : seconds}`.trim(),
    );
  }
  if (run.delivered > 0) {
    add(
      'delivered',
      ...throughput(run, 'deliveredPerSecond', run.deliveredBytes),
      `${f.count(run.delivered)} ${seconds}`,
    );
  }
  const interval = headlineSpread(run);
  if (interval && interval.n > 1) {
    add(
      'spread',
      `95 % interval of the mean ${f.rate(interval.low)} to ${f.rate(interval.high)}`,
      `range ${f.rate(interval.min)} to ${f.rate(interval.max)}`,
    );
  }
  if (run.latencyUs) add('latency', ...percentiles(run.latencyUs));
  const cost = costOf(run);
  if (cost.length > 0) add('server', ...cost);
  if (run.generator.cpuSecondsPerMillion !== null) {
    add(
      'generator',
      `${f.plain(run.generator.cpuSecondsPerMillion)} CPU s per million`,
      f.counted(run.generator.threads, 'thread'),
    );
  }
  const verdict = verdictOf(run);
  const tone = VERDICT[verdict.level];
  lines.push(...entry('check', [`${tone.mark} ${verdict.text}`], terminal, tone.color));
  for (const { text, count } of run.errorTexts)
    add('', `${printable(text)}${count > 1 ? ` (${f.count(count)} times)` : ''}`);
  for (const note of [...run.notMeasured, ...run.notes])
    lines.push(...entry('note', [printable(note)], terminal, 'yellow'));
  return lines;

  function strong(text: string): string {
    return paint('bold', text);
  }

  function throughput(of: RunResult, metric: 'publishedPerSecond' | 'deliveredPerSecond', bytes: number): string[] {
    const bytesPerSecond =
      of.published > 0 || of.delivered > 0
        ? (of[metric] * bytes) / (metric === 'publishedPerSecond' ? of.published : of.delivered)
        : null;
    const value = `${f.rate(of[metric])} ${f.plusMinus(of.spread[metric])}`.trim();
    return [of.headline === metric ? strong(value) : value, f.byteRate(bytesPerSecond)];
  }
}

const LABEL = 11;
const VERDICT = {
  good: { mark: '✓', color: 'green' },
  unchecked: { mark: '○', color: 'yellow' },
  bad: { mark: '✗', color: 'red' },
} as const;

/** One labelled entry; its parts flow over as many lines as they need. */
function entry(
  label: string,
  parts: readonly string[],
  terminal: Terminal,
  tone?: 'green' | 'yellow' | 'red',
): string[] {
  const paint = painter(terminal);
  const room = terminal.columns - 2 - LABEL;
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = last === undefined ? part : `${last}${GAP} ${part}`;
    if (last !== undefined && width(joined) <= room) lines[lines.length - 1] = joined;
    else lines.push(...(part.includes('\x1b') ? [part] : wrap(part, room)));
  }
  return lines.map((line, index) => {
    const head = paint('dim', pad(index === 0 ? label : '', LABEL));
    return `  ${head}${tone ? paint(tone, line) : line}`;
  });
}

function percentiles(latency: NonNullable<RunResult['latencyUs']>): string[] {
  const { min, p50, p90, p99, p999, p9999, max } = latency;
  const named = { min, p50, p90, p99, 'p99.9': p999, 'p99.99': p9999, max };
  return Object.entries(named).map(([name, us]) => `${name} ${f.micros(us)}`);
}

/** What the work cost the server, as far as it was measured. */
export function costOf(run: RunResult): string[] {
  const { server } = run;
  const parts: string[] = [];
  if (server.cpuSecondsPerMillion !== null) parts.push(`${f.plain(server.cpuSecondsPerMillion)} CPU s per million`);
  if (server.peakRssBytes !== null) parts.push(`peak ${f.bytes(server.peakRssBytes)}`);
  if (server.bytesPerConnection !== undefined) parts.push(`${f.bytes(server.bytesPerConnection)} per connection`);
  const { voluntarySwitchesPerMillion: waits, involuntarySwitchesPerMillion: forced } = server;
  if (waits !== undefined) {
    parts.push(
      `${f.quantity(waits)} waits${forced === undefined ? '' : ` and ${f.quantity(forced)} preemptions`} per million`,
    );
  }
  if (server.syncCallsPerMillion !== undefined)
    parts.push(`${f.quantity(server.syncCallsPerMillion)} syncs per million`);
  return parts;
}

function table(runs: readonly RunResult[], terminal: Terminal): string[] {
  const paint = painter(terminal);
  const servers = serversOf(runs);
  const columns: Column[] = [
    { title: 'work', shrinkTo: 14 },
    ...(servers.length > 1 ? [{ title: 'server', shrinkTo: 10 }] : []),
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

/** Beneath a table: what its marks stand for, and every note once. */
function remarks(runs: readonly RunResult[], terminal: Terminal): string[] {
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

function ratios(comparison: readonly ComparisonRow[], runs: readonly RunResult[], terminal: Terminal): string[] {
  const paint = painter(terminal);
  const [a, b] = serversOf(runs).map((server) => printable(server.name));
  const columns: Column[] = [
    { title: 'ratio', shrinkTo: 14 },
    { title: '' },
    { title: cut(a ?? 'a', 24), align: 'right', drop: 1 },
    { title: cut(b ?? 'b', 24), align: 'right', drop: 1 },
    { title: 'b : a', align: 'right' },
    { title: 'spread', align: 'right' },
    { title: '', drop: 2 },
  ];
  const all = comparison.flatMap((row) => (row.metrics.length > 0 ? row.metrics : [row]).map((one) => one.ratio));
  const widest = Math.max(
    1,
    ...all.filter((ratio) => ratio > 0 && Number.isFinite(ratio)).map((r) => Math.abs(Math.log2(r))),
  );
  const rows = comparison.flatMap((row) => {
    const metrics: (MetricComparison | undefined)[] = row.metrics.length > 0 ? row.metrics : [undefined];
    return metrics.map((metric, index) => {
      const compared = metric ?? row;
      const tone = !isClear(compared) ? 'yellow' : compared.ratio >= 1 ? 'green' : 'red';
      return [
        index === 0 ? printable(row.work) : '',
        metricName(metric),
        metricValue(metric, compared.a),
        metricValue(metric, compared.b),
        paint('bold', paint(tone, f.times(compared.ratio))),
        `${f.times(compared.spread.low)} – ${f.times(compared.spread.high)}`,
        paint(tone, bar(compared.ratio, widest)),
      ];
    });
  });
  const lines = layOut(columns, rows, terminal);
  const rates = comparison.filter((row) => row.failed === undefined).map((row) => row.ratio);
  const summary = `Above 1× ${b ?? 'b'} is ahead, whatever the metric; yellow or ~: the rounds disagree.`;
  const mean = rates.length > 1 ? [`Geometric mean of ${rates.length} rates: ${f.times(geometricMean(rates))}.`] : [];
  const failed = comparison.filter((row) => row.failed !== undefined);
  return [
    ...lines,
    '',
    ...wrap([...mean, summary].join(' '), terminal.columns).map((line) => paint('dim', line)),
    ...failed.map((row) => paint('red', `✗ ${printable(row.work)}: ${printable(row.failed ?? '')}`)),
  ];

  function bar(ratio: number, most: number): string {
    if (!(ratio > 0) || !Number.isFinite(ratio)) return '';
    const length = Math.round((Math.abs(Math.log2(ratio)) / most) * 12);
    return length === 0 ? '~' : (ratio >= 1 ? '█' : '░').repeat(length);
  }
}

const METRIC_NAMES: Record<MetricComparison['metric'], string> = {
  publishedPerSecond: 'published',
  deliveredPerSecond: 'delivered',
  connectsPerSecond: 'connects',
  cpuSecondsPerMillion: 'CPU s per M',
  p50Us: 'p50',
  p99Us: 'p99',
  peakRssBytes: 'peak memory',
  bytesPerConnection: 'per connection',
};

export function metricName(metric: MetricComparison | undefined): string {
  return metric ? METRIC_NAMES[metric.metric] : 'rate';
}

export function metricValue(metric: MetricComparison | undefined, value: number): string {
  switch (metric?.metric) {
    case 'cpuSecondsPerMillion':
      return f.plain(value);
    case 'p50Us':
    case 'p99Us':
      return f.micros(value);
    case 'peakRssBytes':
    case 'bytesPerConnection':
      return f.bytes(value);
    default:
      return f.rate(value);
  }
}

function definedOf(options: Partial<Terminal>): Partial<Terminal> {
  return {
    ...(options.columns !== undefined && { columns: options.columns }),
    ...(options.color !== undefined && { color: options.color }),
  };
}
