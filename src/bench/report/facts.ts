/**
 * What terminal and page show in common: names of servers, runs grouped by work, the verdict on correctness. Draws nothing.
 */
import { isAnswered } from '../plan/work.js';
import type { BenchFile, Compared, ComparisonRow, MetricComparison, RunResult, Spread } from '../types.js';
import { counted, quantity } from './format.js';

export interface MeasuredServer {
  key: string;
  /** Unique among the servers of this file. */
  name: string;
  url: string;
  side?: 'a' | 'b';
}

export interface WorkGroup {
  work: string;
  /** One run per server, in the order of the servers; a server that did not do this work is missing. */
  runs: { server: MeasuredServer; run: RunResult }[];
}

export interface Verdict {
  /** `unchecked`: no fault was found, but not everything could be checked. */
  level: 'good' | 'unchecked' | 'bad';
  text: string;
}

export function serverKey(run: RunResult): string {
  return run.server.side ?? `${run.server.url} ${run.server.label}`;
}

export function serversOf(runs: readonly RunResult[]): MeasuredServer[] {
  const seen = new Map<string, MeasuredServer>();
  for (const run of runs) {
    const key = serverKey(run);
    if (seen.has(key)) continue;
    const { url, label, side } = run.server;
    seen.set(key, { key, name: label || url, url, ...(side && { side }) });
  }
  const servers = [...seen.values()].sort((x, y) => (x.side ?? '').localeCompare(y.side ?? ''));
  const labels = servers.map((server) => server.name);
  for (const [index, server] of servers.entries()) {
    const rivals = servers.filter((_, other) => other !== index && labels[other] === labels[index]);
    if (rivals.length === 0) continue;
    const own = hostOf(server.url);
    // On one machine the port distinguishes them.
    const sameMachine = rivals.every((rival) => withoutPort(hostOf(rival.url)) === withoutPort(own));
    server.name += sameMachine && own !== withoutPort(own) ? ` ${own.slice(withoutPort(own).length)}` : ` (${own})`;
  }
  // A server started twice by the same command may differ in nothing but its side.
  for (const server of servers) {
    const twins = servers.filter((other) => other.name === server.name);
    if (twins.length > 1)
      twins.forEach((twin, index) => {
        twin.name += ` ${(twin.side ?? String(index + 1)).toUpperCase()}`;
      });
  }
  return servers;
}

export function groupByWork(runs: readonly RunResult[], servers = serversOf(runs)): WorkGroup[] {
  const groups: WorkGroup[] = [];
  for (const run of runs) {
    const server = servers.find((one) => one.key === serverKey(run));
    if (!server) continue;
    // The same work on the same server again is a row of its own.
    let group = groups.find((one) => one.work === run.work && !one.runs.some((other) => other.server === server));
    if (!group) {
      group = { work: run.work, runs: [] };
      groups.push(group);
    }
    group.runs.push({ server, run });
  }
  const order = new Map(servers.map((server, index) => [server, index]));
  for (const group of groups) group.runs.sort((x, y) => (order.get(x.server) ?? 0) - (order.get(y.server) ?? 0));
  return groups;
}

export function headlineRate(run: RunResult): number | null {
  return run[run.headline] ?? null;
}

export function headlineSpread(run: RunResult): Spread | null {
  return run.headline === 'connectsPerSecond' ? null : run.spread[run.headline];
}

export function verdictOf(run: RunResult): Verdict {
  const bad: string[] = [];
  if (run.lost > 0) bad.push(`${counted(run.lost, 'message')} lost`);
  if (run.duplicated) bad.push(`${counted(run.duplicated, 'duplicate')}`);
  if (run.reordered) bad.push(`${counted(run.reordered, 'message')} out of order`);
  if (run.slowConsumers > 0) bad.push(`${counted(run.slowConsumers, 'slow consumer')} cut off`);
  const others = run.errors - run.slowConsumers;
  if (others > 0) bad.push(counted(others, 'error'));
  if (run.stopped) bad.push('stopped before its end');
  if (bad.length > 0) return { level: 'bad', text: bad.join(', ') };
  if (run.headline === 'connectsPerSecond') return { level: 'good', text: 'every connection was made, no errors' };
  if (run.delivered === 0) {
    const why = run.headline === 'publishedPerSecond' ? 'delivery is not part of this work' : 'nothing arrived';
    return { level: 'unchecked', text: `no errors; ${why}` };
  }
  const unchecked = [run.duplicated === null && 'duplicates', run.reordered === null && 'order'].filter(Boolean);
  if (unchecked.length > 0) return { level: 'unchecked', text: `nothing lost; ${unchecked.join(' and ')} not checked` };
  return { level: 'good', text: GOOD[run.verb] ?? 'every message arrived once and in order' };
}

