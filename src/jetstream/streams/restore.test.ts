import { expect, test } from 'vitest';
import { NO_LIMITS } from '../messages/account-info.js';
import { streamConfig } from '../messages/stream-config.js';
import { errorOf, TestAccount } from '../testing/account.js';
import { restoreStream } from './restore.js';

const restore = (fields: Parameters<typeof streamConfig>[0], account = new TestAccount(), name = 'A') => {
  return restoreStream(name, streamConfig(fields), account.surroundings());
};

test('GET-25 the name may be left out', () => {
  expect(restore({}).name).toBe('A');
  expect(errorOf(() => restore({ name: 'B' }))).toMatch(/^10056/);
  expect(errorOf(() => restore({ name: 'a/b' }, new TestAccount(), 'a/b'))).toMatch(/^10128/);
});

test('GET-25 the configuration, then limits, then the name in use', () => {
  const account = new TestAccount({ limits: new Map([['', { ...NO_LIMITS, max_streams: 1n }]]), file: 10n });
  account.create({ subjects: ['a'] });
  expect(errorOf(() => restore({ max_age: -1n }, account))).toMatch(/^10052/);
  expect(errorOf(() => restore({ name: 'B' }, account, 'B'))).toMatch(/^10027/);
  expect(errorOf(() => restore({ max_bytes: 11n }, account))).toMatch(/^10047/);
  expect(errorOf(() => restore({}, account))).toBe('10130 stream name already in use, cannot restore');
});
