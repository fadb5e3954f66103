/**
 * Limits repeated errors and warnings: the first few of a kind are written, the others are counted, and their number is
 * written at the end of the period. Other levels are not limited.
 *
 * Two lines are of the same kind when they differ only in numbers, quoted names and the connection they are about.
 */
import type { LogEntry, LogLevel } from './entry.js';

export interface RepeatLimits {
  /** How many of a kind are written in one period. */
  burst: number;
  periodMs: number;
  /** How many kinds are tracked; lines of further kinds are written without a limit. */
  kindsMax: number;
}

const LIMITS: RepeatLimits = { burst: 10, periodMs: 10_000, kindsMax: 256 };

interface Period {
  level: LogLevel;
  beganMs: number;
  written: number;
  suppressed: number;
  /** The last suppressed line, without its connection. */
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

  /** False when the line is counted instead of written. */
  admit({ level, text, timeMs }: LogEntry): boolean {
    if (level !== 'ERR' && level !== 'WRN') return true;
    const message = text.replace(/^\S+ - [a-z]{3}:\d+ - /, '');
    const kind = `${level} ${message.replace(/"(?:[^"\\]|\\.)*"/g, '"').replace(/\d+/g, '#')}`;
    const period = this.#period(kind, level, timeMs);
    if (!period) return true;
    if (period.written < this.#limits.burst) {
      period.written += 1;
      return true;
    }
    period.suppressed += 1;
    period.last = message;
    period.timer ??= setTimeout(() => this.#close(kind, period), this.#limits.periodMs).unref();
    return false;
  }

  /** Writes the numbers of all suppressed lines. */
  end(): void {
    for (const [kind, period] of this.#periods) this.#close(kind, period);
  }

  #period(kind: string, level: LogLevel, nowMs: number): Period | undefined {
    const known = this.#periods.get(kind);
    // A period with a timer ends with it.
    if (known && (known.timer || Math.abs(nowMs - known.beganMs) < this.#limits.periodMs)) return known;
    if (!known && this.#periods.size >= this.#limits.kindsMax) this.#evict(nowMs);
    if (!known && this.#periods.size >= this.#limits.kindsMax) return undefined;
    const period: Period = { level, beganMs: nowMs, written: 0, suppressed: 0, last: '' };
    this.#periods.set(kind, period);
    return period;
  }

  /** Removes the periods that are over. */
  #evict(nowMs: number): void {
    for (const [kind, { timer, beganMs }] of this.#periods) {
      if (!timer && Math.abs(nowMs - beganMs) >= this.#limits.periodMs) this.#periods.delete(kind);
    }
  }

  #close(kind: string, { level, suppressed, last, timer, beganMs }: Period): void {
    clearTimeout(timer);
    this.#periods.delete(kind);
    if (suppressed === 0) return;
    const timeMs = Date.now();
    const seconds = Math.max(1, Math.round((timeMs - beganMs) / 1000));
    this.#write({ level, text: `${suppressed} more like this in the last ${seconds}s: ${last}`, timeMs });
  }
}
