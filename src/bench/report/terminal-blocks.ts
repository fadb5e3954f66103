/** One run in full on a terminal: labelled lines that flow into the width there is. */
import { isAnswered } from '../plan/work.js';
import type { RunResult } from '../types.js';
import { cut, GAP, pad, painter, printable, type Terminal, width, wrap } from './ansi.js';
import { clientRanges } from './clients.js';
import { headlineSpread, serversOf, verdictOf } from './facts.js';
import * as f from './format.js';

export function block(run: RunResult, runs: readonly RunResult[], terminal: Terminal): string[] {
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
      ...(run.targetPerSecond === undefined ? [] : [`asked ${f.rate(run.targetPerSecond)}`]),
      `${f.count(run.published)} messages${run.delivered > 0 ? '' : ` ${seconds}`}`,
    );
  }
  if (run.delivered > 0) {
    add(
      isAnswered(run.verb) ? 'answered' : 'delivered',
      ...throughput(run, 'deliveredPerSecond', run.deliveredBytes),
      `${f.count(run.delivered)} messages ${seconds}`,
    );
  }
  const interval = headlineSpread(run);
  if (interval && interval.n > 1) {
    add(
      'spread',
      `95 % interval of the mean ${f.rate(Math.max(0, interval.low))} to ${f.rate(interval.high)}`,
      `range ${f.rate(interval.min)} to ${f.rate(interval.max)}`,
    );
  }
  for (const { role, clients, slowest, median, fastest } of clientRanges(run)) {
    add(role, `${f.rate(slowest)} to ${f.rate(fastest)} each, median ${f.rate(median)}`, f.counted(clients, 'client'));
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
    // Asking for a key has no payload.
    const moved = bytes > 0 || of.publishedBytes + of.deliveredBytes === 0;
    return [of.headline === metric ? strong(value) : value, ...(moved ? [f.byteRate(bytesPerSecond)] : [])];
  }
}

const LABEL = 11;
/** Marks say it without colour. */
export const VERDICT = {
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
