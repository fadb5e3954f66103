/** Every run in figures and text: the table, what went wrong, and how to repeat it. */
import type { BenchFile, BenchMeta, RunResult } from '../../types.js';
import { clientRanges } from '../clients.js';
import { briefVerdict, groupByWork, headlineRate, headlineSpread, type MeasuredServer, verdictOf } from '../facts.js';
import * as f from '../format.js';
import { asTable } from './chart.js';
import { el, escapeHtml, textEl } from './markup.js';

/** Sources of cost that are named one by one. */
const SOURCES_SHOWN = 2;
export const MARKS = { good: '✓', unchecked: '○', bad: '✗' } as const;

export function figuresTable(runs: readonly RunResult[], servers: readonly MeasuredServer[]): string {
  const switches = runs.some((run) => run.server.voluntarySwitchesPerMillion !== undefined);
  const syncs = runs.some((run) => run.server.syncCallsPerMillion !== undefined);
  const several = servers.length > 1;
  const head = [
    'Work',
    ...(several ? ['Server'] : []),
    'Rate',
    '±',
    'Payload',
    'p50',
    'p99',
    'p99.9',
    'CPU s/M',
    'Peak',
  ];
  if (switches) head.push('Switches/M');
  if (syncs) head.push('Syncs/M');
  const rows = groupByWork(runs, [...servers]).flatMap((group) =>
    group.runs.map(({ run, server }, index) => {
      const verdict = verdictOf(run);
      const { voluntarySwitchesPerMillion: waits, involuntarySwitchesPerMillion: forced } = run.server;
      const cells = [
        f.rate(headlineRate(run)),
        f.plusMinus(headlineSpread(run)).replace('±', '') || f.ABSENT,
        run.bytesPerSecond > 0 ? f.byteRate(run.bytesPerSecond) : f.ABSENT,
        f.micros(run.latencyUs?.p50),
        f.micros(run.latencyUs?.p99),
        f.micros(run.latencyUs?.p999),
        f.plain(run.server.cpuSecondsPerMillion),
        f.bytes(run.server.peakRssBytes),
        ...(switches ? [waits === undefined ? f.ABSENT : f.quantity(waits + (forced ?? 0))] : []),
        ...(syncs ? [f.quantity(run.server.syncCallsPerMillion)] : []),
      ];
      return el(
        'tr',
        { class: index < group.runs.length - 1 ? 'more' : undefined },
        index === 0 ? textEl('th', group.work, { scope: 'rowgroup', rowspan: group.runs.length }) : '',
        several ? textEl('td', server.name, { class: 'left' }) : '',
        ...cells.map((cell) => textEl('td', cell)),
        el(
          'td',
          { class: 'left', 'data-tip': verdict.text },
          textEl('span', `${MARKS[verdict.level]} `, { class: verdict.level }),
          escapeHtml(briefVerdict(run)),
        ),
      );
    }),
  );
  const header = [
    ...head.map((cell) => textEl('th', cell, { scope: 'col', class: cell === 'Server' ? 'left' : undefined })),
    textEl('th', 'Check', { scope: 'col', class: 'left' }),
  ];
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'All figures' },
    el(
      'table',
      {},
      textEl('caption', 'All figures'),
      el('thead', {}, el('tr', {}, ...header)),
      el('tbody', {}, ...rows),
    ),
  );
}

/** How evenly the work was distributed over the clients; empty where no role had several. */
export function clientsTable(runs: readonly RunResult[], servers: readonly MeasuredServer[]): string {
  const rows = groupByWork(runs, [...servers]).flatMap((group) =>
    group.runs.flatMap(({ run, server }) =>
      clientRanges(run).map(({ role, clients, slowest, median, fastest }) => {
        return [group.work, server.name, role, f.count(clients), ...[slowest, median, fastest].map(f.rate)];
      }),
    ),
  );
  const head = ['Work', 'Server', 'Role', 'Clients', 'Slowest', 'Median', 'Fastest'];
  return rows.length === 0 ? '' : asTable('Rates of single clients', head, rows, 'Show rates of single clients');
}

