/**
 * The results of a measurement: the model that the command fills, the reports show and `--json` writes.
 *
 * Owns the types and their meaning. Names without a unit are counts; `PerSecond` are rates, `Us` are microseconds.
 * `null` says "not measured", never "zero"; `notMeasured` says why.
 */

/** What `--json FILE` holds. */
export interface BenchFile {
  runs: RunResult[];
  comparison: ComparisonRow[];
  /** Of `--find-max`. */
  sweep?: Sweep;
  meta: BenchMeta;
}

/**
 * One piece of work on one server, all its repeats together: counts and seconds are sums, rates and costs are means,
 * latencies come from one histogram of all repeats.
 */
export interface RunResult {
  /** `pubsub`, `js pub async`, … */
  verb: string;
  /** Short title for people: the row of a suite, else verb and size (`pubsub 1:1 16 B`). Same for both servers. */
  work: string;
  server: ServerResult;
  published: number;
  delivered: number;
  /** First to last message sent; without receivers, until the server had them all. */
  publishedPerSecond: number;
  /** First message sent to last delivered (or answered). */
  deliveredPerSecond: number;
  /** Payload bytes delivered (published, where nothing is delivered) per second. */
  bytesPerSecond: number;
  /** First message sent to last delivered. */
  seconds: number;
  latencyUs: LatencyUs | null;
  lost: number;
  duplicated: number | null;
  reordered: number | null;
  /** Errors of every kind, slow-consumer cut-offs included. */
  errors: number;

  /** Which rate is the headline of this work. */
  headline: 'publishedPerSecond' | 'deliveredPerSecond' | 'connectsPerSecond';
  /** Asked for with `--rate`: messages per second of all publishers; absent in closed loop. */
  targetPerSecond?: number;
  connectsPerSecond?: number;
  publishedBytes: number;
  deliveredBytes: number;
  /** What the errors were. */
  errorTexts: { text: string; count: number }[];
  /** Connections the server cut off as slow; part of `errors`. */
  slowConsumers: number;
  /** What was left out and why, as sentences. */
  notMeasured: string[];
  /** What the figures need to be read with: interrupted, generator at its limit, … */
  notes: string[];
  /** Connecting: start to the PONG behind CONNECT. */
  connectUs: LatencyUs | null;
  /** [lowest value of the bucket in µs, how many], ascending; 3 significant digits. */
  histogram?: [number, number][];
  /** Of the first repeat, every 100 ms of its measured part. */
  timeline: TimelinePoint[];
  /** Sums of the repeats. */
  clients: ClientResult[];
  /** One entry per repeat, in order. */
  repeats: RepeatResult[];
  /** Over the repeats; a single one has no deviation and no interval. */
  spread: Record<SpreadMetric, Spread | null>;
  generator: GeneratorResult;
  /** It was stopped before its end. */
  stopped: boolean;
}

export interface ServerResult {
  url: string;
  /** As its INFO says: the level of NATS it speaks. */
  version: string;
  /** What it runs on, as its INFO says: `go1.26.8`, `node20.20.2`. */
  runtime: string;
  /** For people: `nats-server 2.15.2`, `nats-turbo 0.1.0`. */
  label: string;
  /** CPU seconds of the server process per million messages, published and delivered together. */
  cpuSecondsPerMillion: number | null;
  peakRssBytes: number | null;
  /** Where the two came from: `process 4711`, `http://…/varz`; null: neither was at hand. */
  costSource: string | null;
  /** In a comparison: which of the two. */
  side?: 'a' | 'b';
  userSeconds?: number;
  systemSeconds?: number;
  /** Resident when the measured part ended. */
  rssBytes?: number;
  /** Per million messages. */
  voluntarySwitchesPerMillion?: number;
  involuntarySwitchesPerMillion?: number;
  /** fsync, fdatasync and sync_file_range per million messages, where the process can be traced. */
  syncCallsPerMillion?: number;
  /** Resident memory per idle connection, where connections are the work. */
  bytesPerConnection?: number;
}

export interface LatencyUs {
  min: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  p9999: number;
  max: number;
}

export interface TimelinePoint {
  atMs: number;
  /** In this interval. */
  published: number;
  delivered: number;
}

export interface ClientResult {
  name: string;
  /** `publisher`, `subscriber`, … */
  role: string;
  published: number;
  delivered: number;
  publishedPerSecond: number;
  deliveredPerSecond: number;
  /** Where a scenario mixes works: of all clients of this name together; absent for those that record none. */
  latencyUs?: LatencyUs;
}

export interface RepeatResult {
  publishedPerSecond: number;
  deliveredPerSecond: number;
  connectsPerSecond: number | null;
  bytesPerSecond: number;
  seconds: number;
  p50Us: number | null;
  p99Us: number | null;
  cpuSecondsPerMillion: number | null;
  lost: number;
  errors: number;
}

export type SpreadMetric = 'publishedPerSecond' | 'deliveredPerSecond' | 'cpuSecondsPerMillion' | 'p50Us' | 'p99Us';

export interface Spread {
  n: number;
  mean: number;
  /** Of the sample (n - 1). */
  stddev: number;
  /** 95 % confidence interval of the mean (Student's t). */
  low: number;
  high: number;
  min: number;
  max: number;
}

export interface GeneratorResult {
  cpuSeconds: number;
  cpuSecondsPerMillion: number | null;
  threads: number;
  /** Every how many deliveries a latency was recorded. */
  latencyEvery: number;
}

/** One piece of work on two servers. A ratio above 1 is in favour of `b`, whatever the metric. */
export interface ComparisonRow {
  work: string;
  verb: string;
  /** As in `Compared`, of the headline rate; null: that server gave none, and there is no ratio. */
  a: number | null;
  b: number | null;
  ratio: number | null;
  spread: { low: number; high: number } | null;
  /** The row itself compares `metric`, the headline rate; this is every metric, the headline first. */
  metrics: MetricComparison[];
  /** Why one side has no whole figures: a run lost messages or failed. */
  failed?: string;
}

export interface Compared {
  /** Medians over the rounds. */
  a: number;
  b: number;
  ratio: number;
  /** Lowest and highest ratio among the rounds. */
  spread: { low: number; high: number };
}

export interface MetricComparison extends Compared {
  metric: ComparedMetric;
  /** `msg/s`, `CPU s per M`, `µs`, `bytes`. */
  unit: string;
}

export type ComparedMetric =
  | 'publishedPerSecond'
  | 'deliveredPerSecond'
  | 'connectsPerSecond'
  | 'cpuSecondsPerMillion'
  | 'p50Us'
  | 'p99Us'
  | 'peakRssBytes'
  | 'bytesPerConnection';

/** Rising rates until the latency bound breaks. */
export interface Sweep {
  work: string;
  percentile: 'p99';
  boundUs: number;
  points: SweepPoint[];
  /** The highest rate that kept the bound; null: none did. */
  maxPerSecond: number | null;
}

export interface SweepPoint {
  targetPerSecond: number;
  publishedPerSecond: number;
  deliveredPerSecond: number;
  latencyUs: LatencyUs | null;
  /** Kept the bound, the rate, and every message. */
  kept: boolean;
  /** Why not. */
  why?: string;
  url: string;
}

export interface BenchMeta {
  tool: string;
  /** ISO, UTC. */
  date: string;
  /** As typed, secrets removed. */
  command: string;
  commit?: string;
  suite?: string;
  machine: { cpuModel: string; cpus: number; memoryBytes: number; system: string; node: string };
}
