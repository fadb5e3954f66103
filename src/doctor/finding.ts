/** The result of a check: one sentence, and for a warning or problem one more that says what to do. */

export type Level = 'ok' | 'warning' | 'problem';

export interface Finding {
  /** `open files`, `listener 0.0.0.0:4222`. */
  readonly check: string;
  readonly level: Level;
  readonly message: string;
  /** What to do; absent for `ok`. */
  readonly todo?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, level: 'ok', message };
}

export function warning(check: string, message: string, todo: string): Finding {
  return { check, level: 'warning', message, todo };
}

export function problem(check: string, message: string, todo: string): Finding {
  return { check, level: 'problem', message, todo };
}

/** `1.5 GiB`, for messages. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${units[at]}`;
}