/** What failed, what was left out, what to keep in mind; empty when there is nothing to say. */
export function remarks(file: BenchFile, nameOf: (run: RunResult) => string): string {
  const items: string[] = [];
  for (const run of file.runs) {
    const verdict = verdictOf(run);
    const texts = run.errorTexts.map(({ text, count }) => (count > 1 ? `${text} (${f.count(count)} times)` : text));
    if (verdict.level === 'bad')
      items.push(item(`${run.work}, ${nameOf(run)}`, [verdict.text, ...texts].join('; '), 'bad'));
  }
  for (const row of file.comparison) if (row.failed) items.push(item(`${row.work}, comparison`, row.failed, 'bad'));
  const said = new Map<string, Set<string>>();
  for (const run of file.runs) {
    const where = file.runs.length === 1 ? 'This run' : run.work;
    for (const text of [...run.notMeasured.map((one) => `not measured: ${one}`), ...run.notes]) {
      said.set(text, (said.get(text) ?? new Set()).add(where));
    }
  }
  for (const [text, works] of said) {
    const all = [...works];
    const where = all.length > 3 ? `${all.slice(0, 2).join(', ')} and ${all.length - 2} more` : all.join(', ');
    items.push(item(where, text));
  }
  return items.length === 0 ? '' : el('ul', { class: 'notes' }, ...items);
}

function item(where: string, text: string, className?: string): string {
  return el('li', {}, textEl('b', where, { class: className }), ' ', textEl('span', text));
}

export function setup(meta: BenchMeta, servers: readonly MeasuredServer[], runs: readonly RunResult[]): string {
  const { machine } = meta;
  const facts: [string, string][] = [
    ...servers.map((server): [string, string] => [
      'Server',
      server.name.includes(server.url) ? server.name : `${server.name}, ${server.url}`,
    ]),
    ['Measured with', [meta.tool, meta.commit && `commit ${meta.commit}`].filter(Boolean).join(', ')],
    ['Date', dateOf(meta.date)],
    ['Machine', `${machine.cpuModel}, ${f.counted(machine.cpus, 'CPU')}, ${f.bytes(machine.memoryBytes)}`],
    ['System', `${machine.system}, Node ${machine.node.replace(/^v/, '')}`],
  ];
  const repeats = Math.max(0, ...runs.map((run) => run.repeats.length));
  if (repeats > 0)
    facts.push(['Repeats', repeats === 1 ? 'none: the figures say nothing about their spread' : String(repeats)]);
  const sampled = Math.max(1, ...runs.map((run) => run.generator.latencyEvery));
  if (sampled > 1) facts.push(['Latencies', `one of ${f.count(sampled)} deliveries was timed`]);
  const sources = costSources(runs);
  if (sources) facts.push(['Cost read from', sources]);
  return (
    el('dl', { class: 'facts' }, ...facts.flatMap(([name, value]) => [textEl('dt', name), textEl('dd', value)])) +
    (meta.command ? textEl('pre', meta.command, { id: 'command' }) : '') +
    el(
      'div',
      { class: 'buttons' },
      textEl('button', 'Copy command', { id: 'copy', type: 'button', hidden: true }),
      textEl('button', 'Save data as JSON', { id: 'save', type: 'button', hidden: true }),
    )
  );
}

/** `21 November 2026, 06:42 UTC`; what is no date stays as it is. */
export function dateOf(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}

/** Where the cost was read; of a server that was started again for each run, how often. */
function costSources(runs: readonly RunResult[]): string {
  const sources = new Set(runs.flatMap(({ server }) => server.costSource ?? []));
  if (sources.size <= SOURCES_SHOWN) return [...sources].join(', ');
  const kinds = new Map<string, number>();
  for (const source of sources) {
    const kind = source.replace(/^process \d+/, 'process');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds]
    .map(([kind, many]) => (many === 1 ? kind : kind.replace('process', `${many} processes`)))
    .join(', ');
}
