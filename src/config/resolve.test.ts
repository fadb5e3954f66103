/** Defaults, normal forms, and what options must agree on. */

import { describe, expect, test } from 'vitest';
import { configure } from './configure.js';
import { OptionsError } from './errors.js';
import { resolveOptions, startupWarnings } from './resolve.js';
import type { BrokerOptions } from './types.js';

function refused(options: unknown): OptionsError {
  try {
    resolveOptions(options as BrokerOptions);
  } catch (error) {
    if (error instanceof OptionsError) return error;
    throw error;
  }
  throw new Error('the options were accepted');
}

const users = [{ user: 'u', password: 'p' }];

describe('1.1 defaults', () => {
  test('are those of the reference', () => {
    expect(resolveOptions()).toMatchObject({
      host: '0.0.0.0',
      port: 4222,
      maxControlLine: 4096,
      maxPayload: 1_048_576,
      maxPending: 67_108_864,
      maxConnections: 65_536,
      maxSubscriptions: 0,
      maxSubTokens: 0,
      maxClosedClients: 10_000,
      pingIntervalMs: 120_000,
      pingMax: 2,
      writeDeadlineMs: 10_000,
      writeTimeout: 'default',
      lameDuckDurationMs: 120_000,
      lameDuckGracePeriodMs: 10_000,
      logtime: true,
      debug: false,
      trace: false,
      noHeaderSupport: false,
      authorization: { required: false, users: [], timeoutMs: 2000, failedLoginDelayMs: 0 },
    });
    expect(resolveOptions().http).toBeUndefined();
  });

  test('take the place of zeros and of undefined', () => {
    const zeros = { maxPayload: 0, pingInterval: '0s', pingMax: 0, writeDeadline: 0, maxPending: undefined };
    expect(resolveOptions(zeros)).toMatchObject({ maxPayload: 1_048_576, pingIntervalMs: 120_000, pingMax: 2 });
  });
});

describe('normal forms', () => {
  test('ports', () => {
    expect([0, -1, 4000].map((port) => resolveOptions({ port }).port)).toEqual([0, 0, 4000]);
    expect(resolveOptions({ http: ':8222', host: '127.0.0.1' }).http).toEqual({
      host: '127.0.0.1',
      port: 8222,
      basePath: '',
    });
    expect(resolveOptions({ httpPort: -1, httpHost: 'h', httpBasePath: 'a/../b/' }).http).toEqual({
      host: 'h',
      port: 0,
      basePath: '/b',
    });
  });

  test('sizes and durations', () => {
    const options = { maxPayload: '2MB', maxPending: '1g', pingInterval: '1m30s', writeDeadline: 250 };
    expect(resolveOptions(options)).toMatchObject({
      maxPayload: 2_097_152,
      maxPending: 1_000_000_000,
      pingIntervalMs: 90_000,
      writeDeadlineMs: 250,
    });
  });

  test('limits where nothing is a value', () => {
    expect(resolveOptions({ maxConnections: 0 }).maxConnections).toBe(-1);
    expect(resolveOptions({ maxSubscriptions: -1 }).maxSubscriptions).toBe(0);
    expect(resolveOptions({ logSizeLimit: -1, logMaxNum: -5 })).toMatchObject({ logSizeLimit: 0, logMaxNum: 0 });
  });

  test('tracing details turn tracing on, unless it is said to be off', () => {
    expect(resolveOptions({ traceHeaders: true }).trace).toBe(true);
    expect(resolveOptions({ traceVerbose: true, trace: false }).trace).toBe(false);
  });
});

describe('2.4 credentials', () => {
  test('one user, a token, nobody', () => {
    expect(resolveOptions({ authorization: { user: 'a', password: 'b' } }).authorization).toEqual({
      required: true,
      users: [{ user: 'a', password: 'b' }],
      single: 'a',
      timeoutMs: 2000,
      failedLoginDelayMs: 0,
    });
    expect(resolveOptions({ authorization: { token: 't', timeout: '5s' } }).authorization).toEqual({
      required: true,
      token: 't',
      users: [],
      timeoutMs: 5000,
      failedLoginDelayMs: 0,
    });
    expect(resolveOptions({ authorization: { users: [] } }).authorization.required).toBe(true);
  });

  test('permissions of one’s own, or the default ones', () => {
    const { authorization } = resolveOptions({
      authorization: {
        defaultPermissions: { publish: 'd' },
        users: [{ user: 'a' }, { user: 'b', permissions: { subscribe: { deny: 'x q' } } }],
      },
    });
    expect(authorization.users.map(({ permissions }) => permissions)).toEqual([
      { publish: { allow: ['d'] } },
      { subscribe: { deny: ['x q'] } },
    ]);
  });

  test('the limits of replies', () => {
    const allowing = (permissions: object) =>
      resolveOptions({ authorization: { users: [{ user: 'a', permissions }] } }).authorization.users[0]?.permissions;
    expect(allowing({ allowResponses: true })).toEqual({
      allowResponses: { max: 1, expiresMs: 120_000 },
    });
    expect(allowing({ publish: { deny: 'x' }, allowResponses: { max: -1, expires: '1s' } })).toEqual({
      publish: { deny: ['x'] },
      allowResponses: { max: -1, expiresMs: 1000 },
    });
    expect(allowing({ allowResponses: false })).toEqual({});
  });
});

