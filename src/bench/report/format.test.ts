import { describe, expect, it } from 'vitest';
import * as f from './format.js';

describe('format', () => {
  it('writes rates with three digits and one prefix', () => {
    const values = [0, 7, 843, 999.7, 320_000, 999_600, 1_184_000, 12_500_000, 2.4e12];
    expect(values.map(f.rate)).toEqual([
      ...['0/s', '7/s', '843/s', '1.00 k/s', '320 k/s', '1.00 M/s', '1.18 M/s', '12.5 M/s', '2.40 T/s'],
    ]);
  });

  it('writes payload decimal and memory binary', () => {
    expect(f.byteRate(200_000_000)).toBe('200 MB/s');
    expect(f.bytes(78.1 * 1024 * 1024)).toBe('78.1 MiB');
    expect(f.bytes(16)).toBe('16 B');
  });

  it('writes times from nanoseconds to minutes', () => {
    expect([0.25, 84, 84.13, 999.4, 999.6, 1250, 2_300_000].map(f.micros)).toEqual([
      ...['250 ns', '84 µs', '84.1 µs', '999 µs', '1.00 ms', '1.25 ms', '2.30 s'],
    ]);
    expect(f.seconds(200)).toBe('3 min 20 s');
  });

  it('never shows what was not measured as zero', () => {
    for (const write of [f.rate, f.byteRate, f.bytes, f.micros, f.plain, f.count, f.times, f.quantity, f.seconds]) {
      for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) expect(write(value)).toBe('–');
    }
  });

  it('writes the interval as a share of the mean, and nothing for a single repeat', () => {
    const spread = { n: 5, mean: 200, low: 190, high: 210 };
    expect(f.plusMinus(spread)).toBe('±5.0 %');
    expect(f.plusMinus({ ...spread, low: 150, high: 250 })).toBe('±25 %');
    expect(f.plusMinus({ ...spread, n: 1 })).toBe('');
    expect(f.plusMinus(null)).toBe('');
  });

  it('shortens axis labels only', () => {
    expect(['1.00 M/s', '1.50 M/s', '500 ms', '0.0100', '10.0×'].map(f.tick)).toEqual([
      ...['1 M/s', '1.5 M/s', '500 ms', '0.01', '10×'],
    ]);
  });

  it('names percentiles as people do', () => {
    expect([0, 0.5, 0.99, 0.999, 0.99999, 1].map(f.percentile)).toEqual([
      ...['min', 'p50', 'p99', 'p99.9', 'p99.999', 'max'],
    ]);
  });
});
