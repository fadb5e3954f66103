/**
 * Reads the values of flags: counts, rates, sizes, durations, headers.
 *
 * Every reader returns the value or throws a `ValueError` whose message says which form is expected. Sizes follow
 * `nats bench`: K, M and G are powers of 1024.
 */
import { DurationError, parseDuration } from '../../config/duration.js';
import type { SizePlan } from '../../native/load-contract.js';

export class ValueError extends Error {
  override readonly name = 'ValueError';
}

const COUNT_FACTORS: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
const SIZE_FACTORS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** The largest limit that a NATS server can be configured with. */
const SIZE_MAX = 64 * 1024 ** 2;

/** `2000000`, `2_000_000`, `2M`, `1.5k`. */
export function readCount(text: string): number {
  const found = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text.replaceAll('_', ''));
  const value = Number(found?.[1]) * (COUNT_FACTORS[found?.[2]?.toLowerCase() ?? ''] ?? 1);
  if (!found || !Number.isSafeInteger(value)) throw new ValueError('is no whole number such as 100000, 100k or 2M');
  return value;
}

export function readPositive(text: string): number {
  const value = readCount(text);
  if (value === 0) throw new ValueError('has to be at least 1');
  return value;
}

/** Messages per second: `50000`, `50k`, `50k/s`. */
export function readRate(text: string): number {
  const value = readCount(text.replace(/\/s$/, ''));
  if (value === 0) throw new ValueError('has to be at least 1 per second');
  return value;
}

/** Milliseconds, above 0. */
export function readDuration(text: string): number {
  const value = readPause(text);
  if (value === 0) throw new ValueError('has to be above 0');
  return value;
}

/** Milliseconds. */
export function readPause(text: string): number {
  try {
    const value = parseDuration(text);
    if (value < 0) throw new ValueError('is negative');
    return value;
  } catch (error) {
    if (error instanceof DurationError) throw new ValueError('is no duration such as 500ms, 10s or 1m30s');
    throw error;
  }
}

/** Bytes: `128`, `128B`, `1KB`, `1MiB`. */
export function readBytes(text: string): number {
  const found = /^(\d+(?:\.\d+)?)([kmg]?)i?b?$/i.exec(text);
  const value = Number(found?.[1]) * (SIZE_FACTORS[found?.[2]?.toLowerCase() ?? ''] ?? 1);
  if (!found || !Number.isSafeInteger(value)) throw new ValueError('is no size such as 128, 1KB or 1MB');
  return value;
}

/** `128`, `16..1024` (even between the two), `16:90,4096:10` (by weight). */
export function readSize(text: string): SizePlan {
  const limit = (value: number): number => {
    if (value > SIZE_MAX) throw new ValueError('is above 64 MB, the largest payload a NATS server takes');
    return value;
  };
  const range = /^(.+?)\.\.(.+)$/.exec(text);
  if (range) {
    const [min, max] = [limit(readBytes(range[1] as string)), limit(readBytes(range[2] as string))];
    if (min > max) throw new ValueError('begins above its end');
    return { min, max };
  }
  if (!text.includes(':')) return { fixed: limit(readBytes(text)) };
  const sizes: number[] = [];
  const weights: number[] = [];
  for (const part of text.split(',')) {
    const [size = '', weight = '', ...more] = part.split(':');
    if (more.length > 0 || !/^\d+(\.\d+)?$/.test(weight)) {
      throw new ValueError('is no distribution such as 16:90,4096:10 (size:weight)');
    }
    const bytes = limit(readBytes(size.trim()));
    // What is never drawn is no size of this run.
    if (Number(weight) === 0) continue;
    sizes.push(bytes);
    weights.push(Number(weight));
  }
  if (sizes.length === 0) throw new ValueError('has no weight above 0');
  return { sizes, weights };
}

/** `Name:value`. */
export function readHeader(text: string): [string, string] {
  const at = text.indexOf(':');
  const name = text.slice(0, at);
  if (at < 1 || /[\s\r\n]/.test(name) || /[\r\n]/.test(text)) throw new ValueError('is no header such as Name:value');
  return [name, text.slice(at + 1).trim()];
}

/** The smallest and largest payload of a plan. */
export function sizeRange(size: SizePlan): { min: number; max: number } {
  if ('fixed' in size) return { min: size.fixed, max: size.fixed };
  if ('min' in size) return size;
  return { min: Math.min(...size.sizes), max: Math.max(...size.sizes) };
}

/** For titles: `16 B`, `4 KiB`, `16 B to 1 KiB`. */
export function sizeText(size: SizePlan): string {
  const { min, max } = sizeRange(size);
  if (min === max) return bytesText(min);
  return `${'sizes' in size ? 'mix of ' : ''}${bytesText(min)} to ${bytesText(max)}`;
}

export function bytesText(bytes: number): string {
  if (bytes >= 1024 ** 2 && bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2} MiB`;
  return bytes >= 1024 && bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} B`;
}
