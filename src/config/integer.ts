/**
 * Integers with a size suffix: `k m g t p e` count in thousands, `kb ki kib …` in 1024s, in any case.
 * So `1m` is a million and `1mb` is 1,048,576. Values wrap at 64 bits, as they do in the reference.
 */

const POWER: Record<string, bigint> = { k: 1n, m: 2n, g: 3n, t: 4n, p: 5n, e: 6n };
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

export type IntegerOutcome = { value: bigint } | { error: 'range' | 'syntax' };

/** Reads a literal such as `-5`, `64k` or `2MiB`. */
export function parseInteger(literal: string): IntegerOutcome {
  const match = /^(-?[0-9]+)([a-zA-Z]*)$/.exec(literal);
  if (!match) return { error: 'syntax' };
  const digits = match[1] ?? '';
  // Twenty digits never fit; refusing them by length keeps a hostile literal from costing time.
  if (digits.replace(/^-?0*/, '').length > 19) return { error: 'range' };
  const number = BigInt(digits);
  if (number > INT64_MAX || number < INT64_MIN) return { error: 'range' };
  const scale = suffixScale((match[2] ?? '').toLowerCase());
  if (scale === undefined) return { error: 'syntax' };
  return { value: BigInt.asIntN(64, number * scale) };
}

function suffixScale(suffix: string): bigint | undefined {
  if (suffix === '') return 1n;
  const power = POWER[suffix[0] ?? ''];
  if (power === undefined) return undefined;
  const tail = suffix.slice(1);
  if (tail === '') return 1000n ** power;
  return tail === 'b' || tail === 'i' || tail === 'ib' ? 1024n ** power : undefined;
}

/**
 * A whole number that a library user wrote: a number, a bigint, or a literal with a suffix. A number where that holds
 * it exactly, otherwise a bigint; undefined when it is none, or more than 64 bits.
 */
export function integerOf(written: number | bigint | string): number | bigint | undefined {
  if (typeof written === 'number') return Number.isSafeInteger(Math.trunc(written)) ? Math.trunc(written) : undefined;
  const outcome = parseInteger(String(written).trim());
  if (!('value' in outcome)) return undefined;
  const number = Number(outcome.value);
  return Number.isSafeInteger(number) ? number : outcome.value;
}

/** `4KB`, `2MB`: in the largest unit of 1024s that it is a whole number of. */
export function sizeText(size: number | bigint): string {
  const bytes = Number(size);
  if (bytes === 0 || typeof size === 'bigint') return String(size);
  for (const [unit, size] of [
    ['GB', 1024 ** 3],
    ['MB', 1024 ** 2],
    ['KB', 1024],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