/** Where no message goes one way from a sender to a receiver. */
const GOOD: Readonly<Record<string, string>> = {
  request: 'every request was answered once',
  'js pub sync': 'every message was acknowledged once',
  'js pub async': 'every message was acknowledged once',
  'js pub batch': 'every message was acknowledged once',
  'kv put': 'every value was acknowledged once',
  'kv get': 'every key was answered once',
};

/** The verdict for a narrow column; the details are shown elsewhere. */
export function briefVerdict(run: RunResult): string {
  const { level } = verdictOf(run);
  if (level === 'unchecked') return run.delivered === 0 ? 'no errors' : 'nothing lost';
  if (level === 'good')
    return run.headline === 'connectsPerSecond' ? 'no errors' : isAnswered(run.verb) ? 'all answered' : 'all, in order';
  return run.lost > 0 ? `${quantity(run.lost)} lost` : 'see below';
}

/** One sentence over all runs. */
export function overallVerdict(runs: readonly RunResult[]): Verdict {
  const verdicts = runs.map(verdictOf);
  const bad = verdicts.filter((one) => one.level === 'bad').length;
  if (runs.length === 0) return { level: 'unchecked', text: 'Nothing was measured' };
  if (runs.length === 1) return { ...verdicts[0], text: sentence(verdicts[0]?.text ?? '') } as Verdict;
  if (bad > 0) return { level: 'bad', text: `${bad} of ${runs.length} runs lost messages or met errors` };
  const unchecked = verdicts.filter((one) => one.level === 'unchecked').length;
  if (unchecked === runs.length)
    return { level: 'unchecked', text: 'No errors; delivery could not be checked in full' };
  if (unchecked === 0) return { level: 'good', text: 'Every message of every run arrived once and in order' };
  return {
    level: 'good',
    text: `No loss and no errors; ${runs.length - unchecked} of ${runs.length} runs checked in full`,
  };
}

/** The title over a whole file. */
export function titleOf(file: BenchFile): string {
  const servers = serversOf(file.runs);
  const [a, b] = servers;
  if (file.comparison.length > 0 && a && b) return `${b.name} beside ${a.name}`;
  const works = new Set(file.runs.map((run) => run.work));
  const on = servers.length === 1 && a ? ` on ${a.name}` : '';
  if (file.sweep) return `${file.sweep.work}${on}`;
  if (works.size === 1) return `${[...works][0]}${on}`;
  return file.meta.suite ? `Suite ${file.meta.suite}${on}` : `${counted(works.size, 'measurement')}${on}`;
}

/** Where the rounds disagree about who is ahead, there is no winner. */
export function isClear(compared: { spread: { low: number; high: number } }): boolean {
  return compared.spread.low > 1 || compared.spread.high < 1;
}

/** Of the headline rate; undefined where one of the servers gave none. */
export function comparedOf({ a, b, ratio, spread }: ComparisonRow): Compared | undefined {
  return a === null || b === null || ratio === null || spread === null ? undefined : { a, b, ratio, spread };
}

/** The two servers of a comparison; one that gave no figures is named by its side. */
export function sideNames(runs: readonly RunResult[]): [a: string, b: string] {
  const servers = serversOf(runs);
  const nameOf = (side: 'a' | 'b') => servers.find((server) => server.side === side)?.name ?? side.toUpperCase();
  return [nameOf('a'), nameOf('b')];
}

export function metricOf(row: ComparisonRow, metric: MetricComparison['metric']): MetricComparison | undefined {
  return row.metrics.find((one) => one.metric === metric);
}

export function geometricMean(values: readonly number[]): number | null {
  const usable = values.filter((value) => value > 0 && Number.isFinite(value));
  if (usable.length === 0) return null;
  return Math.exp(usable.reduce((sum, value) => sum + Math.log(value), 0) / usable.length);
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `host:port` of a URL, without credentials; the text itself where it is none. */
export function hostOf(url: string): string {
  return /^[a-z]+:\/\/(?:[^@/]*@)?([^/]+)/i.exec(url)?.[1] ?? url;
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
