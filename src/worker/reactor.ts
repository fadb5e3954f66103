/**
 * The task of one worker thread: lend the thread to one loop of the data plane until the runtime is stopped.
 *
 * Runs inside a Piscina worker and owns nothing. The call blocks; no event of this thread is served meanwhile, which
 * is why it says that it begins before it does.
 */
import { parentPort } from 'node:worker_threads';
import { loadAddon } from '../native/index.js';
import type { ReactorTask } from './task.js';

export default function runReactor(task: ReactorTask): void {
  const addon = loadAddon();
  parentPort?.postMessage({ reactorRuns: task.index });
  addon.runReactor(task.runtime, task.index);
}
