import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantText, parseInstant, ZERO_INSTANT } from './instant.js';

test('API-18 a time that is not set', () => {
  expect(instantText(ZERO_INSTANT)).toBe('0001-01-01T00:00:00Z');
  expect(parseInstant('0001-01-01T00:00:00Z')).toEqual(ZERO_INSTANT);
});

test.each([
  ['2026-01-01T00:00:00Z', 1_767_225_600_000_000_000n],
  ['2026-01-01T00:00:00.123456789Z', 1_767_225_600_123_456_789n],
  ['2026-01-01T02:00:00+02:00', 1_767_225_600_000_000_000n],
  ['1969-12-31T23:59:59.999999999Z', -1n],
])('%s', (text, nanos) => {
  expect(parseInstant(text)?.nanos).toBe(nanos);
  expect(instantText(parseInstant(text) ?? ZERO_INSTANT)).toBe(text);
});

test.each([
  ...[
    '',
    'x',
    '2026-01-01',
    '2026-1-1T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01 00:00:00Z',
  ],
  ...['2026-01-01T00:00:60Z', '2026-01-01T00:00:00', '2026-01-01T00:00:00+24:00', '2026-13-01T00:00:00Z'],
])('%s is no time', (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test('whatever is written is read as the same', () => {
  const nanos = fc.bigInt({ min: ZERO_INSTANT.nanos + 10n ** 14n, max: 253_402_214_400n * 10n ** 9n });
  const offset = fc.integer({ min: -23 * 60, max: 23 * 60 });
  fc.assert(
    fc.property(nanos, offset, (at, minutes) => {
      const instant = { nanos: at, offset: minutes };
      expect(parseInstant(instantText(instant))).toEqual(instant);
    }),
  );
});
