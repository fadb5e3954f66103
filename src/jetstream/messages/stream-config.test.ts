import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestOf, TestAccount } from '../testing/account.js';
import { decode } from './decode.js';
import { STREAM_CONFIG, streamConfig } from './stream-config.js';

test('STR-6 a configuration in the order and form of the reference exchange', () => {
  const config = new TestAccount().create({ subjects: ['e2'] }, 'E2');
  expect(STREAM_CONFIG.write(config)).toBe(
    '{"name":"E2","subjects":["e2"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,' +
      '"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"file","num_replicas":1,' +
      '"duplicate_window":120000000000,"compression":"none","allow_direct":false,"mirror_direct":false,"sealed":false,' +
      '"deny_delete":false,"deny_purge":false,"allow_rollup_hdrs":false,"consumer_limits":{},"allow_msg_ttl":false,' +
      '"metadata":{"_nats.req.level":"0"}}',
  );
});

test('API-17 escapes what means something to HTML', () => {
  const written = STREAM_CONFIG.write(
    streamConfig({ description: '<&>\u2028\u2029\u0001\t"\\é', subjects: ['foo.>'] }),
  );
  expect(written).toContain('"description":"\\u003c\\u0026\\u003e\\u2028\\u2029\\u0001\\t\\"\\\\é"');
  expect(written).toContain('"subjects":["foo.\\u003e"]');
});

test('API-18 maps are sorted by the bytes of their names', () => {
  const metadata = new Map(['\u{1f600}', '\uffee', 'é', 'a', 'Z'].map((name) => [name, '']));
  const written = STREAM_CONFIG.write(streamConfig({ metadata }));
  expect(written).toContain('"metadata":{"Z":"","a":"","é":"","\uffee":"","\u{1f600}":""}');
});

test('STR-1 sources say only what they have', () => {
  const source = { name: 'B', opt_start_time: '2026-01-01T00:00:00.5+02:00', external: { api: 'x' }, consumer: {} };
  expect(STREAM_CONFIG.write(requestOf({ mirror: source }))).toContain(
    '"mirror":{"name":"B","opt_start_time":"2026-01-01T00:00:00.5+02:00","external":{"api":"x","deliver":""},"consumer":{}}',
  );
});

test('whatever is written is read as the same', () => {
  const anyText = fc.string({ unit: 'binary' }).map((text) => text.replace(/\p{Cs}/gu, ''));
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const fields = fc.record({
    name: anyText,
    subjects: fc.array(anyText),
    max_bytes: int64,
    first_seq: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    retention: fc.constantFrom('limits' as const, 'interest' as const, 'workqueue' as const),
    storage: fc.constantFrom('file' as const, 'memory' as const),
    sealed: fc.boolean(),
    metadata: fc.dictionary(anyText, anyText).map((entries) => new Map(Object.entries(entries))),
  });
  fc.assert(
    fc.property(fields, (values) => {
      const config = streamConfig(values);
      expect(decode(STREAM_CONFIG, Buffer.from(STREAM_CONFIG.write(config)), true)).toEqual(config);
    }),
  );
});

test('whatever is read ends with a message or an error of the API', () => {
  const pieces = fc.constantFrom(
    ...'{}[]",:0-1.e\\'.split(''),
    '"name"',
    '"mirror"',
    '"subjects"',
    'null',
    'true',
    '\u00e9',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), fc.boolean(), (parts, strict) => {
      try {
        decode(STREAM_CONFIG, Buffer.from(parts.join('')), strict);
      } catch (error) {
        expect(error).toMatchObject({ name: 'ApiError', errCode: 10025 });
      }
    }),
  );
});
