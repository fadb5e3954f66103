/**
 * One run of the load generator, from plan to report. Owns the handle, the polling of progress and the early stop;
 * turns the generator's failures into errors that say what to do.
 *
 * A thread inside the generator can't be interrupted: an exit handler stops the run, so that it returns.
 */
import type { LoadAddon, LoadPlan, LoadProgress, LoadReport } from '../../native/load-contract.js';
import { authRefused, BenchError } from '../errors.js';

const PROGRESS_EVERY_MS = 100;
const ABSENT = /refused|timed out|unreachable|address|name/i;
const NAME_IT = 'is a NATS server listening there? Name it with -s URL';

export interface RunHooks {
  progress?: (progress: LoadProgress) => void;
  /** Aborting it ends the run early; what was measured is still reported. */
  signal?: AbortSignal;
  /** The run is stopped once so many were delivered. */
  stopAfter?: number;
}

/** What runs plans; the tests have one of their own. */
export interface Engine {
  run(plan: LoadPlan, hooks?: RunHooks): Promise<LoadReport>;
  close(): Promise<void>;
}

export interface EngineParts {
  addon: LoadAddon;
  pool: {
    run(load: number, threads: number): Promise<{ failed?: { code: string; message: string } }>;
    close(): Promise<void>;
  };
}

export function engineOf({ addon, pool }: EngineParts): Engine {
  return {
    run: (plan, hooks = {}) => runOnce(addon, pool, plan, hooks),
    close: () => pool.close(),
  };
}

async function runOnce(
  addon: LoadAddon,
  pool: EngineParts['pool'],
  plan: LoadPlan,
  hooks: RunHooks,
): Promise<LoadReport> {
  const load = create(addon, plan);
  const stop = () => addon.stopLoad(load);
  process.on('exit', stop);
  hooks.signal?.addEventListener('abort', stop, { once: true });
  let enough = false;
  const timer = setInterval(() => {
    const progress = JSON.parse(addon.loadProgress(load)) as LoadProgress;
    hooks.progress?.(progress);
    if (hooks.stopAfter !== undefined && progress.delivered >= hooks.stopAfter) {
      enough = true;
      stop();
    }
  }, PROGRESS_EVERY_MS);
  let outcome: Awaited<ReturnType<typeof pool.run>>;
  try {
    if (hooks.signal?.aborted) stop();
    outcome = await pool.run(load, plan.threads);
  } finally {
    clearInterval(timer);
    hooks.signal?.removeEventListener('abort', stop);
    process.off('exit', stop);
  }
  const report = finish(addon, load, outcome.failed);
  // Reaching its number is an end like any other.
  if (enough) report.stopped = hooks.signal?.aborted ?? false;
  return report;
}

function create(addon: LoadAddon, plan: LoadPlan): number {
  try {
    return addon.createLoad(JSON.stringify(plan));
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === 'CONNECT_FAILED') throw failure({ code, message });
    throw new BenchError('LOAD', `the load generator refuses the plan: ${message}`, error);
  }
}

function finish(addon: LoadAddon, load: number, failed: { code: string; message: string } | undefined): LoadReport {
  let text: string | undefined;
  try {
    text = addon.finishLoad(load);
  } catch (error) {
    if (!failed) throw error;
  }
  if (failed) throw failure(failed);
  return JSON.parse(text as string) as LoadReport;
}

function failure({ code, message }: { code: string; message: string }): BenchError {
  switch (code) {
    case 'CONNECT_FAILED':
      return new BenchError('UNREACHABLE', ABSENT.test(message) ? `${message}; ${NAME_IT}` : message);
    case 'AUTH_REFUSED':
      return authRefused('the server', message);
    default:
      return new BenchError('LOAD', message);
  }
}
