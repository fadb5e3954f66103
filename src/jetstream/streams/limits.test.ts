import { expect, test } from 'vitest';
import { type AccountLimits, NO_LIMITS } from '../messages/account-info.js';
import { streamConfig } from '../messages/stream-config.js';
import { errorOf, TestAccount } from '../testing/account.js';

const one = (limits: Partial<AccountLimits>) => new Map([['', { ...NO_LIMITS, ...limits }]]);

test('API-22, LIM-8 the number of streams, without the one of the name', () => {
  const account = new TestAccount({ limits: one({ max_streams: 1n }) });
  account.create({ subjects: ['a'] });
  expect(errorOf(() => account.create({ subjects: ['a'] }))).toBeUndefined();
  expect(errorOf(() => account.create({ max_age: -1 }, 'B'))).toMatch(/^10027/);
});

test('LIM-8 consumers, bytes that have to be said, bytes of one stream', () => {
  const limits = {
    max_consumers: 3n,
    max_bytes_required: true,
    storage_max_stream_bytes: 10n,
    memory_max_stream_bytes: 5n,
  };
  const refusal = (fields: object) => errorOf(() => new TestAccount({ limits: one(limits) }).create(fields));
  expect(refusal({ max_consumers: 4, max_bytes: 1 })).toMatch(/^10026/);
  expect(refusal({ max_consumers: 3 })).toMatch(/^10113/);
  expect(refusal({ max_bytes: 11 })).toMatch(/^10122/);
  expect(refusal({ max_bytes: 6, storage: 'memory' })).toMatch(/^10122/);
  expect(refusal({ max_bytes: 10, max_consumers: 3 })).toBeUndefined();
});

test('LIM-6 reservations of the account, for memory and file apart', () => {
  const account = new TestAccount({ limits: one({ max_storage: 100n, max_memory: 50n }) });
  account.create({ max_bytes: 70 });
  expect(errorOf(() => account.create({ max_bytes: 31 }, 'B'))).toBe('10047 insufficient storage resources available');
  expect(errorOf(() => account.create({ max_bytes: 51, storage: 'memory' }, 'B'))).toBe(
    '10028 insufficient memory resources available',
  );
  account.create({ max_bytes: 30 }, 'B');
  // Without a limit a stream reserves nothing, and needs one byte.
  expect(errorOf(() => account.create({}, 'C'))).toMatch(/^10047/);
});

test('LIM-6 reservations of the server', () => {
  const account = new TestAccount({ file: 100n, memory: 0n });
  expect(errorOf(() => account.create({ max_bytes: 101 }))).toMatch(/^10047/);
  expect(errorOf(() => account.create({ storage: 'memory' }))).toMatch(/^10028/);
  expect(errorOf(() => account.create({ max_bytes: 100 }))).toBeUndefined();
});

test('LIM-6 sums beyond 64 bits are no room', () => {
  const account = new TestAccount({ limits: one({ max_storage: 2n ** 63n - 1n }), file: 2n ** 63n - 1n });
  const huge = `{"name":"A","max_bytes":${2n ** 63n - 1n}}`;
  expect(errorOf(() => account.create(huge))).toBeUndefined();
  expect(errorOf(() => account.create(huge.replace('"A"', '"B"'), 'B'))).toMatch(/^10047/);
});

test('LIM-9 tiers: each for its number of replicas', () => {
  const limits = new Map([['R3', { ...NO_LIMITS, max_storage: 10n }]]);
  expect(errorOf(() => new TestAccount({ limits }).create({}))).toBe(
    '10120 no JetStream default or applicable tiered limit present',
  );
  const both = new Map([...limits, ['R1', { ...NO_LIMITS, max_storage: 100n, max_streams: 1n }]] as const);
  const account = new TestAccount({ limits: both });
  account.streams.put(streamConfig({ name: 'X', num_replicas: 3n, storage: 'file', max_bytes: 99n, subjects: ['x'] }));
  expect(errorOf(() => account.create({ max_bytes: 100 }))).toBeUndefined();
  expect(errorOf(() => account.create({ max_bytes: 1 }, 'B'))).toMatch(/^10027/);
  // Judged by the limits of its tier, before replicas are refused.
  expect(errorOf(() => account.create({ max_bytes: 20, num_replicas: 3, storage: 'file' }, 'C'))).toMatch(/^10047/);
});

test('LIM-6 without tiers each replica counts', () => {
  const account = new TestAccount({ limits: one({ max_storage: 100n }) });
  const three = { max_bytes: 34, num_replicas: 3, storage: 'file' };
  expect(errorOf(() => account.create(three))).toMatch(/^10047/);
  expect(errorOf(() => account.create({ ...three, max_bytes: 33 }))).toMatch(/^10074/);
});
