/**
 * The notes of a result: what was not measured and why, and what to consider when reading the figures. Pure functions.
 */
import type { LoadReport } from '../../native/load-contract.js';
import { sizeRange } from '../flags/values.js';
import { DEFAULT_SIZE, messagesOf, type Work } from '../plan/work.js';
import type { RepeatResult, RunResult } from '../types.js';
import type { Observed, ResultParts } from './result.js';

/** A generator or server whose rate is lower than this part of the planned one has not kept it. */
const RATE_KEPT = 0.95;
/** A run that was shorter than this part of its time was cut short. */
const TIME_KEPT = 0.9;
/** Threads that waited less than this were the limit themselves. */
const BUSY = 0.95;
export const READERS: ReadonlySet<Work['verb']> = new Set(['js consume', 'js fetch', 'js ordered']);
/** What a payload needs to carry its send time. */
export const STAMP_BYTES = 16;
const SEQUENCE_BYTES = 8;

/** Messages of other senders, as far as they could be distinguished. */
export function foreignIn(reports: readonly LoadReport[]): number {
  return reports.flatMap(({ ledgers }) => ledgers).reduce((total, { foreign }) => total + foreign, 0);
}

/** What payloads had no room for. A request for a key has no payload: the subject of the answer says what it belongs to. */
export function missingIn({ verb }: Work, reports: readonly LoadReport[]): Set<'latency' | 'sequence'> {
  return new Set(verb === 'kv get' ? [] : reports.flatMap(({ notMeasured }) => notMeasured));
}

/** Without the number that distinguishes clients of a kind. */
export function kindOf(name: string): string {
  return name.replace(/ \d+$/, '');
}

/** Work without an end of its own: Ctrl-C is the regular one. */
export function endsByHand({ verb, flags }: Work): boolean {
  return (verb === 'sub' || verb === 'service') && flags.msgs === undefined && flags.duration === undefined;
}

/** Whether an open loop reached its rate. */
export function keptRate(publishedPerSecond: number, asked: number): boolean {
  return publishedPerSecond >= asked * RATE_KEPT;
}

/** What was left out and why. */
export function leftOut({ work, runs, servers, syncCalls, headline }: ResultParts, stopped: boolean): string[] {
  const { verb } = work;
  const reports = runs.map(({ report }) => report);
  const texts = tooSmall(work, missingIn(work, reports));
  if (verb === 'pub') texts.push('latency and loss: nobody receives');
  if (verb === 'sub') texts.push('latency, duplicates and order: the messages are not from this run');
  if (READERS.has(verb)) texts.push('latency: the messages were stored before the run');
  const foreign = foreignIn(reports);
  if (foreign > 0 && READERS.has(verb)) {
    texts.push(`duplicates and order: ${foreign} messages were there before or are from others; they are counted only`);
  }
  if (stopped && verb !== 'pub') texts.push('loss: the run was stopped with messages under way');
  if (runs.every(({ costSource }) => costSource === null)) {
    texts.push(
      servers.length > 1
        ? "the server's cost: it is that of several servers; name one with --pid or --monitor"
        : "the server's cost: its process was not found on this machine; name it with --pid or --monitor",
    );
  } else {
    texts.push(...new Set(runs.flatMap((run) => costMissing(run, headline))));
  }
  if (typeof syncCalls === 'string') texts.push(`sync calls: ${syncCalls}`);
  return texts;
}

function tooSmall({ flags }: Work, missing: ReadonlySet<'latency' | 'sequence'>): string[] {
  const { min, max } = sizeRange(flags.size ?? DEFAULT_SIZE);
  const sentence = (what: string, bytes: number, room: string) =>
    max < bytes
      ? `${what}: a payload of ${min} bytes has no room for ${room} (${bytes} needed)`
      : `${what} of messages below ${bytes} bytes: they have no room for ${room}`;
  return [
    ...(missing.has('latency') ? [sentence('latency', STAMP_BYTES, 'a send time')] : []),
    ...(missing.has('sequence') ? [sentence('duplicates and order', SEQUENCE_BYTES, 'a sequence number')] : []),
  ];
}

