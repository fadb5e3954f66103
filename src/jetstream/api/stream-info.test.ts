import { expect, test } from 'vitest';
import { ZERO_INSTANT } from '../messages/instant.js';
import { streamConfig } from '../messages/stream-config.js';
import { STREAM_STATE } from '../messages/stream-info.js';
import { streamInfo } from './stream-info.js';

const facts = { config: streamConfig({ name: 'A' }), created: ZERO_INSTANT, state: STREAM_STATE.zero() };
const teller = { version: '2.15.2', name: 'server', domain: 'hub', now: ZERO_INSTANT };

test.each([
  ['create', true, '', undefined],
  ['update', true, 'hub', undefined],
  ['info', true, 'hub', { name: '', leader: 'server' }],
  ['list', false, 'hub', undefined],
] as const)('API-38, API-48, STR-6, STR-7 an info for %s', (purpose, hasMetadata, domain, cluster) => {
  const info = streamInfo(purpose, facts, teller);
  expect(info).toMatchObject({ domain, cluster, mirror: undefined, sources: [] });
  expect(info.config.metadata.has('_nats.ver')).toBe(hasMetadata);
});
