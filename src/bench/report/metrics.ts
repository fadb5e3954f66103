/** The names and units of the compared metrics, for terminal and page. */
import type { MetricComparison } from '../types.js';
import * as f from './format.js';

const METRIC_NAMES: Record<MetricComparison['metric'], string> = {
  publishedPerSecond: 'published',
  deliveredPerSecond: 'delivered',
  connectsPerSecond: 'connects',
  cpuSecondsPerMillion: 'CPU s per M',
  p50Us: 'p50',
  p99Us: 'p99',
  peakRssBytes: 'peak memory',
  bytesPerConnection: 'per connection',
};

export function metricName(metric: MetricComparison | undefined): string {
  return metric ? METRIC_NAMES[metric.metric] : 'rate';
}

export function metricValue(metric: MetricComparison | undefined, value: number | null): string {
  switch (metric?.metric) {
    case 'cpuSecondsPerMillion':
      return f.plain(value);
    case 'p50Us':
    case 'p99Us':
      return f.micros(value);
    case 'peakRssBytes':
    case 'bytesPerConnection':
      return f.bytes(value);
    default:
      return f.rate(value);
  }
}
