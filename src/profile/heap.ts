/**
 * What the process has memory for: JavaScript's heap as V8 samples it, from the moment sampling began, by who asked for
 * it; what was there before, and what is free; and everything else as one number, the data plane's buffers among it.
 */
import { Session } from 'node:inspector/promises';
import { nowMs } from '../log/clock.js';
import { type CallFrame, within } from './call-tree.js';
import { type Frame, ProfileBuilder } from './pprof.js';

/** Cheap enough to go on all the time. */
const INTERVAL_BYTES = 64 * 1024;

/** What V8 sampled. */
export interface HeapNode {
  callFrame: CallFrame;
  selfSize: number;
  children: HeapNode[];
}

/** V8 samples for one at a time: all profilers of the process share this one. */
let session: Session | undefined;
let users = 0;

/** Samples until as many have released it. */
export async function acquireHeapSampling(): Promise<void> {
  users += 1;
  if (session !== undefined) return;
  session = new Session();
  try {
    session.connect();
    await session.post('HeapProfiler.startSampling', { samplingInterval: INTERVAL_BYTES });
  } catch (error) {
    releaseHeapSampling();
    throw error;
  }
}

export function releaseHeapSampling(): void {
  users -= 1;
  if (users > 0) return;
  session?.disconnect();
  session = undefined;
}

/** `collect`: without what is garbage by now. */
export async function heapProfile(collect: boolean): Promise<Buffer> {
  if (session === undefined) throw new Error('the heap is not sampled');
  if (collect) await session.post('HeapProfiler.collectGarbage');
  const { profile } = await session.post('HeapProfiler.getSamplingProfile');
  return encodeHeap(profile.head, process.memoryUsage());
}

export interface Memory {
  rss: number;
  heapTotal: number;
  heapUsed: number;
}

export function encodeHeap(head: HeapNode, memory: Memory): Promise<Buffer> {
  const space = ['inuse_space', 'bytes'] as const;
  const builder = new ProfileBuilder([space], { type: ['space', 'bytes'], amount: INTERVAL_BYTES });
  let sampled = 0;
  const rest: { node: HeapNode; callers: readonly Frame[] }[] = [{ node: head, callers: [] }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { node, callers } = next;
    const stack = within(node.callFrame, callers);
    if (node.selfSize > 0 && stack.length > 0) {
      builder.add(stack, [node.selfSize]);
      sampled += node.selfSize;
    }
    for (const child of node.children) rest.push({ node: child, callers: stack });
  }
  // All together it is what the process has from the system.
  const others = {
    '[JavaScript heap: not sampled]': memory.heapUsed - sampled,
    '[JavaScript heap: free]': memory.heapTotal - memory.heapUsed,
    '[outside the JavaScript heap]': memory.rss - memory.heapTotal,
  };
  for (const [name, bytes] of Object.entries(others)) builder.add([{ name, file: '', line: 0 }], [Math.max(0, bytes)]);
  return builder.finish(nowMs(), 0);
}
