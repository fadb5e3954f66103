/**
 * The task of one worker thread of a load run: lend the thread to one loop of the generator until the run has ended.
 *
 * Runs inside a Piscina worker and owns nothing. Failures come back as a value: an error's code would not survive the
 * way to the main thread.
 */
import { loadAddon } from '../native/index.js';
import type { LoadOutcome, LoadTask } from './load-task.js';

export default function runLoad({ load, thread }: LoadTask): LoadOutcome {
  try {
    loadAddon().runLoad(load, thread);
    return {};
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return { failed: { code: code ?? 'LOAD_FAILED', message } };
  }
}
