/** The most important figures, at the top of the page. */
import type { BenchFile, Compared, ComparedMetric, ComparisonRow, RunResult } from '../../types.js';
import { comparedOf, geometricMean, headlineRate, headlineSpread, metricOf, sideNames } from '../facts.js';
import * as f from '../format.js';
import { el, textEl } from './markup.js';

interface Tile {
  name: string;
  value: string;
  more: string;
}

export function tiles(file: BenchFile): string {
  const shown = tilesOf(file);
  if (shown.length === 0) return '';
  const list = el(
    'dl',
    { class: 'tiles', 'data-many': shown.length },
    ...shown.map(({ name, value, more }) =>
      el('div', {}, textEl('dt', name), el('dd', {}, textEl('b', value), textEl('span', more))),
    ),
  );
  return list + explanation(file);
}

function explanation({ comparison: rows, runs }: BenchFile): string {
  const comparison = rows.filter((row) => row.failed === undefined);
  if (comparison.length === 0) return '';
  const [, ahead] = sideNames(runs);
  const means = `Geometric means over ${comparison.length} kinds of work, and their range`;
  const text = comparison.length > 1 ? means : 'Medians over the rounds, and their range';
  return textEl('p', `${text}. Above 1× ${ahead} is ahead, whatever the figure.`, { class: 'hint' });
}

function tilesOf(file: BenchFile): Tile[] {
  const { comparison, runs, sweep } = file;
  // The ratios of rows that failed are not shown.
  const whole = comparison.filter((row) => row.failed === undefined);
  if (comparison.length > 0) return ofComparison(whole);
  const list = sweep ? [ofSweep(sweep)] : [];
  const only = runs.length === 1 ? runs[0] : undefined;
  return [...list, ...(only ? ofRun(only) : ofRuns(runs))];
}

function ofComparison(comparison: readonly ComparisonRow[]): Tile[] {
  const several = comparison.length > 1;
  const tile = (name: string, metric?: ComparedMetric): Tile[] => {
    const compared = comparison.flatMap((row): Compared[] =>
      [metric ? metricOf(row, metric) : comparedOf(row)].filter((one) => one !== undefined),
    );
    const ratios = compared.map((one) => one.ratio).filter((ratio) => ratio > 0 && Number.isFinite(ratio));
    const spread = compared[0]?.spread;
    if (ratios.length === 0 || !spread) return [];
    const range = several ? [Math.min(...ratios), Math.max(...ratios)] : [spread.low, spread.high];
    return [{ name, value: f.times(geometricMean(ratios)), more: `${f.times(range[0])} – ${f.times(range[1])}` }];
  };
  return [
    ...tile('Rate'),
    ...tile('Server CPU per message', 'cpuSecondsPerMillion'),
    ...tile('Latency p50', 'p50Us'),
    ...tile('Latency p99', 'p99Us'),
    ...tile('Peak memory', 'peakRssBytes'),
  ];
}

function ofSweep(sweep: NonNullable<BenchFile['sweep']>): Tile {
  const bound = `${sweep.percentile} within ${f.micros(sweep.boundUs)}`;
  return {
    name: 'Highest rate',
    value: f.rate(sweep.maxPerSecond),
    more: sweep.maxPerSecond === null ? `none kept ${bound}` : bound,
  };
}

function ofRun(run: RunResult): Tile[] {
  const { server, latencyUs } = run;
  const spread = f.plusMinus(headlineSpread(run));
  const words = { publishedPerSecond: 'Published', deliveredPerSecond: 'Delivered', connectsPerSecond: 'Connects' };
  const list: Tile[] = [
    {
      name: words[run.headline],
      value: f.rate(headlineRate(run)),
      more:
        run.targetPerSecond !== undefined
          ? `asked ${f.rate(run.targetPerSecond)}`
          : spread
            ? `${spread} over ${f.counted(run.repeats.length, 'repeat')}`
            : `in ${f.seconds(run.seconds)}`,
    },
  ];
  if (run.bytesPerSecond > 0)
    list.push({
      name: 'Payload',
      value: f.byteRate(run.bytesPerSecond),
      more: `${f.count(run.published)} messages published`,
    });
  if (latencyUs) {
    list.push({ name: 'Latency p50', value: f.micros(latencyUs.p50), more: `min ${f.micros(latencyUs.min)}` });
    list.push({ name: 'Latency p99', value: f.micros(latencyUs.p99), more: `max ${f.micros(latencyUs.max)}` });
  }
  if (server.cpuSecondsPerMillion !== null) {
    list.push({
      name: 'Server CPU',
      value: `${f.plain(server.cpuSecondsPerMillion)} s/M`,
      more: 'seconds per million messages',
    });
  }
  if (server.peakRssBytes !== null)
    list.push({ name: 'Peak memory', value: f.bytes(server.peakRssBytes), more: server.costSource ?? '' });
  return list;
}

function ofRuns(runs: readonly RunResult[]): Tile[] {
  const fastest = [...runs].sort((x, y) => (headlineRate(y) ?? 0) - (headlineRate(x) ?? 0))[0];
  const quickest = runs
    .filter((run) => run.latencyUs)
    .sort((x, y) => (x.latencyUs?.p50 ?? 0) - (y.latencyUs?.p50 ?? 0))[0];
  const delivered = runs.reduce((sum, run) => sum + run.delivered, 0);
  const list: Tile[] = [];
  if (fastest) list.push({ name: 'Highest rate', value: f.rate(headlineRate(fastest)), more: fastest.work });
  if (quickest) list.push({ name: 'Lowest p50', value: f.micros(quickest.latencyUs?.p50), more: quickest.work });
  if (delivered > 0)
    list.push({ name: 'Delivered in all', value: f.quantity(delivered), more: `${f.counted(runs.length, 'run')}` });
  return list;
}
