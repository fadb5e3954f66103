import { expect, test } from 'vitest';
import { ACCOUNT_INFO, NO_LIMITS } from '../messages/account-info.js';
import { ACCOUNT_INFO_ANSWER } from '../messages/answers.js';
import { type StreamConfig, streamConfig } from '../messages/stream-config.js';
import { accountInfo } from './account-info.js';

const api = { level: 5n, total: 7n, errors: 5n, inflight: 0n };
const counted = (values: Partial<StreamConfig>, bytes = 0n, consumers = 0n) => {
  return { config: streamConfig({ storage: 'file', num_replicas: 1n, ...values }), bytes, consumers };
};

test('API-50, API-51, API-53 an account of a default server', () => {
  const streams = [counted({}), counted({})];
  const info = accountInfo({ streams, limits: new Map([['', NO_LIMITS]]), domain: 'hub', api });
  expect(ACCOUNT_INFO_ANSWER.success(info)).toBe(
    '{"type":"io.nats.jetstream.api.v1.account_info_response","memory":0,"storage":0,"reserved_memory":0,' +
      '"reserved_storage":0,"streams":2,"consumers":0,"limits":{"max_memory":-1,"max_storage":-1,"max_streams":-1,' +
      '"max_consumers":-1,"max_ack_pending":-1,"memory_max_stream_bytes":-1,"storage_max_stream_bytes":-1,' +
      '"max_bytes_required":false},"domain":"hub","api":{"level":5,"total":7,"errors":5}}',
  );
});

test('API-50 what is used and reserved', () => {
  const streams = [
    counted({ max_bytes: 10n }, 3n, 1n),
    counted({ max_bytes: -1n }, 4n, 2n),
    counted({ max_bytes: 20n, storage: 'memory' }, 5n),
  ];
  const info = accountInfo({ streams, limits: new Map([['', NO_LIMITS]]), domain: '', api });
  expect(info).toMatchObject({ memory: 5n, storage: 7n, reserved_memory: 20n, reserved_storage: 10n, consumers: 3n });
});

test('API-51 tiers: limits of each, none for all', () => {
  const streams = [counted({ max_bytes: 10n }), counted({ num_replicas: 5n })];
  const limits = new Map([
    ['R1', NO_LIMITS],
    ['R3', NO_LIMITS],
  ]);
  const info = accountInfo({ streams, limits, domain: '', api });
  expect(info.limits.max_streams).toBe(0n);
  expect([...info.tiers.keys()]).toEqual(['R1', 'R3', 'R5']);
  expect(info.tiers.get('R1')).toMatchObject({ streams: 1n, reserved_storage: 10n, limits: NO_LIMITS });
  expect(ACCOUNT_INFO.write(info)).toContain('"tiers":{"R1":{"memory":0,');
});
