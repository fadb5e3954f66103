/** What a file says and the broker can't run with: told with its place and with what to do. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configure } from '../config/configure.js';
import { ConfigError, OptionsError } from '../config/errors.js';
import type { BrokerOptions } from '../config/types.js';
import { configCommand } from '../explain/command.js';
import { doctorCommand } from './command.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'place-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(text: string): string {
  const path = join(dir, 'x.conf');
  writeFileSync(path, text);
  return path;
}

function refused(text: string, over: BrokerOptions = {}): unknown {
  const configFile = file(text);
  try {
    configure({ configFile, ...over });
  } catch (error) {
    return error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('values that only a look at all options shows to be wrong', () => {
  test.each([
    ['port: 70000', '1:7: invalid port 70000. Use a port up to 65535, or -1 for any free port.'],
    ['debug: true\nlisten: "127.0.0.1:70000"', '2:10: invalid port 70000. '],
    ['port: -1\nhttp: 70000', '2:7: invalid http_port 70000. '],
    ['port: -1\nmonitor_port: -2', '2:15: invalid http_port -2. '],
    ['port: -1\n  ping_max: -1', '2:13: ping_max can not be negative. '],
    ['max_pending: 1MB\nmax_payload: 2MB', '2:14: max_payload (2097152) cannot be higher than max_pending (1048576). '],
    ['lame_duck_grace_period: "3m"', '1:26: lame duck grace period (3m0s) should be strictly lower than '],
    ['port: -1\nno_auth_user: zz', '2:15: no_auth_user: "zz" present, but users/nkeys are not defined. '],
    ['client_advertise: "x:y"', '1:20: client_advertise "x:y" is not an address of the form host[:port]. '],
  ])('%s', (text, expected) => {
    const error = refused(text);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', problems: [{ file: join(dir, 'x.conf') }] });
    expect((error as Error).message.startsWith(`${join(dir, 'x.conf')}:${expected}`)).toBe(true);
  });

  test('of names for one thing, the one that counts', () => {
    expect(refused('port: 70000\nlisten: 70001')).toMatchObject({ problems: [{ line: 2 }] });
  });

  test('what was given beside the file has no place in it', () => {
    const error = refused('port: 70000', { port: 70_001 });
    expect(error).toBeInstanceOf(OptionsError);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'port', reason: 'invalid port 70001' });
  });

  test('a flag may put right what the file has wrong', () => {
    expect(configure({ configFile: file('port: 70000'), port: 1 }).options.port).toBe(1);
  });

  test('explain and doctor show the same place, doctor with the remedy on its own line', async () => {
    const path = file('debug: true\nport: 70000');
    expect(configCommand(['explain', path])).toMatchObject({
      code: 2,
      stderr: `${path}:2:7: invalid port 70000. Use a port up to 65535, or -1 for any free port.\n`,
    });
    const { stdout } = await doctorCommand(['-c', path, '--json']);
    expect(JSON.parse(stdout).findings[0]).toEqual({
      check: `configuration ${path}`,
      level: 'problem',
      message: `${path}:2:7: invalid port 70000`,
      todo: 'Use a port up to 65535, or -1 for any free port.',
    });
  });
});

describe('values of another type than the types allow, as JavaScript lets one write them', () => {
  const user = (permissions: unknown) => ({ authorization: { users: [{ user: 'a', permissions }] } });
  test.each<[option: string, options: object]>([
    ['http', { http: true }],
    ['http', { http: { port: 1 } }],
    ['authorization.users', { authorization: { users: 'ann' } }],
    ['authorization.users', { authorization: { users: { user: 'ann' } } }],
    ['authorization.users.permissions.publish', user({ publish: 5 })],
    ['authorization.users.permissions.publish.allowed', user({ publish: { allowed: 'x' } })],
    ['authorization.users.permissions.subscribe.deny', user({ subscribe: { deny: 5 } })],
    ['authorization.users.permissions.publish.allow', user({ publish: ['a', 5] })],
    ['authorization.users.permissions.allowResponses', user({ allowResponses: 3 })],
    ['authorization.users.permissions.allowResponses.maximum', user({ allowResponses: { maximum: 3 } })],
    ['authorization.users.permissions.allowResponses.max', user({ allowResponses: { max: '3' } })],
  ])('%s in %j', (option, options) => {
    expect(() => configure(options as BrokerOptions)).toThrow(
      expect.objectContaining({ name: 'OptionsError', option }),
    );
  });
});

describe('secrets', () => {
  const PIN = '20261130';
  test.each([
    `authorization { user: a, password: ${PIN} }`,
    `authorization { user: a, pass: ${PIN}.5 }`,
    `authorization { token: ${PIN} }`,
    `authorization { token: [${PIN} ] }`,
    `authorization { users: [ { user: a, password: ${PIN} } ] }`,
    `P: ${PIN}\nauthorization { users: [ { user: a, password: $P } ] }`,
    `authorization: ${PIN}`,
    `authorization: "${PIN}"`,
    `authorization { users: ["${PIN}"] }`,
    `authorization { users: "${PIN}" }`,
    `authorization { token: ${PIN}${PIN}${PIN} }`,
    `authorization { users: [ { user: a, password: ${PIN}${PIN}${PIN} } ] }`,
    `authorization { password: 2026-11-30T99:99:99Z, user: ${PIN} }`,
    `default_sentinel: ${PIN}`,
    `accounts { A { users: [ { user: a, password: ${PIN} } ] } }`,
    `cluster { authorization { user: a, password: ${PIN} } }`,
    `gateway { authorization { password: ${PIN} } }`,
    `leafnodes { remotes: [ { nkey: ${PIN}, proxy { password: ${PIN} } } ] }`,
    `leafnodes { authorization { users: [ { user: a, pass: ${PIN} } ] } }`,
    `websocket { authorization { token: ${PIN} } }`,
    `mqtt { authorization { password: ${PIN} } }`,
    `jetstream { key: ${PIN}, prev_key: ${PIN}, tpm { srk_password: ${PIN}, encryption_password: ${PIN} } }`,
  ])('%s: nothing that is printed has the value', (text) => {
    for (const allowUnsupported of [false, true]) {
      const { message } = refused(text, { allowUnsupported }) as Error;
      expect(message).not.toMatch(/20261130|99:99/);
    }
  });

  test.each([
    { user: 'a', password: 20261130 },
    { token: 20261130 },
    { token: [PIN] },
    { users: PIN },
    { users: [PIN] },
    { users: [{ user: 'a', password: 20261130 }] },
  ])('%j in library options: nothing that is printed has the value', (authorization) => {
    expect(() => configure({ authorization } as unknown as BrokerOptions)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(PIN) }),
    );
  });
});

describe('flags beside a file', () => {
  const users = 'authorization { users: [ { user: a, password: b } ] }';

  test.each([{ user: 'x', password: 'y' }, { token: 't' }])('%j is ignored where the file lists users', (given) => {
    const { options, cautions } = configure({ configFile: file(users), authorization: given });
    expect(options.authorization.users).toEqual([{ user: 'a', password: 'b' }]);
    expect([options.authorization.single, options.authorization.token]).toEqual([undefined, undefined]);
    expect(cautions).toEqual([expect.stringContaining('the file has a list of users')]);
  });

  test('explain shows the users that count', () => {
    const { stdout } = configCommand(['explain', file(users), '--user', 'x', '--pass', 'y']);
    expect(stdout).toContain('authorization.users[a].user');
    expect(stdout).not.toMatch(/^authorization\.user /m);
  });
});

test('what stops a start is printed before what was only skipped', () => {
  const { message } = refused('leafnodes {}\njetstream {}\nprot: 4222', { allowUnsupported: true }) as Error;
  const [first, ...others] = message.split('\n');
  expect(first).toContain('unknown field "prot"');
  expect(others).toEqual([
    expect.stringContaining('ignoring "leafnodes"'),
    expect.stringContaining('ignoring "jetstream"'),
  ]);
});
