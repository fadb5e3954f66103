/**
 * The task of a worker thread in a load run: runs one event loop of the generator until the run has ended.
 *
 * Runs inside a Piscina worker. Failures are returned as values, because errors lose their `code` on the way to the main
 * thread.
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
