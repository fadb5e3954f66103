/**
 * A heap profile: the JavaScript heap as V8 samples it since the start of sampling, by the calls that allocated it; one
 * number each for memory allocated before that, for free memory of the heap, and for all memory outside it, such as the
 * data plane's buffers.
 */
import { Session } from 'node:inspector/promises';
import { nowMs } from '../log/index.js';
import { type CallFrame, callFrom, framesOf, type Stack } from './call-tree.js';
import { ProfileBuilder } from './pprof.js';

/** Cheap enough to run all the time. */
const INTERVAL_BYTES = 64 * 1024;

/** A node of V8's heap profile. */
export interface HeapNode {
  callFrame: CallFrame;
  selfSize: number;
  children: HeapNode[];
}

/** V8 allows one sampling session: all profilers of the process share it. */
let session: Session | undefined;
let users = 0;

/** Starts sampling; it ends when `releaseHeapSampling` was called as often as this. */
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

/** With `collect`, garbage is collected first. */
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
  const rest: { node: HeapNode; caller: Stack | undefined }[] = [{ node: head, caller: undefined }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { node, caller } = next;
    const stack = callFrom(caller, node.callFrame);
    if (node.selfSize > 0 && stack !== undefined) {
      builder.add(framesOf(stack), [node.selfSize]);
      sampled += node.selfSize;
    }
    for (const child of node.children) rest.push({ node: child, caller: stack });
  }
  // All samples together are the memory of the process.
  const others = {
    '[JavaScript heap: not sampled]': memory.heapUsed - sampled,
    '[JavaScript heap: free]': memory.heapTotal - memory.heapUsed,
    '[outside the JavaScript heap]': memory.rss - memory.heapTotal,
  };
  for (const [name, bytes] of Object.entries(others)) builder.add([{ name, file: '', line: 0 }], [Math.max(0, bytes)]);
  return builder.finish(nowMs(), 0);
}
