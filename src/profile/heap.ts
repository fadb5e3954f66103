/**
 * What memory is in use for: JavaScript's heap as V8 samples it, from the moment sampling began, by who asked for the
 * memory; and everything else the process has, as one number, the data plane's buffers among it.
 */
import { Session } from 'node:inspector/promises';
import { nowMs } from '../log/clock.js';
import { type CallFrame, within } from './call-tree.js';
import { type Frame, ProfileBuilder } from './pprof.js';

/** As Go's: cheap enough to go on all the time. */
const INTERVAL_BYTES = 512 * 1024;

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

export function encodeHeap(head: HeapNode, memory: { rss: number; heapTotal: number }): Promise<Buffer> {
  const space = ['inuse_space', 'bytes'] as const;
  const builder = new ProfileBuilder([space], { type: ['space', 'bytes'], amount: INTERVAL_BYTES });
  const rest: { node: HeapNode; callers: readonly Frame[] }[] = [{ node: head, callers: [] }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { node, callers } = next;
    const stack = within(node.callFrame, callers);
    if (node.selfSize > 0 && stack.length > 0) builder.add(stack, [node.selfSize]);
    for (const child of node.children) rest.push({ node: child, callers: stack });
  }
  const outside = { name: '[outside the JavaScript heap]', file: '', line: 0 };
  builder.add([outside], [Math.max(0, memory.rss - memory.heapTotal)]);
  return builder.finish(nowMs(), 0);
}
