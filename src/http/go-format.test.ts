import { describe, expect, it } from 'vitest';
import { goDuration, goJson, rfc3339, uptime } from './go-format.js';

describe('goDuration', () => {
  it.each([
    [0, '0s'],
    [1, '1ns'],
    [999, '999ns'],
    [1_000, '1µs'],
    [42_500, '42.5µs'],
    [300_970_000, '300.97ms'],
    [1_000_000_000, '1s'],
    [1_500_000_000, '1.5s'],
    [61_000_000_000, '1m1s'],
    [3_600_000_000_000, '1h0m0s'],
    [93_784_005_000_000, '26h3m4.005s'],
    [-2_000_000, '-2ms'],
  ])('%d is %s', (nanos, text) => expect(goDuration(nanos)).toBe(text));
});

describe('uptime', () => {
  it.each([
    [-5, '0s'],
    [999, '0s'],
    [1_000, '1s'],
    [61_000, '1m1s'],
    [3_600_000, '1h0m0s'],
    [90_061_000, '1d1h1m1s'],
    [31_536_000_000, '1y0d0h0m0s'],
  ])('%d ms is %s', (ms, text) => expect(uptime(ms)).toBe(text));
});

describe('rfc3339', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1_795_224_352_065.778, '2026-11-21T01:25:52.065778Z'],
    [1_795_224_352_500, '2026-11-21T01:25:52.5Z'],
    [999.9999, '1970-01-01T00:00:01Z'],
  ])('%d is %s', (ms, text) => expect(rfc3339(ms)).toBe(text));
});

describe('goJson', () => {
  it('indents by two and escapes what means something to HTML', () => {
    expect(goJson({ a: ['x.>'], b: {}, c: [], d: '<&>\u2028' })).toBe(
      '{\n  "a": [\n    "x.\\u003e"\n  ],\n  "b": {},\n  "c": [],\n  "d": "\\u003c\\u0026\\u003e\\u2028"\n}',
    );
  });
});

it('goJson writes bigints as numbers, and texts of digits as texts', () => {
  expect(goJson({ a: 9223372036854775807n, b: '9223372036854775807', c: -1n }, 0)).toBe(
    '{"a":9223372036854775807,"b":"9223372036854775807","c":-1}',
  );
});
