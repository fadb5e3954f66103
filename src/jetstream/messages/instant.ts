/** Points in time with nanoseconds, as RFC 3339 has them. Pure functions. */

export interface Instant {
  /** Since 1970. */
  readonly nanos: bigint;
  /** In which zone it is told: minutes east of UTC. */
  readonly offset: number;
}

const BILLION = 1_000_000_000n;

/** What Go has for a time that is not set: the first of January of the year 1. */
export const ZERO_INSTANT: Instant = { nanos: -62_135_596_800n * BILLION, offset: 0 };

/** As Go reads it: an hour of one digit and a comma before the fraction are taken. */
const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Undefined: not RFC 3339, or no such day or hour. Digits behind the ninth of a fraction are dropped. */
export function parseInstant(text: string): Instant | undefined {
  const [whole, year = '', month = '', day = '', hour = '', minute = '', second = '', ...rest] = FORM.exec(text) ?? [];
  const [fraction = '', sign = '+', zoneHours = '0', zoneMinutes = '0'] = rest;
  if (whole === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return undefined;
  const date = new Date(`${year}-${month}-${day}T${hour.padStart(2, '0')}:${minute}:${second}Z`);
  // A day that the month does not have is moved into the next one.
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return undefined;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1);
  const seconds = BigInt(date.getTime() / 1000) - BigInt(offset * 60);
  return { nanos: seconds * BILLION + BigInt(fraction.slice(0, 9).padEnd(9, '0')), offset };
}

/** With the fraction as long as it has to be. */
export function instantText({ nanos, offset }: Instant): string {
  const local = nanos + BigInt(offset * 60) * BILLION;
  const fraction = ((local % BILLION) + BILLION) % BILLION;
  const seconds = (local - fraction) / BILLION;
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const digits = String(fraction).padStart(9, '0').replace(/0+$/, '');
  return `${date}${digits && `.${digits}`}${zoneText(offset)}`;
}

function zoneText(offset: number): string {
  if (offset === 0) return 'Z';
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
