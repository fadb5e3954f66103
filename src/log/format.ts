/**
 * Formats a log entry as nats-server does, `[pid] 2026/11/21 01:25:52.065778 [INF] message`, or as a JSON object. Pure
 * functions.
 */
import type { LogEntry, LogLevel } from './entry.js';
import { connectionFields } from './fields.js';

export interface LineFormat {
  pid: number;
  /** False omits date and time. */
  time: boolean;
  utc: boolean;
  /** Colours the label; for terminals only. */
  colours: boolean;
  /** A JSON object per line. */
  json: boolean;
}

const COLOURS: Record<LogLevel, string> = {
  INF: '32',
  DBG: '36',
  WRN: '0;93',
  ERR: '31',
  FTL: '31',
  TRC: '33',
};

/** The names that log collectors use. */
const LEVELS: Record<LogLevel, string> = {
  INF: 'info',
  DBG: 'debug',
  WRN: 'warn',
  ERR: 'error',
  FTL: 'fatal',
  TRC: 'trace',
};

/** `end` is what the line ends with; JSON always ends with a line feed. */
export function formatLine(entry: LogEntry, format: LineFormat, end = '\n'): string {
  if (format.json) return `${formatJson(entry, format)}\n`;
  const label = format.colours ? `\u001b[${COLOURS[entry.level]}m${entry.level}\u001b[0m` : entry.level;
  const time = format.time ? `${formatTime(entry.timeMs, format.utc)} ` : '';
  return `[${format.pid}] ${time}[${label}] ${entry.text}${end}`;
}

/** `{"time":"2026-11-21T01:25:52.065778Z","level":"info","pid":1,"msg":"…"}` and the fields of its connection. */
export function formatJson({ level, text, timeMs }: LogEntry, { pid, time, utc }: Omit<LineFormat, 'colours'>): string {
  return JSON.stringify({
    ...(time && { time: rfc3339(timeMs, utc) }),
    level: LEVELS[level],
    pid,
    msg: text,
    ...connectionFields(text),
  });
}

/** `2026-11-21T01:25:52.065778+01:00` */
export function rfc3339(timeMs: number, utc: boolean, fraction = true): string {
  const [date = '', clock = ''] = formatTime(timeMs, utc).split(' ');
  const minutes = utc ? 0 : -new Date(timeMs).getTimezoneOffset();
  const size = Math.abs(minutes);
  const zone = minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${date.replaceAll('/', '-')}T${fraction ? clock : clock.slice(0, 8)}${zone}`;
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
