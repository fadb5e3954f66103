/**
 * Turns a log entry into the line that operators and their tools know:
 * `[pid] 2026/11/21 01:25:52.065778 [INF] message`. Pure; no clock, no file.
 */
import type { LogEntry, LogLevel } from './entry.js';

export interface LineFormat {
  pid: number;
  /** False leaves date and time out. */
  time: boolean;
  utc: boolean;
  /** Colours the label; for terminals only. */
  colours: boolean;
}

const COLOURS: Record<LogLevel, string> = {
  INF: '32',
  DBG: '36',
  WRN: '0;93',
  ERR: '31',
  FTL: '31',
  TRC: '33',
};

export function formatLine(entry: LogEntry, format: LineFormat): string {
  const label = format.colours ? `\u001b[${COLOURS[entry.level]}m${entry.level}\u001b[0m` : entry.level;
  const time = format.time ? `${formatTime(entry.timeMs, format.utc)} ` : '';
  return `[${format.pid}] ${time}[${label}] ${entry.text}\n`;
}

/** `2026/11/21 01:25:52.065778` */
export function formatTime(timeMs: number, utc: boolean): string {
  const micros = Math.floor((timeMs - Math.floor(timeMs)) * 1000);
  const d = new Date(Math.floor(timeMs));
  const [year, month, day, hour, minute, second, milli] = utc
    ? [
        d.getUTCFullYear(),
        d.getUTCMonth(),
        d.getUTCDate(),
        d.getUTCHours(),
        d.getUTCMinutes(),
        d.getUTCSeconds(),
        d.getUTCMilliseconds(),
      ]
    : [d.getFullYear(), d.getMonth(), d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds(), d.getMilliseconds()];
  const date = `${year}/${two(month + 1)}/${two(day)}`;
  return `${date} ${two(hour)}:${two(minute)}:${two(second)}.${three(milli)}${three(micros)}`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : `${n}`;
}

function three(n: number): string {
  return n < 10 ? `00${n}` : n < 100 ? `0${n}` : `${n}`;
}
