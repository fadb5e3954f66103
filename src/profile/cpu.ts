/**
 * A CPU profile: the calls of the main thread as V8 samples them, and for each other thread, the data plane's among
 * them, how long it ran: inside those nobody looks.
 */
import { Session } from 'node:inspector/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { nowMs } from '../log/clock.js';
import { type CallFrame, within } from './call-tree.js';
import { type Frame, ProfileBuilder } from './pprof.js';
import { spent, type ThreadTime, threadTimes } from './threads.js';

const INTERVAL_US = 2000;
const IDLE = '(idle)';

/** What V8 sampled. */
export interface CpuSamples {
  nodes: { id: number; callFrame: CallFrame; children?: number[] | undefined }[];
  samples?: number[] | undefined;
  /** Microseconds before each sample. */
  timeDeltas?: number[] | undefined;
}

let busy = false;

/** Thrown while another profile is being taken: V8 takes one at a time. */
export class ProfilerBusyError extends Error {
  override readonly name = 'ProfilerBusyError';
}

/** Ends early, with nothing, when the signal says so. */
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
  // Without recursion: calls are as deep as programs like.
  const rest: { id: number; callers: readonly Frame[] }[] = [...nodes.keys()]
    .filter((id) => !called.has(id))
    .map((id) => ({ id, callers: [] }));
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const node = nodes.get(next.id);
    if (node === undefined) continue;
    const stack = within(node.callFrame, next.callers);
    const sum = sums.get(node.id);
    const counts = stack.length > 0 && node.callFrame.functionName !== IDLE;
    if (sum && counts) builder.add(stack, [sum.count, sum.us * 1000], { thread: 'main' });
    for (const id of node.children ?? []) rest.push({ id, callers: stack });
  }
  for (const [thread, nanoseconds] of spent(before, after)) {
    const frame = { name: `[thread ${thread}]`, file: '', line: 0 };
    builder.add([frame], [nanoseconds / (INTERVAL_US * 1000), nanoseconds], { thread });
  }
  return builder.finish(startMs, durationMs);
}