describe('2.7 what a start refuses', () => {
  test.each<[string, object, string]>([
    [
      'maxPayload',
      { maxPayload: '2MB', maxPending: '1MB' },
      'maxPayload (2097152) cannot be higher than maxPending (1048576)',
    ],
    [
      'lameDuckGracePeriod',
      { lameDuckDuration: '30s', lameDuckGracePeriod: '5m' },
      'lame duck grace period (5m0s) should be strictly lower than lame duck duration (30s)',
    ],
    ['serverName', { serverName: 'a b' }, 'server name cannot contain spaces'],
    ['noAuthUser', { noAuthUser: 'X' }, 'noAuthUser: "X" present, but users/nkeys are not defined'],
    [
      'noAuthUser',
      { noAuthUser: 'X', authorization: { users } },
      'noAuthUser: "X" not present as user or nkey in authorization block or account configuration',
    ],
    ['authorization', { authorization: { users, token: 't' } }, 'Can not have a token and a users array'],
    ['authorization', { authorization: { user: 'a', token: 't' } }, 'Cannot have a user/pass and token'],
    ['authorization.users', { authorization: { users: [...users, ...users] } }, 'Duplicate user "u" detected'],
    [
      'authorization.users.permissions.publish.allow',
      { authorization: { users: [{ user: 'u', permissions: { publish: 'a b' } }] } },
      'authorization.users[0].permissions.publish.allow: subject "a b" is not a valid subject',
    ],
    ['prot', { prot: 1 }, 'unknown option "prot", did you mean "port"?'],
    ['jetstream', { jetstream: true }, `"jetstream" can't be used: JetStream is not there yet`],
    ['clientAdvertise', { clientAdvertise: 'x:y' }, 'clientAdvertise "x:y" is not an address of the form host[:port]'],
    ['clientAdvertise', { clientAdvertise: '::1' }, 'clientAdvertise "::1" is not an address of the form host[:port]'],
    [
      'clientAdvertise',
      { clientAdvertise: 'x:70000' },
      'clientAdvertise "x:70000" is not an address of the form host[:port]',
    ],
    ['port', { port: 70_000 }, 'invalid port 70000'],
    ['profPort', { profPort: -2 }, 'invalid profPort -2'],
    ['port', { port: '4222' }, 'port must be a whole number, not "4222"'],
    ['debug', { debug: 'yes' }, 'debug must be true or false, not "yes"'],
    ['pingInterval', { pingInterval: '5x' }, 'error parsing pingInterval: time: unknown unit "x" in duration "5x"'],
    ['maxSubTokens', { maxSubTokens: 256 }, 'maxSubTokens value is too big'],
    ['maxPending', { maxPending: 'lots' }, `maxPending must be a number of bytes, or a size such as '1MB', not "lots"`],
    ['writeTimeout', { writeTimeout: 'x' }, "writeTimeout must be 'default', 'close' or 'retry'"],
  ])('%s in %j', (option, options, message) => {
    const error = refused(options);
    expect([error.option, error.reason]).toEqual([option, message]);
    expect(error.remedy).not.toBe('');
    expect(error.message.startsWith(error.reason) && error.message.endsWith(error.remedy)).toBe(true);
  });

  test.each(['x', 'x:4222', ':4222', 'x:0', 'x:-1', '[::1]', '[::1]:4222', ''])('clients may be told %j', (address) => {
    expect(resolveOptions({ clientAdvertise: address }).clientAdvertise).toBe(address || undefined);
  });

  test.each([[null], [[]], ['x'], [4222]])('%j is no set of options', (written) => {
    expect(() => configure(written as BrokerOptions)).toThrow('options must be an object');
  });

  test('what is legal but unwise is a warning', () => {
    expect(startupWarnings(resolveOptions())).toEqual([]);
    expect(startupWarnings(resolveOptions({ authorization: { token: 'secret' } }))).toEqual([]);
    const hashed = [{ user: 'u', password: '$2y$11$abc' }];
    expect(startupWarnings(resolveOptions({ authorization: { users: hashed } }))).toEqual([]);
    expect(startupWarnings(resolveOptions({ maxPayload: '9MB', authorization: { users } }))).toEqual([
      'Maximum payloads over 8.00 MB are generally discouraged and could lead to poor performance',
      'Plaintext passwords detected, use nkeys or bcrypt',
    ]);
  });
});
