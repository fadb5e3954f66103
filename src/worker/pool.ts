/**
 * The worker threads under a runtime: a Piscina pool in which every task is one loop that runs until it is told to
 * stop. Owns the pool; knows nothing of brokers or events.
 */
import { Piscina } from 'piscina';
import type { ReactorTask } from './task.js';

export interface ReactorPool {
  /** Settles once all loops have returned; rejects with the first failure. */
  readonly ended: Promise<void>;
  /** Ends the threads. Call it once the loops were told to return. */
  close(): Promise<void>;
}

/** Boots a thread per loop; each takes its loop over as soon as it can run it. */
export function startPool(runtime: number, reactors: number, script: string): ReactorPool {
  const pool = new Piscina({
    filename: script,
    minThreads: reactors,
    maxThreads: reactors,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
    recordTiming: false,
    workerHistogram: false,
    // A loop keeps its state outside the JavaScript heap: a small one is enough and costs less memory.
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 },
  });
  const tasks = Array.from({ length: reactors }, (_, index) => pool.run({ runtime, index } satisfies ReactorTask));
  const ended = Promise.all(tasks).then(() => undefined);
  return {
    ended,
    async close() {
      await ended.catch(() => {});
      await pool.destroy();
    },
  };
}
