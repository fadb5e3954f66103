/**
 * Measures works: repeats, alternating between servers when there are two.
 *
 * Owns the order of the steps of a run: server, stream, plan, load, cost, verification, clean-up. Prints nothing.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { LoadPlan, LoadProgress, LoadReport } from '../../native/load-contract.js';
import { BenchError, noJetStream, textOf } from '../errors.js';
import { usage } from '../flags/parse.js';
import type { Flags } from '../flags/table.js';
import { sizeRange } from '../flags/values.js';
import type { StoredWork } from '../jetstream/stored.js';
import { coreShape } from '../plan/core.js';
import { mixedShape } from '../plan/mixed.js';
import type { Shape, Verified, Work } from '../plan/work.js';
import { residentBytes } from '../server/process.js';
import { traceSyncs } from '../server/syncs.js';
import { watchVarz } from '../server/varz.js';
import type { RunResult } from '../types.js';
import type { Engine, RunHooks } from './engine.js';
import { type Observed, resultOf } from './result.js';
import { type Opened, type Side, TIMEOUT_MS } from './side.js';

const QUIET_MS = 2000;
const CONNECTS_IN_FLIGHT = 64;
const WARMUP_MS = 500;
/** Enough to count calls per message by; tracing is slow. */
const TRACED_MSGS = 20_000;

export interface Ui {
  /** One run begins; the returned functions are called with its progress and at its end. */
  begin(
    title: string,
    options: { measureMs?: number; connections: number },
  ): {
    update(progress: LoadProgress): void;
    end(): void;
  };
}

export interface Bench {
  engine: Engine;
  ui: Ui;
  /** Aborted by Ctrl-C: the current run ends early, no other begins. */
  signal: AbortSignal;
}

export interface Measured {
  work: Work;
  /** One per server that gave figures, in the order of the sides. */
  results: RunResult[];
  /** What kept a server from giving any. */
  failed?: BenchError;
}

/** What was seen of one server. */
interface Seen {
  observed: Observed[];
  opened: Opened;
  shape: Shape;
  syncCalls?: number | string;
}

/** Runs one piece of work `repeats` times on each side. A side that fails is left out of the rounds that follow. */
export async function measure(bench: Bench, work: Work, sides: readonly Side[], repeats: number): Promise<Measured> {
  const seen = new Map<Side, Seen>();
  const stores = new Map<Side, StoredWork>();
  const failures = new Map<Side, BenchError>();
  const guard = async (side: Side, task: () => Promise<void>) => {
    try {
      await task();
    } catch (error) {
      const failure = error instanceof BenchError ? error : new BenchError('LOAD', textOf(error), error);
      if (!failures.has(side)) failures.set(side, failure);
    }
  };
  for (let round = 0; round < repeats; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      if (bench.signal.aborted || failures.has(side)) continue;
      const number = repeats > 1 ? `${round + 1}/${repeats}` : '';
      const title = [work.title, side.name?.toUpperCase(), number].filter(Boolean).join(' ');
      await guard(side, async () => {
        seen.set(side, await oneRound({ bench, work, side, stores, title, repeats }, seen.get(side)));
      });
      if (side.fresh) await guard(side, () => closeSide(side, stores));
    }
  }
  for (const side of sides) await guard(side, () => closeSide(side, stores));
  const results = sides.flatMap((side) => {
    const found = seen.get(side);
    if (!found) return [];
    const { observed, opened, shape, syncCalls } = found;
    return resultOf({
      work,
      headline: shape.headline,
      url: opened.target.url,
      servers: opened.target.servers,
      info: opened.info,
      runs: observed,
      ...(side.name && { side: side.name }),
      ...(syncCalls !== undefined && { syncCalls }),
    });
  });
  const failed = [...failures.values()][0];
  return { work, results, ...(failed && { failed }) };
}

interface Round {
  bench: Bench;
  work: Work;
  side: Side;
  stores: Map<Side, StoredWork>;
  title: string;
  repeats: number;
}

async function oneRound(round: Round, before: Seen | undefined): Promise<Seen> {
  const { bench, work, side, stores } = round;
  const opened = await side.open(bench.signal);
  const { observed, shape } = await once(round, opened);
  const count = work.flags.syncCalls && observed.report.process && before?.syncCalls === undefined;
  const syncCalls = count ? await countSyncs(bench, work, side, opened, stores) : before?.syncCalls;
  return {
    observed: [...(before?.observed ?? []), observed],
    opened: before?.opened ?? opened,
    shape,
    ...(syncCalls !== undefined && { syncCalls }),
  };
}

async function closeSide(side: Side, stores: Map<Side, StoredWork>): Promise<void> {
  try {
    await stores.get(side)?.close();
  } finally {
    stores.delete(side);
    await side.release();
  }
}

async function once(round: Round, opened: Opened): Promise<{ observed: Observed; shape: Shape }> {
  const { bench, work, side, stores, title, repeats } = round;
  checkSize(work.flags, opened);
  const stored = isStored(work) ? await storeFor(bench, work, side, opened, stores, title) : undefined;
  const shape = stored ? await stored.shape() : shapeOf(work);
  const plan = planOf(shape, work.flags, opened, { warm: repeats > 1 || work.flags.duration !== undefined });
  const connections = connectionsOf(shape);
  const rssBefore = opened.pid === undefined ? undefined : residentBytes(opened.pid);
  const varz = opened.monitor === undefined ? undefined : watchVarz(opened.monitor);
  let measured: LoadReport;
  try {
    measured = await drive(bench, plan, shape, title);
  } catch (error) {
    varz?.stop(0);
    throw error;
  }
  const cost = varz?.stop(measured.seconds);
  const { report, verified } = await verify(shape, measured);
  return {
    shape,
    observed: {
      report,
      connections,
      rates: plan.clients.map((client) =>
        'rate' in client ? client.rate && client.rate * client.connections : undefined,
      ),
      costSource: opened.costSource,
      fresh: side.fresh,
      threads: plan.threads,
      latencyEvery: plan.latencyEvery,
      ...(verified && { verified }),
      ...(cost && { varz: cost }),
      ...(rssBefore !== undefined && { rssBefore }),
    },
  };
}

