/**
 * The end that containers expect after SIGTERM: clients are told, get time to move elsewhere on their own, and those that
 * did not are closed one by one. Within the time given everything is over, the stop that follows included.
 *
 * Decides when and tells how many clients remain; the caller tells the clients, closes them and stops. Time comes in as
 * a parameter.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration } from '../config/index.js';

/** The stop itself: what waits for clients is still written to them. At most a quarter of the time. */
const STOP_MS = 1500;
const LOOK_MS = 50;
const PROGRESS_MS = 1000;

export interface GraceDeps {
  /** From the request to the end of the process. */
  graceMs: number;
  /** How many clients there are. */
  count(): number;
  /** Which. */
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
  // The last ones need a moment to be gone.
  const closingMs = Math.max(usableMs / 2 - 4 * LOOK_MS, usableMs / 4);
  const first = deps.count();
  log(`Shutting down within ${formatDuration(graceMs)}, ${clientsText(first)} to move elsewhere`);
  let told = { count: first, atMs: beganMs };
  /** What is still to be closed, once those that move on their own had half of the time. */
  let rest: number[] | undefined;
  let restCount = 0;
  for (;;) {
    const elapsedMs = nowMs() - beganMs;
    const count = deps.count();
    if (signal.aborted || count === 0 || elapsedMs >= usableMs) break;
    if (nowMs() - told.atMs >= PROGRESS_MS && count !== told.count) {
      log(`${clientsText(count)} of ${first} remain`);
      told = { count, atMs: nowMs() };
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
    await sleep(LOOK_MS, signal);
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
