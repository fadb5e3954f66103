/**
 * Numbers as people read them: three significant digits, one style for terminal and page. Owns every unit's spelling;
 * never decides what is shown. `null` and what is no finite number read `–`, so "not measured" never looks like zero.
 */

export type Maybe = number | null | undefined;

export const ABSENT = '–';

/** `12.5 M`, `320 k`, `843`. */
export function quantity(value: Maybe): string {
  return scaled(value, 1000, ['', ' k', ' M', ' G', ' T'], '');
}

/** `12.5 M/s`. */
export function rate(value: Maybe): string {
  return scaled(value, 1000, ['/s', ' k/s', ' M/s', ' G/s', ' T/s'], '/s');
}

/** `200 MB/s`: decimal, as networks count. */
export function byteRate(value: Maybe): string {
  return scaled(value, 1000, [' B/s', ' kB/s', ' MB/s', ' GB/s', ' TB/s'], ' B/s');
}

/** `78.1 MiB`: binary, as memory counts. */
export function bytes(value: Maybe): string {
  return scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB'], ' B');
}

/** `84 µs`, `1.25 ms`, `2.30 s`. */
export function micros(value: Maybe): string {
  if (!isNumber(value)) return ABSENT;
  if (value > 0 && value < 1) return `${digits(value * 1000)} ns`;
  if (round3(value) < 1000) return `${digits(value)} µs`;
  if (round3(value) < 1e6) return `${digits(value / 1000, true)} ms`;
  return `${digits(value / 1e6, true)} s`;
}

/** `0.031`: CPU seconds and other small figures without a prefix. */
export function plain(value: Maybe): string {
  return isNumber(value) ? digits(value, true) : ABSENT;
}

/** `2,000,000`: exact counts. */
export function count(value: Maybe): string {
  return isNumber(value) ? Math.round(value).toLocaleString('en-US') : ABSENT;
}

/** `1 message`, `12 messages`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** A formatted value at an axis, where `1.00 M/s` is `1 M/s`. */
export function tick(text: string): string {
  return text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}

/** `13.9×`. */
export function times(value: Maybe): string {
  return isNumber(value) ? `${digits(value, true)}×` : ABSENT;
}

/** `±1.2 %` of the mean; empty where a single repeat says nothing about its spread. */
export function plusMinus(spread: { n: number; mean: number; low: number; high: number } | null | undefined): string {
  if (!spread || spread.n < 2 || !(spread.mean > 0)) return '';
  const half = ((spread.high - spread.low) / 2 / spread.mean) * 100;
  if (!Number.isFinite(half)) return '';
  return `±${half >= 9.95 ? Math.round(half) : half.toFixed(1)} %`;
}

/** `12.5 s`, `3 min 20 s`. */
export function seconds(value: Maybe): string {
  if (!isNumber(value)) return ABSENT;
  if (value < 120) return micros(value * 1e6);
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** `p99.9` for 0.999; the ends are `min` and `max`. */
export function percentile(fraction: number): string {
  if (fraction <= 0) return 'min';
  if (fraction >= 1) return 'max';
  return `p${Number((fraction * 100).toPrecision(9))}`;
}

function scaled(value: Maybe, step: number, units: readonly string[], zero: string): string {
  if (!isNumber(value)) return ABSENT;
  if (value === 0) return `0${zero}`;
  let size = Math.abs(value);
  let unit = 0;
  // Rounding comes first: 999,600 is `1.00 M`, never `1000 k`.
  while (round3(size) >= 1000 && unit < units.length - 1) {
    size /= step;
    unit += 1;
  }
  return `${value < 0 ? '-' : ''}${digits(size, unit > 0)}${units[unit]}`;
}

/** Three significant digits; whole numbers stay whole unless `fixed` asks for a steady width. */
function digits(value: number, fixed = false): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 999.5) return count(value);
  if (!fixed && Number.isInteger(value)) return String(value);
  if (size < 0.0001) return value.toExponential(1);
  return Number(value.toPrecision(3)).toFixed(Math.max(0, 2 - Math.floor(Math.log10(round3(size)))));
}

const round3 = (value: number): number => Number(value.toPrecision(3));

function isNumber(value: Maybe): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
