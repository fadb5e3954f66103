/**
 * Sample results for the tests of the reports, with the magnitudes of measured runs, generated from a fixed seed. Not part
 * of the package.
 */
import type {
  BenchFile,
  BenchMeta,
  ComparisonRow,
  LatencyUs,
  MetricComparison,
  RepeatResult,
  RunResult,
  Spread,
  Sweep,
} from '../../types.js';

interface Shape {
  verb: string;
  work: string;
  perSecond: number;
  size: number;
  p50?: number;
  cpu: number;
  rss: number;
  copies?: number;
  publishOnly?: boolean;
}

export const META: BenchMeta = {
  tool: 'nats-bench 0.1.0',
  date: '2026-11-21T06:42:10.000Z',
  command: 'nats-bench --suite all --vs nats://127.0.0.1:4223 -s nats://127.0.0.1:4222 --repeat 5 --html report.html',
  commit: '50d2485',
  suite: 'all',
  machine: {
    cpuModel: 'Intel(R) Xeon(R) Processor @ 2.60GHz',
    cpus: 2,
    memoryBytes: 25_769_803_776,
    system: 'Linux 6.8.0 x64',
    node: '20.20.2',
  },
};

const SHAPES: Shape[] = [
  { verb: 'pub', work: 'publish only 16 B', perSecond: 6.4e6, size: 16, cpu: 0.133, rss: 19e6, publishOnly: true },
  {
    verb: 'pub',
    work: 'publish only 128 B, 2 clients',
    perSecond: 4.66e6,
    size: 128,
    cpu: 0.202,
    rss: 20e6,
    publishOnly: true,
  },
  { verb: 'pubsub', work: 'pubsub 1:1 16 B', perSecond: 2.33e6, size: 16, p50: 900, cpu: 0.209, rss: 31e6 },
  { verb: 'pubsub', work: 'pubsub 1:1 128 B', perSecond: 1.58e6, size: 128, p50: 1400, cpu: 0.297, rss: 33e6 },
  { verb: 'pubsub', work: 'pubsub 4:4 128 B', perSecond: 1.66e6, size: 128, p50: 2100, cpu: 0.277, rss: 38e6 },
  {
    verb: 'pubsub',
    work: 'fan-out 1:50 128 B',
    perSecond: 2.77e6,
    size: 128,
    p50: 5200,
    cpu: 0.309,
    rss: 64e6,
    copies: 50,
  },
  { verb: 'pubsub', work: 'queue group of 8, 128 B', perSecond: 1.06e6, size: 128, p50: 1700, cpu: 0.372, rss: 41e6 },
  {
    verb: 'match',
    work: '100,000 subscriptions, random subjects',
    perSecond: 0.22e6,
    size: 16,
    p50: 4100,
    cpu: 1.465,
    rss: 180e6,
  },
  { verb: 'request', work: 'request, one at a time', perSecond: 18_000, size: 16, p50: 42, cpu: 20.89, rss: 18e6 },
  { verb: 'request', work: 'request 4 × 100 in flight', perSecond: 0.96e6, size: 16, p50: 303, cpu: 0.479, rss: 24e6 },
  {
    verb: 'js pub sync',
    work: 'stream publish, synced, 128 B',
    perSecond: 11_200,
    size: 128,
    p50: 88,
    cpu: 35,
    rss: 44e6,
  },
  {
    verb: 'js pub async',
    work: 'stream publish, 500 in flight',
    perSecond: 0.29e6,
    size: 128,
    p50: 1650,
    cpu: 4.4,
    rss: 92e6,
  },
  { verb: 'js fetch', work: 'fetch 500, explicit ack', perSecond: 0.183e6, size: 128, p50: 2300, cpu: 7, rss: 97e6 },
  { verb: 'js ordered', work: 'ordered consumer 128 B', perSecond: 0.68e6, size: 128, p50: 900, cpu: 2.2, rss: 98e6 },
  { verb: 'kv get', work: 'kv get, 100 in flight', perSecond: 0.21e6, size: 128, p50: 410, cpu: 4.1, rss: 99e6 },
];

const GAINS = [10.2, 3.6, 8.9, 4.5, 4.8, 6.8, 6.1, 4.6, 1.04, 4.5, 0.82, 6.9, 3.1, 2.4, 1.9];

/** One run on one server. */
export function sampleRun(changes: Partial<RunResult> = {}): RunResult {
  const shape = SHAPES[2] as Shape;
  return { ...runOf(shape, 'nats-server 2.15.2', 'nats://127.0.0.1:4222', random(1)), ...changes };
}

