/** From the reports of the repeats to one result. Pure: owns the arithmetic of rates, costs and losses. */
import type { LoadProcessCost, LoadReport } from '../../native/load-contract.js';
import type { Verified, Work } from '../plan/work.js';
import type { ServerInfo } from '../server/probe.js';
import type { VarzCost } from '../server/varz.js';
import type { ClientResult, RepeatResult, RunResult, ServerResult, SpreadMetric, TimelinePoint } from '../types.js';
import { endsByHand, foreignIn, kindOf, leftOut, missingIn, notesOf, READERS } from './notes.js';
import { latencyOf, mergeHistograms, spreadOf } from './statistics.js';

/** One run as it was observed. */
export interface Observed {
  report: LoadReport;
  connections: number;
  /** What the clients of the plan were to send per second; undefined for those without a pace. */
  rates: readonly (number | undefined)[];
  verified?: Verified;
  varz?: VarzCost;
  /** Resident memory of the server before the run. */
  rssBefore?: number;
  /** The server was started for this run. */
  fresh: boolean;
  /** `process 4711 (nats-server)`. */
  costSource: string | null;
  threads: number;
  latencyEvery: number;
}

export interface ResultParts {
  work: Work;
  headline: RunResult['headline'];
  url: string;
  /** All of them, where the clients are dealt over several. */
  servers: readonly string[];
  info: ServerInfo;
  side?: 'a' | 'b';
  runs: readonly Observed[];
  /** Per million messages, from a run of its own. */
  syncCalls?: number | string;
}

/** More connections than this are summed up by kind. */
const CLIENTS_SHOWN = 64;
const NOTHING_YET = {
  published: 0,
  delivered: 0,
  publishedPerSecond: 0,
  deliveredPerSecond: 0,
  seconds: 0,
  sendSeconds: 0,
};
/** How the load generator words it. */
const UNANSWERED = 'a request was not answered';
const SURPLUS = 'more messages came than were sent';

export function resultOf(parts: ResultParts): RunResult {
  const { work, runs, headline } = parts;
  const reports = runs.map(({ report }) => report);
  const repeats = runs.map((run) => repeatOf(run, work, headline));
  const sum = (pick: (report: LoadReport) => number) => reports.reduce((total, report) => total + pick(report), 0);
  const mean = (pick: (repeat: RepeatResult) => number) =>
    repeats.reduce((total, repeat) => total + pick(repeat), 0) / Math.max(1, repeats.length);
  const histogram = mergeHistograms(reports.map(({ latency }) => latency));
  const published = sum((report) => report.published);
  const delivered = sum((report) => report.delivered);
  const generatorCpu = sum((report) => report.generatorCpuSeconds);
  const slowConsumers = sum((report) => report.slowConsumers);
  const lost = runs.reduce((total, run) => total + lostIn(run), 0);
  const stopped = reports.some((report) => report.stopped) && !endsByHand(work);
  const checked = hasSequences(work, reports);
  const metric = (pick: (repeat: RepeatResult) => number | null) => spreadOf(repeats.map(pick));
  const spread: Record<SpreadMetric, ReturnType<typeof spreadOf>> = {
    publishedPerSecond: metric((repeat) => repeat.publishedPerSecond),
    deliveredPerSecond: metric((repeat) => repeat.deliveredPerSecond),
    cpuSecondsPerMillion: metric((repeat) => repeat.cpuSecondsPerMillion),
    p50Us: metric((repeat) => repeat.p50Us),
    p99Us: metric((repeat) => repeat.p99Us),
  };
  const errorTexts = gatherErrors(work, reports);
  return {
    verb: work.verb,
    work: work.title,
    server: serverOf(parts, published + delivered),
    published,
    delivered,
    publishedPerSecond: mean((repeat) => repeat.publishedPerSecond),
    deliveredPerSecond: mean((repeat) => repeat.deliveredPerSecond),
    bytesPerSecond: mean((repeat) => repeat.bytesPerSecond),
    seconds: repeats.reduce((total, { seconds }) => total + seconds, 0),
    latencyUs: latencyOf(histogram),
    lost,
    duplicated: checked ? duplicatedIn(runs) : null,
    reordered: checked ? reports.reduce((total, { ledgers }) => total + sumOf(ledgers, 'reordered'), 0) : null,
    errors: countErrors(errorTexts, slowConsumers),
    headline,
    ...(work.flags.rate !== undefined && { targetPerSecond: work.flags.rate }),
    ...(headline === 'connectsPerSecond' && { connectsPerSecond: mean((repeat) => repeat.connectsPerSecond ?? 0) }),
    publishedBytes: sum((report) => report.publishedBytes),
    deliveredBytes: sum((report) => deliveredBytesOf(work, report)),
    errorTexts,
    slowConsumers,
    notMeasured: leftOut(parts, stopped),
    notes: notesOf(parts, repeats, stopped),
    connectUs: latencyOf(mergeHistograms(reports.map(({ connects }) => connects))),
    ...(histogram && { histogram: histogram.counts.map(([ns, many]) => [ns / 1000, many] as [number, number]) }),
    timeline: intervalsOf(reports[0]?.timeline ?? []),
    clients: clientsOf(reports, parts),
    repeats,
    spread,
    generator: {
      cpuSeconds: generatorCpu,
      cpuSecondsPerMillion: perMillion(generatorCpu, published + delivered),
      threads: runs[0]?.threads ?? 0,
      latencyEvery: runs[0]?.latencyEvery ?? 1,
    },
    stopped,
  };
}

