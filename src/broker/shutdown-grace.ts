/**
 * The graceful shutdown that containers expect after SIGTERM: clients get half of the time to move to another server; the
 * remaining ones are then closed one by one. All of it, the stop that follows included, fits into the given time.
 *
 * Decides when clients are closed and logs how many remain; the caller notifies clients, closes them and stops. The clock
 * is a parameter.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration } from '../config/index.js';

/** Reserved for the stop itself, which still writes pending data to clients; at most a quarter of the time. */
const STOP_MS = 1500;
const POLL_MS = 50;
const PROGRESS_MS = 1000;

export interface GraceDeps {
  /** From the request to the end of the process. */
  graceMs: number;
  /** How many clients are connected. */
  count(): number;
  /** Their connection numbers. */
  clients(): number[];
  close(cid: number): void;
  log(text: string): void;
  /** Ends the waiting early; the promise then settles without closing the rest. */
  signal: AbortSignal;
  nowMs?: () => number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export async function drainWithin(deps: GraceDeps): Promise<void> {
  const { graceMs, signal, log, nowMs = () => performance.now(), sleep = sleepFor } = deps;
  const beganMs = nowMs();
  const usableMs = graceMs - Math.min(STOP_MS, graceMs / 4);
  // Ends a few polls early: a closed client is counted until its connection is gone.
  const closingMs = Math.max(usableMs / 2 - 4 * POLL_MS, usableMs / 4);
  const first = deps.count();
  log(`Shutting down within ${formatDuration(graceMs)}, ${clientsText(first)} to move elsewhere`);
  let lastReport = { count: first, atMs: beganMs };
  /** The clients to close in the second half of the time. */
  let rest: number[] | undefined;
  let restCount = 0;
  for (;;) {
    const elapsedMs = nowMs() - beganMs;
    const count = deps.count();
    if (signal.aborted || count === 0 || elapsedMs >= usableMs) break;
    if (nowMs() - lastReport.atMs >= PROGRESS_MS && count !== lastReport.count) {
      log(`${clientsText(count)} of ${first} remain`);
      lastReport = { count, atMs: nowMs() };
    }
    if (elapsedMs >= usableMs / 2) {
      if (!rest) {
        rest = deps.clients().reverse();
        restCount = rest.length;
        log(`Closing existing clients, ${count} of ${first} remain`);
      }
      const due = Math.min(restCount, Math.ceil(((elapsedMs - usableMs / 2) / closingMs) * restCount));
      while (restCount - rest.length < due) deps.close(rest.pop() as number);
    }
    await sleep(POLL_MS, signal);
  }
  if (signal.aborted) return;
  const left = deps.count();
  log(left === 0 ? 'All clients are gone' : `${clientsText(left)} of ${first} remain at the end, closing them now`);
}

function clientsText(count: number): string {
  return `${count} client${count === 1 ? '' : 's'}`;
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