/** Fifteen pieces of work, each on two servers, with the comparison. */
export function sampleSuite(): BenchFile {
  const next = random(7);
  const runs: RunResult[] = [];
  const comparison: ComparisonRow[] = [];
  for (const [index, shape] of SHAPES.entries()) {
    const gain = GAINS[index] ?? 1;
    const a = runOf(shape, 'nats-server 2.15.2', 'nats://127.0.0.1:4222', next, 'a');
    const faster = {
      ...shape,
      perSecond: shape.perSecond * gain,
      cpu: shape.cpu / (gain * 1.3),
      rss: shape.rss * 0.6 + 70e6,
      ...(shape.p50 && { p50: shape.p50 / Math.sqrt(gain) }),
    };
    const b = runOf(faster, 'nats-turbo 0.1.0', 'nats://127.0.0.1:4223', next, 'b');
    runs.push(a, b);
    comparison.push(compare(a, b, next));
  }
  return { runs, comparison, meta: META };
}

export function sampleSweep(): Sweep {
  const boundUs = 2000;
  const points = Array.from({ length: 14 }, (_, index) => {
    const targetPerSecond = 100_000 * 1.35 ** index;
    const load = targetPerSecond / 4.6e6;
    const p50 = 62 * (1 + 0.8 * load ** 2) + (load > 1 ? 9000 * (load - 1) : 0);
    const p99 = p50 * (2.1 + 9 * load ** 3);
    const kept = p99 <= boundUs;
    return {
      targetPerSecond,
      publishedPerSecond: Math.min(targetPerSecond, 4.5e6),
      deliveredPerSecond: Math.min(targetPerSecond, 4.5e6),
      latencyUs: { min: 19, p50, p90: p50 * 1.4, p99, p999: p99 * 1.9, p9999: p99 * 2.8, max: p99 * 4 },
      kept,
      ...(!kept && { why: 'p99 above 2 ms' }),
      url: 'nats://127.0.0.1:4222',
    };
  });
  const kept = points.filter((point) => point.kept);
  return {
    work: 'pubsub 1:1 128 B',
    percentile: 'p99',
    boundUs,
    points,
    maxPerSecond: kept.at(-1)?.targetPerSecond ?? null,
  };
}

function runOf(shape: Shape, label: string, url: string, next: () => number, side?: 'a' | 'b'): RunResult {
  const copies = shape.copies ?? 1;
  const rates = Array.from({ length: 5 }, () => shape.perSecond * (0.96 + 0.08 * next()));
  const rate = mean(rates);
  const messages = Math.max(10_000, Math.round(rate * 4));
  const published = Math.round(messages / copies);
  const delivered = shape.publishOnly ? 0 : published * copies;
  const histogram = shape.p50 ? histogramOf(shape.p50, next) : undefined;
  const latencyUs = histogram ? latencyOf(histogram) : null;
  const deliveredRate = (value: number) => (shape.publishOnly ? 0 : value);
  const repeats: RepeatResult[] = rates.map((value) => ({
    publishedPerSecond: value / copies,
    deliveredPerSecond: deliveredRate(value),
    connectsPerSecond: null,
    bytesPerSecond: value * shape.size,
    seconds: messages / 5 / value,
    p50Us: latencyUs && latencyUs.p50 * (0.95 + 0.1 * next()),
    p99Us: latencyUs && latencyUs.p99 * (0.9 + 0.2 * next()),
    cpuSecondsPerMillion: shape.cpu * (0.97 + 0.06 * next()),
    lost: 0,
    errors: 0,
  }));
  return {
    verb: shape.verb,
    work: shape.work,
    server: {
      url,
      version: '2.15.2',
      runtime: label.startsWith('nats-turbo') ? 'node20.20.2' : 'go1.26.8',
      label,
      cpuSecondsPerMillion: shape.cpu,
      peakRssBytes: Math.round(shape.rss),
      costSource: 'process 4711',
      ...(side && { side }),
      userSeconds: 1.1,
      systemSeconds: 2.2,
      rssBytes: Math.round(shape.rss * 0.9),
      voluntarySwitchesPerMillion: shape.cpu * 900,
      involuntarySwitchesPerMillion: shape.cpu * 60,
    },
    published,
    delivered,
    publishedPerSecond: rate / copies,
    deliveredPerSecond: deliveredRate(rate),
    bytesPerSecond: rate * shape.size,
    seconds: messages / rate,
    latencyUs,
    lost: 0,
    duplicated: copies > 1 ? null : 0,
    reordered: 0,
    errors: 0,
    headline: shape.publishOnly ? 'publishedPerSecond' : 'deliveredPerSecond',
    publishedBytes: published * shape.size,
    deliveredBytes: delivered * shape.size,
    errorTexts: [],
    slowConsumers: 0,
    notMeasured: shape.publishOnly ? ['latency: nothing is delivered'] : [],
    notes: [],
    connectUs: null,
    ...(histogram && { histogram }),
    timeline: Array.from({ length: 8 + Math.round(30 * next()) }, (_, index) => {
      const part = index === 0 ? 0.6 : 0.9 + 0.15 * next() - (index % 11 === 7 ? 0.25 : 0);
      const many = Math.round((rate / 10) * part);
      return { atMs: (index + 1) * 100, published: Math.round(many / copies), delivered: shape.publishOnly ? 0 : many };
    }),
    clients: clientsOf(shape, rate / copies),
    repeats,
    spread: {
      publishedPerSecond: spreadOf(repeats.map((one) => one.publishedPerSecond)),
      deliveredPerSecond: shape.publishOnly ? null : spreadOf(repeats.map((one) => one.deliveredPerSecond)),
      cpuSecondsPerMillion: spreadOf(repeats.map((one) => one.cpuSecondsPerMillion ?? 0)),
      p50Us: latencyUs && spreadOf(repeats.map((one) => one.p50Us ?? 0)),
      p99Us: latencyUs && spreadOf(repeats.map((one) => one.p99Us ?? 0)),
    },
    generator: { cpuSeconds: 1.4, cpuSecondsPerMillion: 0.02, threads: 1, latencyEvery: 1 },
    stopped: false,
  };
}

