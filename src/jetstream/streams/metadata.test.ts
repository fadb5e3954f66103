import { expect, test } from 'vitest';
import { apiError } from '../errors/api-error.js';
import { streamConfig } from '../messages/stream-config.js';
import {
  API_LEVEL,
  requiredLevel,
  unsupportedReason,
  withLevelOf,
  withServerMetadata,
  withStoredMetadata,
} from './metadata.js';

test('API-36 the level of this server', () => {
  expect(API_LEVEL).toBe(5);
});

test.each([
  [{}, 0],
  [{ allow_msg_ttl: true }, 1],
  [{ subject_delete_marker_ttl: 1n }, 1],
  [{ allow_msg_counter: true, allow_msg_ttl: true }, 2],
  [{ allow_atomic: true }, 2],
  [{ allow_msg_schedules: true }, 2],
  [{ persist_mode: 'async' as const }, 2],
  [{ allow_batched: true, allow_atomic: true }, 4],
])('API-39 streams with %o need level %d', (fields, level) => {
  expect(requiredLevel(streamConfig(fields))).toBe(level);
});

test('API-38 what users say under reserved names is replaced', () => {
  const metadata = new Map([
    ['_nats.req.level', '9'],
    ['_nats.ver', 'x'],
    ['_nats.level', 'y'],
    ['a', 'b'],
  ]);
  const stored = withStoredMetadata(streamConfig({ metadata }));
  expect(Object.fromEntries(stored.metadata)).toEqual({ a: 'b', '_nats.req.level': '0' });
  expect(Object.fromEntries(withServerMetadata(stored, '2.15.2').metadata)).toEqual({
    a: 'b',
    '_nats.req.level': '0',
    '_nats.ver': '2.15.2',
    '_nats.level': '5',
  });
});

test('API-40 for a comparison, the level is that of the other configuration', () => {
  const one = withStoredMetadata(streamConfig({ allow_msg_ttl: true }));
  expect([...withLevelOf(one, streamConfig()).metadata]).toEqual([]);
  expect([...withLevelOf(one, withStoredMetadata(streamConfig())).metadata]).toEqual([['_nats.req.level', '0']]);
});

test.each(['', '0', '5'])('API-41 a stream that needs level %j is opened', (level) => {
  expect(unsupportedReason(streamConfig({ metadata: new Map([['_nats.req.level', level]]) }))).toBeUndefined();
});

test.each(['6', '9', 'x'])('API-41 a stream that needs level %j is not', (level) => {
  const reason = unsupportedReason(streamConfig({ metadata: new Map([['_nats.req.level', level]]) })) ?? '';
  expect(apiError('streamOfflineReason', { err: reason }).description).toBe(
    `stream is offline: unsupported - required API level: ${level}, current API level: 5`,
  );
});