/** A server that can't be asked any more has failed; what was measured before is still worth reporting. */
async function verify(shape: Shape, report: LoadReport): Promise<{ report: LoadReport; verified?: Verified }> {
  try {
    const verified = report.stopped ? undefined : await shape.verify?.(report);
    return { report, ...(verified && { verified }) };
  } catch (error) {
    const text = `what is stored could not be counted: ${textOf(error)}`;
    return { report: { ...report, errors: [...report.errors, { text, count: 1 }] } };
  }
}

async function drive(bench: Bench, plan: LoadPlan, shape: Shape, title: string): Promise<LoadReport> {
  const bar = bench.ui.begin(title, {
    connections: connectionsOf(shape),
    ...(plan.measureMs !== undefined && { measureMs: plan.measureMs }),
  });
  const hooks: RunHooks = { progress: bar.update, signal: bench.signal };
  if (shape.stopAfter !== undefined) hooks.stopAfter = shape.stopAfter;
  try {
    return await bench.engine.run(plan, hooks);
  } finally {
    bar.end();
  }
}

export function shapeOf(work: Work): Shape {
  const shape = coreShape(work);
  if (shape) return shape;
  if (work.verb !== 'mixed') throw new BenchError('LOAD', `"${work.verb}" has no plan`);
  let text: string;
  try {
    text = readFileSync(work.argument, 'utf8');
  } catch (error) {
    throw new BenchError('FILE', `the scenario ${work.argument} can't be read: ${textOf(error)}`, error);
  }
  return mixedShape(text, work.argument, work.flags);
}

export function planOf(shape: Shape, flags: Flags, { target, pid }: Opened, { warm }: { warm: boolean }): LoadPlan {
  const warmup = shape.noWarmup ? 0 : (flags.warmup ?? (warm ? WARMUP_MS : 0));
  const threads = flags.threads ?? Math.max(1, Math.floor(availableParallelism() / 2));
  return {
    servers: target.servers,
    threads: Math.min(threads, connectionsOf(shape), 64),
    connectTimeoutMs: flags.timeout ?? TIMEOUT_MS,
    connectsInFlight: shape.connectsInFlight ?? CONNECTS_IN_FLIGHT,
    clients: shape.clients,
    ledgers: shape.ledgers,
    quietMs: flags.quiet ?? shape.quietMs ?? QUIET_MS,
    latencyEvery: flags.latencySample ?? 1,
    ...(target.credentials && { credentials: target.credentials }),
    ...(target.tls && { tls: target.tls }),
    ...(warmup > 0 && { warmup: { ms: warmup } }),
    ...(shape.measureMs !== undefined && { measureMs: shape.measureMs }),
    ...(pid !== undefined && { watchPid: pid }),
  };
}

function connectionsOf(shape: Shape): number {
  return shape.clients.reduce((sum, { connections }) => sum + connections, 0);
}

function isStored({ verb }: Work): boolean {
  return verb.startsWith('js ') || verb.startsWith('kv ');
}

async function storeFor(
  bench: Bench,
  work: Work,
  side: Side,
  opened: Opened,
  stores: Map<Side, StoredWork>,
  title: string,
): Promise<StoredWork> {
  const known = stores.get(side);
  if (known) return known;
  if (!opened.info.jetstream) {
    throw noJetStream(opened.target.url);
  }
  // The client library is large; only this work needs it.
  const { StoredWork } = await import('../jetstream/stored.js');
  const store = await StoredWork.open({
    work,
    target: opened.target,
    timeoutMs: work.flags.timeout ?? TIMEOUT_MS,
    fill: async (shape) => {
      const plan = planOf(shape, {}, opened, { warm: false });
      const report = await drive(bench, plan, shape, `${title} (filling)`);
      const error = report.errors[0];
      if (error) throw new BenchError('JETSTREAM', `filling the stream: ${error.text}`);
    },
  });
  stores.set(side, store);
  return store;
}

async function countSyncs(
  bench: Bench,
  work: Work,
  side: Side,
  opened: Opened,
  stores: Map<Side, StoredWork>,
): Promise<number | string> {
  const store = stores.get(side);
  if (!store || opened.pid === undefined) return 'the process is not on this machine, or nothing is stored';
  const shape = await store.shape(Math.min(work.flags.msgs ?? TRACED_MSGS, TRACED_MSGS));
  const plan = planOf(shape, { ...work.flags, warmup: 0 }, opened, { warm: false });
  const trace = await traceSyncs(opened.pid);
  if (typeof trace === 'string') return trace;
  try {
    const report = await drive(bench, plan, shape, `${work.title} (sync calls)`);
    const calls = await trace.stop();
    const messages = report.published + (work.verb.includes('pub') || work.verb === 'kv put' ? 0 : report.delivered);
    return messages > 0 ? (calls * 1e6) / messages : 'no message went through while they were counted';
  } catch (error) {
    await trace.stop();
    throw error;
  }
}

function checkSize(flags: Flags, { info, target }: Opened): void {
  const { max } = sizeRange(flags.size ?? { fixed: 0 });
  if (info.maxPayload >= 0 && max > info.maxPayload) {
    throw usage(`--size: ${target.url} takes payloads of at most ${info.maxPayload} bytes, not ${max}`);
  }
}
