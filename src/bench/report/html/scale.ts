/** From values to places in a chart, and the values worth a grid line. Pure arithmetic. */

export type Scale = (value: number) => number;

export function linear(from: number, to: number, start: number, end: number): Scale {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

/** Both ends above zero; values below `from` are drawn at `from`. */
export function logarithmic(from: number, to: number, start: number, end: number): Scale {
  const inner = linear(Math.log(from), Math.log(to), start, end);
  return (value) => inner(Math.log(Math.max(value, from)));
}

/** Round steps from zero up to at least `max`: the last one is the end of the axis. */
export function niceTicks(max: number, wanted = 4): number[] {
  if (!(max > 0) || !Number.isFinite(max)) return [0, 1];
  const rough = max / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10) * power;
  const many = Math.ceil(max / step - 1e-9);
  return Array.from({ length: many + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** 1, 2, 5 of each decade between two values, thinned until at most `most` are left; decades stay longest. */
export function logTicks(from: number, to: number, most = 7): number[] {
  const first = Math.floor(Math.log10(from));
  const last = Math.ceil(Math.log10(to));
  for (const parts of [[1, 2, 5], [1, 3], [1]]) {
    const ticks: number[] = [];
    for (let power = first; power <= last; power += 1) {
      for (const part of parts) ticks.push(Number((part * 10 ** power).toPrecision(3)));
    }
    const inside = ticks.filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
    if (inside.length <= most && inside.length > 1) return inside;
  }
  const decades: number[] = [];
  const stride = Math.max(1, Math.ceil((last - first) / most));
  for (let power = first; power <= last; power += stride) decades.push(Number((10 ** power).toPrecision(3)));
  return decades.filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
}

/** The domain of a logarithmic axis that holds all values and ends on 1, 2 or 5. */
export function logDomain(values: readonly number[]): [number, number] {
  const usable = values.filter((value) => value > 0 && Number.isFinite(value));
  if (usable.length === 0) return [1, 10];
  const low = floor125(Math.min(...usable));
  const high = ceil125(Math.max(...usable));
  return high / low < 4 ? [low, ceil125(low * 4)] : [low, high];
}

function floor125(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return ([5, 2, 1].find((part) => part * power <= value * 1.0001) ?? 1) * power;
}

function ceil125(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return ([1, 2, 5, 10].find((part) => part * power >= value * 0.9999) ?? 10) * power;
}
