/** Times one side of a row with `benchmark`. Owns how long that takes; knows nothing of what is measured. */
import Benchmark from 'benchmark';

export interface Rate {
  /** Messages per second. */
  perSecond: number;
  nanoseconds: number;
  /** Relative margin of error of the mean, percent. */
  margin: number;
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
  const perSecond = bench.hz * messages;
  return { perSecond, nanoseconds: 1e9 / perSecond, margin: bench.stats.rme, samples: bench.stats.sample.length };
}
