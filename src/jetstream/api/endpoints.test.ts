import { expect, test } from 'vitest';
import { admit, admitAfterBody, isTooHigh } from './admission.js';
import { domainMappings, withoutDomain } from './domain.js';
import { routeOf, systemRouteOf } from './endpoints.js';

const asker = { isSystemAccount: false, isEnabled: true };

test.each([
  ['INFO', 'INFO', {}],
  ['STREAM.CREATE.S', 'STREAM.CREATE', { stream: 'S' }],
  ['STREAM.MSG.GET.S', 'STREAM.MSG.GET', { stream: 'S' }],
  ['CONSUMER.CREATE.S', 'CONSUMER.CREATE', { stream: 'S' }],
  ['CONSUMER.CREATE.S.c', 'CONSUMER.CREATE', { stream: 'S', consumer: 'c' }],
  ['CONSUMER.CREATE.S.c.f.>', 'CONSUMER.CREATE', { stream: 'S', consumer: 'c.f.>' }],
  ['CONSUMER.DURABLE.CREATE.S.c', 'CONSUMER.DURABLE.CREATE', { stream: 'S', consumer: 'c' }],
  ['STREAM.INFO.a%sb', 'STREAM.INFO', { stream: 'a%sb' }],
])('API-24 %s is %s with %o', (subject, name, parameters) => {
  const route = routeOf(`$JS.API.${subject}`);
  expect([route?.endpoint.name, route?.parameters]).toEqual([name, parameters]);
});

test.each(['FOO', 'STREAM', 'STREAM.CREATE', 'STREAM.CREATE.a.b', 'INFO.a', 'CONSUMER.RESET.S.c', 'DIRECT.GET.S', ''])(
  'API-4, API-5 nobody answers on %j',
  (subject) => {
    expect(routeOf(`$JS.API.${subject}`)).toBeUndefined();
    expect(admit(`$JS.API.${subject}`, asker)).toEqual({ kind: 'ignore' });
  },
);

test('API-2 what only tells something waits in a queue of its own', () => {
  const names = ['INFO', 'STREAM.NAMES', 'STREAM.LIST', 'STREAM.INFO.S', 'CONSUMER.NAMES.S', 'CONSUMER.LIST.S'];
  const info = [...names, 'CONSUMER.INFO.S.c'].map((name) => routeOf(`$JS.API.${name}`)?.endpoint.isInfo);
  expect(new Set(info)).toEqual(new Set([true]));
  expect(routeOf('$JS.API.STREAM.MSG.GET.S')?.endpoint.isInfo).toBeUndefined();
});

test('API-3 the level comes before the account, and the body of a consumer before both', () => {
  const lacking = { isSystemAccount: false, isEnabled: false, requiredLevel: '6' };
  const refused = (subject: string, who: object) => {
    const admission = admit(`$JS.API.${subject}`, { ...asker, ...who });
    return admission.kind === 'refuse' ? JSON.parse(admission.answer).error.err_code : admission.kind;
  };
  expect(refused('STREAM.INFO.S', lacking)).toBe(10185);
  expect(refused('STREAM.INFO.S', { isEnabled: false })).toBe(10039);
  expect(refused('CONSUMER.CREATE.S', lacking)).toBe('serve');
  expect(refused('CONSUMER.UNPIN.S.c', lacking)).toBe(10185);
  expect(refused('CONSUMER.UNPIN.S.c', { isEnabled: false })).toBe('serve');
  const route = routeOf('$JS.API.CONSUMER.PAUSE.S.c');
  if (route === undefined) throw new Error('no route');
  expect(admitAfterBody(route, lacking)).toMatchObject({ kind: 'refuse', answer: expect.stringContaining('10185') });
});

test('API-7 clusters', () => {
  const admission = admit('$JS.API.STREAM.LEADER.STEPDOWN.S', { ...asker, isEnabled: false });
  expect(admission).toEqual({
    kind: 'refuse',
    answer:
      '{"type":"io.nats.jetstream.api.v1.stream_leader_stepdown_response","error":{"code":503,"err_code":10010,' +
      '"description":"JetStream clustering support required"}}',
  });
  expect(admit('$JS.API.META.LEADER.STEPDOWN', asker)).toEqual({ kind: 'ignore' });
  expect(admit('$JS.API.ACCOUNT.PURGE.X', asker)).toEqual({ kind: 'ignore' });
});

test('API-8 the system account has no streams, and may remove those of others', () => {
  const system = { isSystemAccount: true, isEnabled: false };
  expect(admit('$JS.API.INFO', system)).toMatchObject({ answer: expect.stringContaining('account_info_response') });
  expect(admit('$JS.API.STREAM.NAMES', system)).toMatchObject({ answer: expect.stringContaining('system_response') });
  expect(admit('$JS.API.ACCOUNT.PURGE.X', system)).toMatchObject({ kind: 'serve' });
  expect(systemRouteOf('$JS.API.ACCOUNT.PURGE.X')?.parameters).toEqual({ account: 'X' });
});

test.each([
  ['', false],
  ['5', false],
  ['-1', false],
  ['+5', false],
  ['6', true],
  ['5.0', true],
  ['x', true],
  ['99999999999999999999', true],
])('API-37 the level %j', (level, tooHigh) => {
  expect(isTooHigh(level)).toBe(tooHigh);
});

test('API-47 under a domain', () => {
  expect(withoutDomain('$JS.hub.API.INFO', 'hub')).toBe('$JS.API.INFO');
  expect(withoutDomain('$JS.hub.API.STREAM.INFO.S', 'hub')).toBe('$JS.API.STREAM.INFO.S');
  expect(withoutDomain('$JS.hub.API.DIRECT.GET.S.a.b', 'hub')).toBe('$JS.API.DIRECT.GET.S.a.b');
  expect(withoutDomain('$JS.hub.API.$KV.b.k', 'hub')).toBe('$KV.b.k');
  expect(withoutDomain('$JS.hub.API.$OBJ.b.k', 'hub')).toBe('$OBJ.b.k');
  expect(domainMappings('hub').size).toBe(9);
});

test.each(['$JS.nope.API.INFO', '$JS.hub.API.FOO', '$JS.hub.API.STREAM', '$JS.hub.API.STREAM.', '$JS.API.INFO'])(
  'API-6 %s is not under it',
  (subject) => {
    expect(withoutDomain(subject, 'hub')).toBeUndefined();
  },
);
