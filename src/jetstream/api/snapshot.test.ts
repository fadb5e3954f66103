import { expect, test } from 'vitest';
import { STREAM_SNAPSHOT_REQUEST } from '../messages/requests.js';
import { errorOf } from '../testing/account.js';
import { snapshotPlan } from './snapshot.js';

const plan = (values: object) => snapshotPlan({ ...STREAM_SNAPSHOT_REQUEST.zero(), deliver_subject: 'd', ...values });

test.each(['', 'a.*', '>', 'a..b', 'a b'])('GET-18 nothing can be delivered to %j', (subject) => {
  expect(errorOf(() => plan({ deliver_subject: subject }))).toBe('10015 deliver subject not valid');
});

test.each([
  [0n, 0n, 131_072, 8_388_608],
  [1n, 1n, 1024, 1024],
  [-5n, -5n, 1024, 1024],
  [2n ** 40n, 2n ** 40n, 1_048_576, 33_554_432],
  [524_288n, 2048n, 524_288, 524_288],
])('GET-19 chunks of %d and a window of %d', (chunk, window, chunkBytes, windowBytes) => {
  expect(plan({ chunk_size: chunk, window_size: window })).toMatchObject({ chunkBytes, windowBytes });
});

test('GET-18 what else may be asked for', () => {
  expect(plan({})).toMatchObject({ withConsumers: true, checksMessages: false });
  expect(plan({ no_consumers: true, jsck: true })).toMatchObject({ withConsumers: false, checksMessages: true });
});
