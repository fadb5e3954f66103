/**
 * Numbers of 64 bits that JavaScript's numbers can't hold to the last digit. The broker reads the nearest number; what
 * shows an option asks here for all of its digits.
 */

type Values = Record<string, unknown>;

/** By the path of the value in the resolved options; durations are in nanoseconds. */
export type Exact = Readonly<Record<string, bigint>>;

/** The values with numbers in the place of bigints, and these beside them. */
export function withoutBigints(values: Values): { values: Values; exact?: Exact } {
  const exact: Record<string, bigint> = {};
  const rounded = round(values, '', exact) as Values;
  return { values: rounded, ...(Object.keys(exact).length > 0 && { exact }) };
}

function round(value: unknown, path: string, exact: Record<string, bigint>): unknown {
  if (typeof value === 'bigint') {
    exact[path] = value;
    return path.endsWith('Ms') ? Number(value) / 1e6 : Number(value);
  }
  if (Array.isArray(value)) return value.map((entry, index) => round(entry, `${path}.${index}`, exact));
  if (typeof value !== 'object' || value === null) return value;
  const under = (key: string) => (path === '' ? key : `${path}.${key}`);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, round(inner, under(key), exact)]));
}

/** A whole number to the last digit. */
export function exactInteger(options: { exact?: Exact }, path: string): number | bigint {
  return options.exact?.[path] ?? Number(at(options, path));
}

/** A duration in whole nanoseconds, to the last digit. */
export function exactNanoseconds(options: { exact?: Exact }, path: string): number | bigint {
  return options.exact?.[path] ?? Math.round(Number(at(options, path)) * 1e6);
}

function at(options: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Values | undefined)?.[key], options);
}
