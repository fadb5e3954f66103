/** One row per run as RFC 4180 has it: CRLF, quotes doubled, a header line. Not measured is an empty field. */
import type { RunResult } from '../types.js';
import { verdictOf } from './facts.js';

type Field = string | number | null | undefined;

const COLUMNS: [name: string, of: (run: RunResult) => Field][] = [
  ['verb', (run) => run.verb],
  ['work', (run) => run.work],
  ['side', (run) => run.server.side],
  ['server_url', (run) => run.server.url],
  ['server', (run) => run.server.label],
  ['server_version', (run) => run.server.version],
  ['server_runtime', (run) => run.server.runtime],
  ['repeats', (run) => run.repeats.length],
  ['published', (run) => run.published],
  ['delivered', (run) => run.delivered],
  ['published_bytes', (run) => run.publishedBytes],
  ['delivered_bytes', (run) => run.deliveredBytes],
  ['target_per_second', (run) => run.targetPerSecond],
  ['published_per_second', (run) => run.publishedPerSecond],
  ['published_per_second_low', (run) => run.spread.publishedPerSecond?.low],
  ['published_per_second_high', (run) => run.spread.publishedPerSecond?.high],
  ['delivered_per_second', (run) => run.deliveredPerSecond],
  ['delivered_per_second_low', (run) => run.spread.deliveredPerSecond?.low],
  ['delivered_per_second_high', (run) => run.spread.deliveredPerSecond?.high],
  ['connects_per_second', (run) => run.connectsPerSecond],
  ['bytes_per_second', (run) => run.bytesPerSecond],
  ['seconds', (run) => run.seconds],
  ['latency_min_us', (run) => run.latencyUs?.min],
  ['latency_p50_us', (run) => run.latencyUs?.p50],
  ['latency_p90_us', (run) => run.latencyUs?.p90],
  ['latency_p99_us', (run) => run.latencyUs?.p99],
  ['latency_p999_us', (run) => run.latencyUs?.p999],
  ['latency_p9999_us', (run) => run.latencyUs?.p9999],
  ['latency_max_us', (run) => run.latencyUs?.max],
  ['cpu_seconds_per_million', (run) => run.server.cpuSecondsPerMillion],
  ['peak_rss_bytes', (run) => run.server.peakRssBytes],
  ['voluntary_switches_per_million', (run) => run.server.voluntarySwitchesPerMillion],
  ['involuntary_switches_per_million', (run) => run.server.involuntarySwitchesPerMillion],
  ['sync_calls_per_million', (run) => run.server.syncCallsPerMillion],
  ['generator_cpu_seconds_per_million', (run) => run.generator.cpuSecondsPerMillion],
  ['lost', (run) => run.lost],
  ['duplicated', (run) => run.duplicated],
  ['reordered', (run) => run.reordered],
  ['errors', (run) => run.errors],
  ['slow_consumers', (run) => run.slowConsumers],
  ['verdict', (run) => verdictOf(run).text],
];

export function toCsv(runs: readonly RunResult[]): string {
  const rows = [COLUMNS.map(([name]) => name), ...runs.map((run) => COLUMNS.map(([, of]) => field(of(run))))];
  return rows.map((row) => `${row.join(',')}\r\n`).join('');
}

function field(value: Field): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (!value) return '';
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
