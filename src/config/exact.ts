/**
 * Numbers of 64 bits that JavaScript's numbers can't hold to the last digit. The broker reads the nearest number; what
 * shows an option asks here for all of its digits.
 */

type Values = Record<string, unknown>;

/** By the path of the value in the resolved options; durations are in nanoseconds. */
export type Exact = Readonly<Record<string, bigint>>;

/** The values with numbers in the place of bigints, and these beside them. Changes what it is given. */
export function withoutBigints(values: Values): { values: Values; exact?: Exact } {
  const exact: Record<string, bigint> = {};
  round(values, [], exact);
  return { values, ...(Object.keys(exact).length > 0 && { exact }) };
}

type Step = string | number;

/** `path`: where the holder is; it is as before in the end. */
function round(holder: object, path: Step[], exact: Record<string, bigint>): void {
  if (Array.isArray(holder)) for (const at of holder.keys()) roundOne(holder as never, at, path, exact);
  else for (const key in holder) roundOne(holder as Values, key, path, exact);
}

function roundOne(holder: Record<Step, unknown>, key: Step, path: Step[], exact: Record<string, bigint>): void {
  const value = holder[key];
  if (typeof value !== 'bigint' && (typeof value !== 'object' || value === null)) return;
  path.push(key);
  if (typeof value === 'bigint') {
    exact[path.join('.')] = value;
    holder[key] = String(key).endsWith('Ms') ? Number(value) / 1e6 : Number(value);
  } else round(value, path, exact);
  path.pop();
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
