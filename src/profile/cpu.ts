/**
 * A CPU profile: the calls of the main thread as V8 samples them, and the processor time of each other thread, such as the
 * data plane's, as a whole.
 */
import { Session } from 'node:inspector/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { nowMs } from '../log/index.js';
import { type CallFrame, callFrom, framesOf, type Stack } from './call-tree.js';
import { ProfileBuilder } from './pprof.js';
import { type ThreadTime, threadTimes, timesBetween } from './threads.js';

const INTERVAL_US = 2000;
const IDLE = '(idle)';

/** A CPU profile of V8. */
export interface CpuSamples {
  nodes: { id: number; callFrame: CallFrame; children?: number[] | undefined }[];
  samples?: number[] | undefined;
  /** Microseconds before each sample. */
  timeDeltas?: number[] | undefined;
}

let busy = false;

/** Thrown while another profile is in progress: V8 takes one at a time. */
export class ProfilerBusyError extends Error {
  override readonly name = 'ProfilerBusyError';
}

/** Profiles for so many seconds. Rejects when the signal aborts it. */
export async function cpuProfile(seconds: number, signal: AbortSignal): Promise<Buffer> {
  if (busy) throw new ProfilerBusyError('cpu profiling already in use');
  busy = true;
  const session = new Session();
  try {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    const [startMs, before] = [nowMs(), threadTimes()];
    await session.post('Profiler.start');
    await wait(seconds * 1000, undefined, { signal });
    const { profile } = await session.post('Profiler.stop');
    return await encodeCpu(profile, { before, after: threadTimes(), startMs, durationMs: nowMs() - startMs });
  } finally {
    session.disconnect();
    busy = false;
  }
}

interface Span {
  before: readonly ThreadTime[];
  after: readonly ThreadTime[];
  startMs: number;
  durationMs: number;
}

export function encodeCpu(profile: CpuSamples, { before, after, startMs, durationMs }: Span): Promise<Buffer> {
  const time = ['cpu', 'nanoseconds'] as const;
  const builder = new ProfileBuilder([['samples', 'count'], time], { type: time, amount: INTERVAL_US * 1000 });
  const { samples = [], timeDeltas = [] } = profile;
  const sums = new Map<number, { count: number; us: number }>();
  samples.forEach((id, at) => {
    const sum = sums.get(id) ?? { count: 0, us: 0 };
    sums.set(id, { count: sum.count + 1, us: sum.us + Math.max(0, timeDeltas[at] ?? 0) });
  });
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const called = new Set(profile.nodes.flatMap(({ children = [] }) => children));
  // Without recursion: the tree is as deep as the calls of the program.
  const rest: { id: number; caller: Stack | undefined }[] = [...nodes.keys()]
    .filter((id) => !called.has(id))
    .map((id) => ({ id, caller: undefined }));
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const node = nodes.get(next.id);
    if (node === undefined) continue;
    const stack = callFrom(next.caller, node.callFrame);
    const sum = sums.get(node.id);
    const counts = stack !== undefined && node.callFrame.functionName !== IDLE;
    if (sum && counts) builder.add(framesOf(stack), [sum.count, sum.us * 1000], { thread: 'main' });
    for (const id of node.children ?? []) rest.push({ id, caller: stack });
  }
  for (const [thread, nanoseconds] of timesBetween(before, after)) {
    const frame = { name: `[thread ${thread}]`, file: '', line: 0 };
    builder.add([frame], [nanoseconds / (INTERVAL_US * 1000), nanoseconds], { thread });
  }
  return builder.finish(startMs, durationMs);
}