/** Pairs share the work unevenly. */
function clientsOf(shape: Shape, published: number): RunResult['clients'] {
  if (!shape.work.includes('4:4')) return [];
  return [0.2, 0.24, 0.26, 0.3].map((share, index) => ({
    name: `publisher-${index}`,
    role: 'publisher',
    published: Math.round(published * share),
    delivered: 0,
    publishedPerSecond: published * share,
    deliveredPerSecond: 0,
  }));
}

function compare(a: RunResult, b: RunResult, next: () => number): ComparisonRow {
  const metrics: MetricComparison[] = [];
  const add = (
    metric: MetricComparison['metric'],
    unit: string,
    x: number | null,
    y: number | null,
    lower: boolean,
  ) => {
    if (x === null || y === null) return;
    const ratio = lower ? x / y : y / x;
    metrics.push({
      metric,
      unit,
      a: x,
      b: y,
      ratio,
      spread: { low: ratio * (0.85 + 0.1 * next()), high: ratio * (1.04 + 0.12 * next()) },
    });
  };
  add(a.headline, 'msg/s', a[a.headline] ?? null, b[b.headline] ?? null, false);
  add('cpuSecondsPerMillion', 'CPU s per M', a.server.cpuSecondsPerMillion, b.server.cpuSecondsPerMillion, true);
  add('p50Us', 'µs', a.latencyUs?.p50 ?? null, b.latencyUs?.p50 ?? null, true);
  add('p99Us', 'µs', a.latencyUs?.p99 ?? null, b.latencyUs?.p99 ?? null, true);
  add('peakRssBytes', 'bytes', a.server.peakRssBytes, b.server.peakRssBytes, true);
  const { a: left, b: right, ratio, spread } = metrics[0] as MetricComparison;
  return { work: a.work, verb: a.verb, a: left, b: right, ratio, spread, metrics };
}

/** A log-normal body with a slow tail, as schedulers make them. */
function histogramOf(p50: number, next: () => number): [number, number][] {
  const buckets = new Map<number, number>();
  for (let index = 0; index < 8_000; index += 1) {
    const normal = Math.sqrt(-2 * Math.log(next() || 1e-9)) * Math.cos(2 * Math.PI * next());
    const stall = next() < 0.004 ? 4 + 12 * next() : 1;
    const value = Number((p50 * Math.exp(0.28 * normal) * stall).toPrecision(3));
    buckets.set(value, (buckets.get(value) ?? 0) + 1);
  }
  return [...buckets].sort(([x], [y]) => x - y);
}

function latencyOf(histogram: [number, number][]): LatencyUs {
  const total = histogram.reduce((sum, [, many]) => sum + many, 0);
  const at = (fraction: number) => {
    let below = 0;
    for (const [value, many] of histogram) {
      below += many;
      if (below >= fraction * total) return value;
    }
    return histogram.at(-1)?.[0] ?? 0;
  };
  return { min: at(0), p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), p9999: at(0.9999), max: at(1) };
}

function spreadOf(values: number[]): Spread {
  const middle = mean(values);
  const stddev = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
  // 2.776: Student's t for four degrees of freedom.
  const half = (2.776 * stddev) / Math.sqrt(values.length);
  return {
    n: values.length,
    mean: middle,
    stddev,
    low: middle - half,
    high: middle + half,
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
