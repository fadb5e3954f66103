/**
 * Writes durations, uptimes, times and JSON as Go does, for programs that parse the answers of nats-server. Pure functions.
 */

import { randomUUID } from 'node:crypto';

/** `time.Duration.String()`: `1m30s`, `300.97ms`, `42µs`, `0s`. */
export function goDuration(nanos: number): string {
  const ns = Math.trunc(nanos);
  if (ns === 0) return '0s';
  if (ns < 0) return `-${goDuration(-ns)}`;
  if (ns < 1_000) return `${ns}ns`;
  if (ns < 1_000_000) return `${decimal(ns, 3)}µs`;
  if (ns < 1_000_000_000) return `${decimal(ns, 6)}ms`;
  const minutes = Math.floor(ns / 60_000_000_000);
  const seconds = `${decimal(ns % 60_000_000_000, 9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

/** `value` with its last `places` digits as decimals. */
function decimal(value: number, places: number): string {
  const unit = 10 ** places;
  return `${Math.floor(value / unit)}${fraction(value % unit, places)}`;
}

/** A point and `value` as that many decimals, without zeros at the end; nothing for zero. */
function fraction(value: number, places: number): string {
  if (value === 0) return '';
  let [digits, length] = [value, places];
  for (; digits % 10 === 0; length -= 1) digits /= 10;
  return `.${String(digits).padStart(length, '0')}`;
}

/** Whole seconds as `1y2d3h4m5s`, beginning with the largest unit that is not zero. */
export function uptime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);
  if (years > 0) return `${years}y${days % 365}d${hours % 24}h${minutes % 60}m${seconds % 60}s`;
  if (days > 0) return `${days}d${hours % 24}h${minutes % 60}m${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`;
  if (minutes > 0) return `${minutes}m${seconds % 60}s`;
  return `${seconds}s`;
}

/** RFC 3339 in UTC with the fraction trimmed, as `time.RFC3339Nano`; microseconds are what the clock gives. */
export function rfc3339(ms: number): string {
  const micros = Math.round(ms * 1000);
  const second = Math.floor(micros / 1_000_000);
  return `${dateAndTime(second)}${fraction(micros - second * 1_000_000, 6)}Z`;
}

/** Most times in an answer or event are of few seconds, and of the same as in the one before. A power of two. */
const SECONDS_KEPT = 16;
const seconds = Array.from({ length: SECONDS_KEPT }, () => ({ number: Number.NaN, text: '' }));

function dateAndTime(second: number): string {
  const kept = seconds[second & (SECONDS_KEPT - 1)] as { number: number; text: string };
  if (kept.number !== second) {
    kept.text = new Date(second * 1000).toISOString().slice(0, 19);
    kept.number = second;
  }
  return kept.text;
}

const HTML_ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** Stands before the digits of a bigint until the text is complete; no value from outside can contain it. */
const INTEGER_MARK = randomUUID();
const MARKED_INTEGER = new RegExp(`"${INTEGER_MARK}(-?\\d+)"`, 'g');

/** `json.MarshalIndent` with two blanks: characters that mean something to HTML are escaped; bigints are numbers. */
export function goJson(value: unknown, indent = 2): string {
  return stringify(value, indent).replace(/[<>&\u2028\u2029]/g, (c) => HTML_ESCAPES[c] as string);
}

/** Hardly anything contains a bigint, and looking at each value takes several times as long as writing it. */
function stringify(value: unknown, indent: number): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch {
    const marked = (_: string, inner: unknown) => (typeof inner === 'bigint' ? `${INTEGER_MARK}${inner}` : inner);
    return JSON.stringify(value, marked, indent).replace(MARKED_INTEGER, '$1');
  }
}
