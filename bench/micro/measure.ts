/** Times one implementation of a row with `benchmark`. Owns the duration of the measurement. */
import Benchmark from 'benchmark';

export interface Rate {
  /** Messages per second. */
  perSecond: number;
  nanoseconds: number;
  /** How far the middle half of the samples lies from the median, percent. */
  spread: number;
  samples: number;
}

/** `seconds` is for sampling, after a warm-up of a tenth of it. */
export function measure(call: () => unknown, messages: number, seconds: number): Rate {
  const warm = performance.now() + seconds * 100;
  do call();
  while (performance.now() < warm);
  const bench = new Benchmark(call, { maxTime: seconds, minSamples: 5 });
  bench.run({ async: false });
  const { error } = bench as unknown as { error?: Error };
  if (error) throw error;
  const sample = [...bench.stats.sample].sort((a, b) => a - b);
  const at = (part: number) => sample[Math.floor(part * (sample.length - 1))] as number;
  // The median: whoever takes the processor from us for a moment says nothing about the code.
  const perSecond = messages / at(0.5);
  const spread = ((at(0.75) - at(0.25)) / 2 / at(0.5)) * 100;
  return { perSecond, nanoseconds: 1e9 / perSecond, spread, samples: sample.length };
}
