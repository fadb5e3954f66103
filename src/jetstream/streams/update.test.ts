import { describe, expect, test } from 'vitest';
import { errorOf, TestAccount } from '../testing/account.js';
import type { ConsumerUse } from './surroundings.js';

const SECOND = 1_000_000_000;

/** The error of an update of a stream that was made with other fields. */
function refusal(before: object, after: object): string | undefined {
  const account = new TestAccount();
  account.create(before);
  return errorOf(() => account.update(after));
}

const UPDATE = '10052 stream configuration update can not';

describe('STR-19 what stays as it is', () => {
  test.each([
    [{}, { storage: 'memory' }, `${UPDATE} change storage type`],
    [{}, { retention: 'workqueue' }, `${UPDATE} change retention policy to/from workqueue`],
    [{ retention: 'workqueue' }, { retention: 'interest' }, `${UPDATE} change retention policy to/from workqueue`],
    [{ deny_delete: true }, {}, `${UPDATE} cancel deny message deletes`],
    [{ deny_purge: true }, {}, `${UPDATE} cancel deny purge`],
    [{ allow_msg_ttl: true }, {}, '10052 message TTL status can not be disabled'],
    [{ subject_delete_marker_ttl: SECOND }, {}, '10052 message TTL status can not be disabled'],
    [{}, { allow_msg_counter: true }, `${UPDATE} change message counter setting`],
    [{ allow_msg_schedules: true }, {}, '10052 message schedules can not be disabled'],
    [{}, { persist_mode: 'async' }, `${UPDATE} change persist mode`],
    [{}, { num_replicas: 3 }, '10074 replicas > 1 not supported in non-clustered mode'],
    [{ mirror: { name: 'B' } }, { mirror: { name: 'C' } }, '10055 stream mirror configuration can not be updated'],
    [{}, { mirror: { name: 'C' } }, '10055 stream mirror configuration can not be updated'],
  ])('%j to %j: %s', (before, after, error) => {
    expect(refusal(before, after)).toBe(error);
  });

  test.each([
    [{}, { retention: 'interest' }],
    [{ retention: 'interest' }, {}],
    [{}, { max_msgs: 5, description: 'd', compression: 's2', allow_direct: true, allow_atomic: true }],
    [{}, { allow_msg_ttl: true, allow_msg_schedules: true, deny_delete: true }],
    [{ mirror: { name: 'B' } }, { mirror: { name: 'B' } }],
  ])('%j to %j is possible', (before, after) => {
    expect(refusal(before, after)).toBeUndefined();
  });
});

test('API-21 the configuration is checked before the name, the name before existence', () => {
  const account = new TestAccount();
  expect(errorOf(() => account.update('{"name":"B","max_age":-1}'))).toMatch(/^10052/);
  expect(errorOf(() => account.update('{"name":"B"}'))).toMatch(/^10056/);
  expect(errorOf(() => account.update('{"name":"A"}'))).toMatch(/^10059/);
});

test('STR-20 an update without a change', () => {
  const account = new TestAccount();
  const config = account.create({ subjects: ['a'], metadata: { a: 'b' } });
  expect(account.update({ subjects: ['a'], metadata: { a: 'b' } })).toEqual(config);
});

describe('STR-21 limits that consumers violate', () => {
  const consumer = (name: string, inactiveThreshold: bigint, maxAckPending: bigint): ConsumerUse => {
    return { name, inactiveThreshold, maxAckPending };
  };

  test('are told with the names of these consumers', () => {
    const account = new TestAccount({
      consumers: [consumer('a', 0n, 10n), consumer('b', 5n, 5n), consumer('c', 9n, 1n)],
    });
    account.create({});
    const limits = { consumer_limits: { inactive_threshold: 8, max_ack_pending: 5 } };
    expect(errorOf(() => account.update(limits))).toBe('10069 change to limits violates consumers: a, c');
    expect(errorOf(() => account.update({ consumer_limits: { max_ack_pending: 10 } }))).toBeUndefined();
    expect(errorOf(() => account.update({ consumer_limits: { max_ack_pending: 10 }, max_msgs: 5 }))).toBeUndefined();
  });
});

test('STR-23, TRP-18 sealing, and updates of a sealed stream', () => {
  const account = new TestAccount();
  account.create({ max_age: SECOND, allow_rollup_hdrs: true });
  expect(account.update({ sealed: true, max_age: SECOND })).toMatchObject({
    sealed: true,
    max_age: 0n,
    discard: 'new',
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
  });
  expect(errorOf(() => account.update({ deny_delete: true, deny_purge: true }))).toBe(
    `${UPDATE} unseal a sealed stream`,
  );
  expect(errorOf(() => account.update({ sealed: true }))).toBe(`${UPDATE} cancel deny message deletes`);
  expect(errorOf(() => account.update({ sealed: true, deny_delete: true }))).toBe(`${UPDATE} cancel deny purge`);
  expect(errorOf(() => account.update({ sealed: true, deny_delete: true, deny_purge: true }))).toBeUndefined();
});

test('STR-25 a mirror that is promoted', () => {
  const account = new TestAccount();
  account.create({ mirror: { name: 'B' } });
  expect(account.update({ subjects: ['m'] })).toMatchObject({ mirror: undefined, subjects: ['m'] });
});

test('STR-26 sources come and go', () => {
  const account = new TestAccount();
  account.create({ sources: [{ name: 'B' }] });
  expect(account.update({ sources: [{ name: 'C' }, { name: 'B' }] }).sources).toHaveLength(2);
  expect(account.update({ subjects: ['a'] }).sources).toEqual([]);
});

test('STR-27 subjects of other streams', () => {
  const account = new TestAccount();
  account.create({ subjects: ['a'] });
  account.create({ subjects: ['b.c'] }, 'B');
  expect(errorOf(() => account.update({ subjects: ['b.*'] }))).toMatch(/^10065/);
  expect(account.update({ subjects: ['a', 'c'] }).subjects).toEqual(['a', 'c']);
});

test('STR-28 only what is added needs room', () => {
  const account = new TestAccount({ file: 100n });
  account.create({ max_bytes: 60 });
  account.create({ max_bytes: 30 }, 'B');
  expect(errorOf(() => account.update({ max_bytes: 71 }))).toMatch(/^10047/);
  expect(account.update({ max_bytes: 70 }).max_bytes).toBe(70n);
  expect(account.update({ max_bytes: 10 }).max_bytes).toBe(10n);
  expect(account.update({}).max_bytes).toBe(-1n);
});

test('STR-53 republishing without a destination keeps the subject', () => {
  const account = new TestAccount();
  account.create({ subjects: ['a'] });
  expect(account.update({ subjects: ['a'], republish: {} }).republish).toMatchObject({ src: '>', dest: '>' });
  expect(errorOf(() => account.update({ subjects: ['a'], republish: { src: 'x' } }))).toBe(
    "10069 stream configuration for republish from 'x' to '>': invalid subject",
  );
});
