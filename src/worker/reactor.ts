/**
 * The task of one worker thread: run one event loop of the data plane until the runtime is stopped.
 *
 * Runs inside a Piscina worker and owns nothing. The call blocks; no event of this thread is served meanwhile.
 */
import { loadAddon } from '../native/index.js';
import type { ReactorTask } from './task.js';

export default function runReactor(task: ReactorTask): void {
  loadAddon().runReactor(task.runtime, task.index);
}