/** Why a run has no cost although it was known where to read it. */
function costMissing({ report, varz }: Observed, headline: RunResult['headline']): string[] {
  if (report.process) return [];
  // Nothing was read of a run that was stopped before its measured part.
  if (!varz)
    return report.stopped
      ? []
      : ["the server's cost: its process ended during the run, or can't be read on this system"];
  if (varz.peakRssBytes === null) return ["the server's cost: its monitoring port did not answer"];
  if (varz.cpuPercent !== null || headline === 'connectsPerSecond') return [];
  return ["the server's CPU: a monitoring port tells it only for runs of several seconds"];
}

/** What the figures need to be read with. */
export function notesOf(
  { work, runs, servers }: ResultParts,
  repeats: readonly RepeatResult[],
  stopped: boolean,
): string[] {
  const { verb } = work;
  const reports = runs.map(({ report }) => report);
  const notes: string[] = [];
  if (reports.some((report) => wasCutShort(work, report))) {
    notes.push('cut short: connections were lost, the figures are of the time before');
  }
  notes.push(...tooSlow(work, runs, repeats));
  const foreign = foreignIn(reports);
  if (foreign > 0 && verb !== 'sub' && !READERS.has(verb)) {
    notes.push(`messages of others on the same subjects, not counted, which cost the server too: ${foreign}`);
  }
  if (servers.length > 1) notes.push(`the clients are dealt over ${servers.length} servers: ${servers.join(', ')}`);
  if (verb === 'conns' && runs.some(({ rssBefore, fresh }) => rssBefore !== undefined && !fresh)) {
    notes.push('the server was running before: memory it kept from then hides what connections take; try --spawn');
  }
  if (stopped) notes.push('stopped before its end');
  const busy = runs.filter(
    ({ report, threads }) => report.seconds > 0.1 && report.generatorCpuSeconds / (report.seconds * threads) > BUSY,
  );
  if (busy.length > runs.length / 2) notes.push('the generator was busy all the time: more --threads may show more');
  return notes;
}

/** A lost connection is not opened again: when all are lost, the run is over. */
function wasCutShort({ verb, flags }: Work, report: LoadReport): boolean {
  if (report.stopped || report.errors.length === 0 || READERS.has(verb) || verb === 'conns') return false;
  if (verb === 'mixed' || verb === 'sub' || verb === 'service') return false;
  const messages = messagesOf(flags);
  if (messages !== undefined) return report.published < messages;
  return report.seconds * 1000 < (flags.duration ?? 0) * TIME_KEPT;
}

/** Open loops that did not reach their rate; of a scenario, each of its lines. */
function tooSlow(work: Work, runs: readonly Observed[], repeats: readonly RepeatResult[]): string[] {
  const asked = work.flags.rate;
  const behind = 'latency tells how far behind what was sent has fallen';
  if (asked !== undefined) {
    const slow = runs.some(
      ({ report }, index) =>
        report.published > 0 && !keptRate((repeats[index] as RepeatResult).publishedPerSecond, asked),
    );
    return slow ? [`the rate asked for was not reached: ${behind}`] : [];
  }
  const slow = new Set<string>();
  for (const { report, rates } of runs) {
    for (const [client, rate] of rates.entries()) {
      const connections = report.clients.filter((one) => one.client === client);
      const published = connections.reduce((sum, one) => sum + one.published, 0);
      const seconds = Math.max(0, ...connections.map((one) => one.sendSeconds));
      if (rate && published > 0 && !keptRate(published / seconds, rate)) slow.add(kindOf(connections[0]?.name ?? ''));
    }
  }
  return slow.size > 0 ? [`the rate asked for was not reached by ${[...slow].join(', ')}: ${behind}`] : [];
}
