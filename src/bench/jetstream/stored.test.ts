import { expect, it } from 'vitest';
import { againstStream } from './stored.js';

it('compares what was acknowledged with what is stored, warm-up included', () => {
  const report = { delivered: 100, warmed: 50, errors: [] };
  expect(againstStream(report, 150, true)).toEqual({ lost: 0, duplicated: 0 });
  expect(againstStream(report, 149, true)).toEqual({ lost: 1, duplicated: 0 });
  expect(againstStream(report, 152, true)).toEqual({ lost: 0, duplicated: 2 });
});

it('calls nothing a duplicate that others, or publishes without an answer, may have stored', () => {
  const report = { delivered: 100, warmed: 0, errors: [{ text: 'a request was not answered', count: 2 }] };
  expect(againstStream(report, 102, true)).toEqual({ lost: 0, duplicated: 0 });
  expect(againstStream({ ...report, errors: [] }, 102, false)).toEqual({ lost: 0, duplicated: 0 });
});
