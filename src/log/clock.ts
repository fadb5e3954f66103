/**
 * Wall-clock time with microseconds.
 *
 * `Date.now()` has milliseconds only; the monotonic clock is finer, but does not follow when the wall clock is set. So
 * the monotonic clock is added to a base, which is set again whenever the sum differs from the wall clock.
 */

const DRIFT_MAX_MS = 2;

let baseMs = performance.timeOrigin;

/** Milliseconds since the epoch with a fraction (microseconds are meaningful). */
export function nowMs(): number {
  const wall = Date.now();
  const fine = baseMs + performance.now();
  if (Math.abs(fine - wall) <= DRIFT_MAX_MS) return fine;
  baseMs = wall - performance.now();
  return wall;
}
