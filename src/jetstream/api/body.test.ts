import { expect, test } from 'vitest';
import { MSG_GET_REQUEST, STREAM_NAMES_REQUEST, STREAM_PURGE_REQUEST } from '../messages/requests.js';
import { streamConfig } from '../messages/stream-config.js';
import { errorOf } from '../testing/account.js';
import { expectEmptyBody, readOptionalBody, readRequiredBody } from './body.js';
import { checkMayDelete, checkMayPurge, checkMsgGet, checkPurge } from './selection.js';

test.each(['', 'zz', '5', '"x"', 'null', '\u00a0{}'])('API-15, TRP-2 %j counts as no body', (body) => {
  expect(readOptionalBody(STREAM_PURGE_REQUEST, Buffer.from(body), true)).toEqual(STREAM_PURGE_REQUEST.zero());
});

test('API-15 what begins as an object or a list is read', () => {
  expect(readOptionalBody(STREAM_NAMES_REQUEST, Buffer.from(' \t\r\n{"offset":3}'), true).offset).toBe(3n);
  expect(errorOf(() => readOptionalBody(STREAM_NAMES_REQUEST, Buffer.from('[{}]'), true))).toMatch(/^10025/);
});

test.each(['', '{}', ' { }\n'])('API-16 %j is empty', (body) => {
  expect(errorOf(() => expectEmptyBody(Buffer.from(body)))).toBeUndefined();
  expect(errorOf(() => readRequiredBody(MSG_GET_REQUEST, Buffer.from(body), true))).toBe('10003 bad request');
});

test.each([' ', '[]', 'null', '{"a":1}', '{} {}', 'x'])('API-16 %j is not', (body) => {
  expect(errorOf(() => expectEmptyBody(Buffer.from(body)))).toBe('10038 expected an empty request payload');
});

const gets = (body: string) => errorOf(() => checkMsgGet(readRequiredBody(MSG_GET_REQUEST, Buffer.from(body), true)));

test.each([
  '{"seq":1}',
  '{"last_by_subj":"a"}',
  '{"next_by_subj":"a","seq":5}',
  '{"start_time":"2026-01-01T00:00:00Z"}',
])('GET-11 %s chooses a message', (body) => {
  expect(gets(body)).toBeUndefined();
});

test.each(['{"no_hdr":true}', '{"seq":1,"last_by_subj":"a"}', '{"seq":1,"batch":2}', '{"max_bytes":1,"seq":1}'])(
  'GET-11 %s does not',
  (body) => {
    expect(gets(body)).toBe('10003 bad request');
  },
);

test('GET-15 a purge up to a sequence, or of all but some', () => {
  const purge = (values: object) => errorOf(() => checkPurge({ ...STREAM_PURGE_REQUEST.zero(), ...values }));
  expect(purge({ seq: 1n, keep: 1n })).toBe('10003 bad request');
  expect([purge({ seq: 1n }), purge({ keep: 1n }), purge({})]).toEqual([undefined, undefined, undefined]);
});

test('STR-44, STR-45 what a stream does not allow', () => {
  const [plain, sealed] = [streamConfig(), streamConfig({ sealed: true, deny_delete: true, deny_purge: true })];
  const denied = streamConfig({ deny_delete: true, deny_purge: true });
  const errors = (check: typeof checkMayDelete) =>
    [plain, sealed, denied].map((config) => errorOf(() => check(config)));
  const isSealed = '10109 invalid operation on sealed stream';
  expect(errors(checkMayDelete)).toEqual([undefined, isSealed, '10057 message delete not permitted']);
  expect(errors(checkMayPurge)).toEqual([undefined, isSealed, '10110 stream purge not permitted']);
});
