/**
 * Keeps a storm of one complaint from filling the log: the first few are written, the rest are counted, and the count is
 * written when their time is over. Only errors and warnings are held to it.
 *
 * Two lines count as the same complaint when they differ in nothing but numbers, quoted names and whose connection they
 * are about.
 */
import type { LogEntry, LogLevel } from './entry.js';

export interface RepeatLimits {
  /** How many of a kind are written in one period. */
  burst: number;
  periodMs: number;
  /** Kinds that are kept apart; what comes above is written as it is. */
  kindsMax: number;
}

const LIMITS: RepeatLimits = { burst: 10, periodMs: 10_000, kindsMax: 256 };

interface Period {
  level: LogLevel;
  beganMs: number;
  written: number;
  held: number;
  /** The last that was held back, without whose it was. */
  last: string;
  timer?: NodeJS.Timeout;
}

export class RepeatLimiter {
  readonly #write: (entry: LogEntry) => void;
  readonly #limits: RepeatLimits;
  readonly #periods = new Map<string, Period>();

  constructor(write: (entry: LogEntry) => void, limits: RepeatLimits = LIMITS) {
    this.#write = write;
    this.#limits = limits;
  }

  /** False: counted instead. */
  admit({ level, text, timeMs }: LogEntry): boolean {
    if (level !== 'ERR' && level !== 'WRN') return true;
    const complaint = text.replace(/^\S+ - [a-z]{3}:\d+ - /, '');
    const kind = `${level} ${complaint.replace(/"(?:[^"\\]|\\.)*"/g, '"').replace(/\d+/g, '#')}`;
    const period = this.#period(kind, level, timeMs);
    if (!period) return true;
    if (period.written < this.#limits.burst) {
      period.written += 1;
      return true;
    }
    period.held += 1;
    period.last = complaint;
    period.timer ??= setTimeout(() => this.#close(kind, period), this.#limits.periodMs).unref();
    return false;
  }

  /** Tells what is still held back. */
  end(): void {
    for (const [kind, period] of this.#periods) this.#close(kind, period);
  }

  #period(kind: string, level: LogLevel, nowMs: number): Period | undefined {
    const known = this.#periods.get(kind);
    // One with a timer ends by that.
    if (known && (known.timer || Math.abs(nowMs - known.beganMs) < this.#limits.periodMs)) return known;
    if (!known && this.#periods.size >= this.#limits.kindsMax) this.#forget(nowMs);
    if (!known && this.#periods.size >= this.#limits.kindsMax) return undefined;
    const period: Period = { level, beganMs: nowMs, written: 0, held: 0, last: '' };
    this.#periods.set(kind, period);
    return period;
  }

  /** Makes room by letting go of those that are over. */
  #forget(nowMs: number): void {
    for (const [kind, { timer, beganMs }] of this.#periods) {
      if (!timer && Math.abs(nowMs - beganMs) >= this.#limits.periodMs) this.#periods.delete(kind);
    }
  }

  #close(kind: string, { level, held, last, timer, beganMs }: Period): void {
    clearTimeout(timer);
    this.#periods.delete(kind);
    if (held === 0) return;
    const timeMs = Date.now();
    const seconds = Math.max(1, Math.round((timeMs - beganMs) / 1000));
    this.#write({ level, text: `${held} more like this in the last ${seconds}s: ${last}`, timeMs });
  }
}