function repeatOf(run: Observed, work: Work, headline: RunResult['headline']): RepeatResult {
  const { report } = run;
  const { published, delivered } = report;
  const connecting = headline === 'connectsPerSecond';
  const seconds = connecting ? report.connectSeconds : report.seconds;
  // Without receivers a message is sent when the server has it, not when it is in a buffer on the way. And a
  // burst in one write has no length of its own.
  const sendSeconds = headline === 'publishedPerSecond' ? seconds : report.sendSeconds || seconds;
  const latency = latencyOf(report.latency);
  const cpu = cpuSecondsOf(run);
  return {
    publishedPerSecond: rate(published, sendSeconds),
    deliveredPerSecond: rate(delivered, seconds),
    connectsPerSecond: connecting ? rate(run.connections, seconds) : null,
    bytesPerSecond:
      delivered > 0 ? rate(deliveredBytesOf(work, report), seconds) : rate(report.publishedBytes, sendSeconds),
    seconds,
    p50Us: latency?.p50 ?? null,
    p99Us: latency?.p99 ?? null,
    cpuSecondsPerMillion: cpu === null ? null : perMillion(cpu, published + delivered),
    lost: lostIn(run),
    errors: countErrors(errorsIn(work, report), report.slowConsumers),
  };
}

/** An acknowledgement counts for the bytes that it acknowledges. */
function deliveredBytesOf(
  { verb }: Work,
  { published, delivered, publishedBytes, deliveredBytes }: LoadReport,
): number {
  if (!verb.startsWith('js pub') && verb !== 'kv put') return deliveredBytes;
  return published > 0 ? (publishedBytes * delivered) / published : 0;
}

/** Messages that should have come and did not. What a stopped run had under way is not lost. */
function lostIn({ report, verified }: Observed): number {
  if (report.stopped) return 0;
  const unanswered = report.errors.find(({ text }) => text === UNANSWERED)?.count ?? 0;
  return sumOf(report.ledgers, 'lost') + (verified?.lost ?? 0) + unanswered;
}

/** All but requests without answer, which are losses. */
function errorsIn(work: Work, { errors, ledgers }: LoadReport): { text: string; count: number }[] {
  const found = errors.filter(({ text }) => text !== UNANSWERED);
  // Where single duplicates can't be found, the sum still shows that there were some.
  const surplus = hasOwnSenders(work) ? ledgers.reduce((sum, ledger) => sum + surplusIn(ledger), 0) : 0;
  return surplus > 0 ? [...found, { text: SURPLUS, count: surplus }] : found;
}

/** A cut-off has a text like every connection that was lost: it is counted there. */
function countErrors(texts: readonly { count: number }[], slowConsumers: number): number {
  return Math.max(
    slowConsumers,
    texts.reduce((total, { count }) => total + count, 0),
  );
}

function surplusIn({ received, duplicated, foreign, expected }: LoadReport['ledgers'][number]): number {
  return Math.max(0, received - duplicated - foreign - expected);
}

function hasOwnSenders({ verb }: Work): boolean {
  return verb !== 'sub' && verb !== 'service' && !READERS.has(verb);
}

function duplicatedIn(runs: readonly Observed[]): number {
  return runs.reduce(
    (total, { report, verified }) => total + sumOf(report.ledgers, 'duplicated') + (verified?.duplicated ?? 0),
    0,
  );
}

function sumOf(ledgers: LoadReport['ledgers'], key: 'lost' | 'duplicated' | 'reordered'): number {
  return ledgers.reduce((total, ledger) => total + ledger[key], 0);
}

function rate(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0;
}

function perMillion(value: number, messages: number): number | null {
  return messages > 0 ? (value * 1e6) / messages : null;
}

function cpuSecondsOf({ report, varz }: Observed): number | null {
  if (report.process) return report.process.cpuSeconds;
  return varz?.cpuPercent == null ? null : (varz.cpuPercent / 100) * report.seconds;
}

