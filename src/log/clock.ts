/**
 * Wall-clock time finer than a millisecond.
 *
 * `Date.now()` ticks in milliseconds, the monotonic clock in nanoseconds but drifts away from the wall when somebody
 * sets the time. So: the monotonic clock, anchored to the wall, and anchored anew whenever the two disagree.
 */

const DRIFT_MAX_MS = 2;

let anchorMs = performance.timeOrigin;

/** Milliseconds since the epoch with a fraction (microseconds are meaningful). */
export function nowMs(): number {
  const wall = Date.now();
  const fine = anchorMs + performance.now();
  if (Math.abs(fine - wall) <= DRIFT_MAX_MS) return fine;
  anchorMs = wall - performance.now();
  return wall;
}
