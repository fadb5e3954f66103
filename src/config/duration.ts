/**
 * Durations as Go writes them: `1h30m`, `250ms`, `1.5s`. Kept in milliseconds, fractions included.
 *
 * Error texts are those of the reference, because they end up in front of operators. Never reads a clock.
 */

import { quote } from './text.js';

/** Text that is not a duration. `message` names what is wrong with it. */
export class DurationError extends Error {
  override readonly name = 'DurationError';
}

const NANOSECONDS = new Map<string, bigint>([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const NANOSECONDS_MAX = 2n ** 63n;
/** More decimals than this are below a nanosecond in every unit. */
const DECIMALS_MAX = 18;

/** Milliseconds of a duration such as `2m30s`; throws `DurationError`. */
export function parseDuration(text: string): number {
  return Number(nanoseconds(text)) / 1e6;
}

/** Whether a number can hold these nanoseconds: up to 104 days. */
export function isExact(duration: bigint): boolean {
  return Number.isSafeInteger(Number(duration));
}

/** The same in nanoseconds, to the last digit. */
export function nanoseconds(text: string): bigint {
  const invalid = () => new DurationError(`time: invalid duration ${quote(text)}`);
  const negative = text.startsWith('-');
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return 0n;
  if (rest === '') throw invalid();

  let total = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const whole = number?.[1] ?? '';
    const decimals = number?.[2] ?? '';
    if (whole === '' && decimals === '') throw invalid();
    rest = rest.slice(number?.[0].length ?? 0);
    const unit = /^[^\d.]*/.exec(rest)?.[0] ?? '';
    if (unit === '') throw new DurationError(`time: missing unit in duration ${quote(text)}`);
    const scale = NANOSECONDS.get(unit);
    if (scale === undefined) throw new DurationError(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    rest = rest.slice(unit.length);
    // A number of this many digits overflows in any unit; refusing it here keeps the arithmetic small.
    if (whole.replace(/^0+/, '').length > 19) throw invalid();
    const kept = decimals.slice(0, DECIMALS_MAX);
    total += BigInt(whole || '0') * scale;
    total += (BigInt(kept || '0') * scale) / 10n ** BigInt(kept.length);
    if (total > NANOSECONDS_MAX || (total === NANOSECONDS_MAX && !negative)) throw invalid();
  }
  return negative ? -total : total;
}

/** The way Go prints a duration: `2m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  const nanoseconds = Math.round(Math.abs(milliseconds) * 1e6);
  const sign = milliseconds < 0 && nanoseconds > 0 ? '-' : '';
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${sign}${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${sign}${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${sign}${nanoseconds / 1e6}ms`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${(nanoseconds - minutes * 60e9) / 1e9}s`;
  if (minutes === 0) return `${sign}${seconds}`;
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours > 0 ? `${hours}h` : ''}${minutes % 60}m${seconds}`;
}
