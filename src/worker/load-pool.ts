/**
 * The worker threads of load runs: a Piscina pool in which each task is one event loop of one run. Owns the pool; knows
 * nothing of plans or servers.
 */
import { Piscina } from 'piscina';
import type { LoadOutcome, LoadTask } from './load-task.js';
import { locateScript } from './locate.js';

const THREADS_MAX = 64;

export class LoadPool {
  #pool: Piscina<LoadTask, LoadOutcome> | undefined;

  constructor(readonly script: string = locateScript(import.meta.url, 'load.js')) {}

  /** Runs all loops of one run; settles once every one has returned, with the first failure if there was one. */
  async run(load: number, threads: number): Promise<LoadOutcome> {
    const pool = this.#started();
    const tasks = Array.from({ length: threads }, (_, thread) => pool.run({ load, thread }));
    const settled = await Promise.allSettled(tasks);
    for (const one of settled) {
      if (one.status === 'rejected') throw one.reason;
    }
    const outcomes = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return outcomes.find(({ failed }) => failed) ?? {};
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = undefined;
  }

  #started(): Piscina<LoadTask, LoadOutcome> {
    this.#pool ??= new Piscina({
      filename: this.script,
      // Loops of one run wait for each other: each needs its thread at once.
      minThreads: 0,
      maxThreads: THREADS_MAX,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'disabled',
      recordTiming: false,
      workerHistogram: false,
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 },
    });
    return this.#pool;
  }
}

export { THREADS_MAX };
