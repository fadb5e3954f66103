/**
 * Waiting with a deadline: every wait in the tests names what it waits for and fails with that name.
 * Never used to assert how fast something is; the deadlines are generous.
 */

/** How long a test waits for an event before it gives up: less than a test may take, so that the wait is named. */
export const DEADLINE_MS = 20_000;

/** How long building a foreign tool may take: Go compiles its own tools, too, when its cache is empty. */
export const TOOL_BUILD_MS = 300_000;

export class DeadlineError extends Error {
  constructor(what: string, ms: number) {
    super(`gave up after ${ms} ms waiting for ${what}`);
    this.name = 'DeadlineError';
  }
}

/** `what` may be a function, for those who can say more by the time they give up. */
export async function withDeadline<T>(
  promise: Promise<T>,
  what: string | (() => string),
  ms = DEADLINE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(typeof what === 'string' ? what : what(), ms)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Polls until `probe` returns something other than undefined. For state that sends no event. */
export async function until<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  what: string,
  ms = DEADLINE_MS,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new DeadlineError(what, ms);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Calls `check` until none of its assertions fails; at the deadline the last failure is thrown. For numbers that follow
 * a moment after the event: each call compares all of them.
 */
export async function settled<T>(check: () => Promise<T> | T, ms = DEADLINE_MS): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
