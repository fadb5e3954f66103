/**
 * The staged close of lame duck mode: after the grace period clients are closed one by one over the rest of the duration,
 * so that they do not all reconnect to other servers at once.
 *
 * Decides when a client is closed; the caller closes it. Clock and random numbers are parameters.
 */
import { setTimeout as delay } from 'node:timers/promises';

const STEP_MAX_MS = 1000;

export interface LameDuckDeps {
  /** From the request to the last close. */
  durationMs: number;
  /** Before the first close. */
  graceMs: number;
  /** The clients still connected once the grace period is over. */
  clients(): number[];
  close(cid: number): void;
  log(text: string): void;
  /** Ends the waiting early; the promise then settles without closing the rest. */
  signal: AbortSignal;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
}

export async function closeInStages(deps: LameDuckDeps): Promise<void> {
  const { signal, random = Math.random, sleep = sleepFor } = deps;
  await sleep(deps.graceMs, signal);
  if (signal.aborted) return;
  deps.log('Closing existing clients');
  const clients = deps.clients();
  const spreadMs = Math.max(deps.durationMs - deps.graceMs, STEP_MAX_MS);
  const stepMs = Math.min(spreadMs / Math.max(clients.length, 1), STEP_MAX_MS);
  let dueMs = 0;
  for (const [i, cid] of clients.entries()) {
    deps.close(cid);
    if (i === clients.length - 1) break;
    // Timers have a resolution of a millisecond: with very many clients several are closed between two sleeps.
    dueMs += stepMs / 2 + (random() * stepMs) / 2;
    if (dueMs < 1) continue;
    await sleep(dueMs, signal);
    if (signal.aborted) return;
    dueMs = 0;
  }
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