function serverOf({ url, info, side, runs, syncCalls, headline }: ResultParts, messages: number): ServerResult {
  const costs = runs.flatMap(({ report }) => (report.process ? [report.process] : []));
  const cpu = runs.map(cpuSecondsOf).filter((seconds) => seconds !== null);
  const peaks = runs.flatMap(({ report, varz }) => report.process?.peakRssBytes ?? varz?.peakRssBytes ?? []);
  const all = (pick: (cost: LoadProcessCost) => number) => costs.reduce((total, cost) => total + pick(cost), 0);
  const perConnection = bytesPerConnection(runs);
  return {
    url,
    version: info.version,
    runtime: info.runtime,
    label: info.label,
    cpuSecondsPerMillion:
      cpu.length === runs.length && cpu.length > 0
        ? perMillion(
            cpu.reduce((a, b) => a + b, 0),
            messages,
          )
        : null,
    peakRssBytes: peaks.length > 0 ? Math.max(...peaks) : null,
    costSource: runs[0]?.costSource ?? null,
    ...(side && { side }),
    ...(costs.length > 0 && {
      userSeconds: all((cost) => cost.userSeconds),
      systemSeconds: all((cost) => cost.systemSeconds),
      rssBytes: Math.max(...costs.map(({ rssBytes }) => rssBytes)),
    }),
    ...(costs.length > 0 &&
      messages > 0 && {
        voluntarySwitchesPerMillion: (all((cost) => cost.voluntarySwitches) * 1e6) / messages,
        involuntarySwitchesPerMillion: (all((cost) => cost.involuntarySwitches) * 1e6) / messages,
      }),
    ...(typeof syncCalls === 'number' && { syncCallsPerMillion: syncCalls }),
    ...(headline === 'connectsPerSecond' && perConnection > 0 && { bytesPerConnection: perConnection }),
  };
}

/** Mean growth over the runs; not above 0 where it is unknown, or hidden by what the server kept from earlier work. */
function bytesPerConnection(runs: readonly Observed[]): number {
  const growth = runs.flatMap(({ report, rssBefore, connections }) =>
    report.process && rssBefore !== undefined ? [(report.process.rssBytes - rssBefore) / connections] : [],
  );
  return growth.reduce((a, b) => a + b, 0) / Math.max(1, growth.length);
}

function gatherErrors(work: Work, reports: readonly LoadReport[]): { text: string; count: number }[] {
  const found = new Map<string, number>();
  for (const { text, count } of reports.flatMap((report) => errorsIn(work, report)))
    found.set(text, (found.get(text) ?? 0) + count);
  return [...found].map(([text, count]) => ({ text, count }));
}

/** The generator adds up; a chart wants what each interval brought. */
function intervalsOf(sums: LoadReport['timeline']): TimelinePoint[] {
  return sums.map(({ atMs, published, delivered }, index) => ({
    atMs,
    published: published - (sums[index - 1]?.published ?? 0),
    delivered: delivered - (sums[index - 1]?.delivered ?? 0),
  }));
}

/** One entry per connection; where they are many, one per kind. */
function clientsOf(reports: readonly LoadReport[], { work, headline }: ResultParts): ClientResult[] {
  const many = (reports[0]?.clients.length ?? 0) > CLIENTS_SHOWN;
  const found = new Map<string, ClientResult & { seconds: number; sendSeconds: number; client: number }>();
  for (const { clients } of reports) {
    const longest = new Map<string, { seconds: number; sendSeconds: number }>();
    for (const [index, one] of clients.entries()) {
      const { client, role, published, delivered, seconds } = one;
      const name = many ? kindOf(one.name) : one.name;
      const key = many ? `${role} ${name}` : String(index);
      const sum = found.get(key) ?? { ...NOTHING_YET, client, name, role };
      sum.published += published;
      sum.delivered += delivered;
      found.set(key, sum);
      const sendSeconds = headline === 'publishedPerSecond' ? seconds : one.sendSeconds || seconds;
      const before = longest.get(key) ?? { seconds: 0, sendSeconds: 0 };
      longest.set(key, {
        seconds: Math.max(before.seconds, seconds),
        sendSeconds: Math.max(before.sendSeconds, sendSeconds),
      });
    }
    // Connections of one kind work at the same time, repeats one after another.
    for (const [key, { seconds, sendSeconds }] of longest) {
      const sum = found.get(key);
      if (!sum) continue;
      sum.seconds += seconds;
      sum.sendSeconds += sendSeconds;
    }
  }
  return [...found.values()].map(({ seconds, sendSeconds, client, ...one }) => {
    const histograms =
      work.verb === 'mixed' ? reports.map(({ clientLatencies }) => clientLatencies[client] ?? undefined) : [];
    const latencyUs = latencyOf(mergeHistograms(histograms));
    return {
      ...one,
      publishedPerSecond: rate(one.published, sendSeconds),
      deliveredPerSecond: rate(one.delivered, seconds),
      ...(latencyUs && { latencyUs }),
    };
  });
}

/** Requires sequence numbers: subscribers that check them, in payloads that have room for them. */
function hasSequences(work: Work, reports: readonly LoadReport[]): boolean {
  if (missingIn(work, reports).has('sequence')) return false;
  if (work.verb === 'sub' || work.verb === 'service') return false;
  // What a stream was filled with by others is counted, and not always numbered.
  return !READERS.has(work.verb) || foreignIn(reports) === 0;
}
