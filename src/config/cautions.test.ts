import { describe, expect, it } from 'vitest';
import { cautions } from './cautions.js';
import { configure } from './configure.js';
import { loadConfigText } from './load.js';

/** What the operator is warned of after this file with `--allow-unsupported`. */
function warned(text: string, flags = {}): string[] {
  const { options, skippedGuards } = loadConfigText(text, 'server.conf', { allowUnsupported: true });
  return cautions({ ...options, ...flags }, skippedGuards);
}

describe('a server that asks nobody although its file reads as if it did', () => {
  it.each([
    ['operator: "eyJ0"\nresolver: MEMORY', 'operator is'],
    ['roots: ["eyJ0"]\ntls { verify: true }', 'roots, tls are'],
    ['trusted_keys: ["OA"]', 'trusted_keys is'],
    ['tls { cert_file: a, key_file: b, verify: true }', 'tls is'],
    ['tls { verify_and_map: true }', 'tls is'],
    ['authorization { auth_callout { issuer: A } }', 'auth_callout is'],
  ])('%s', (text, names) => {
    expect(warned(text)).toEqual([expect.stringMatching(`^NOBODY IS ASKED FOR CREDENTIALS: ${names} not there yet`)]);
  });

  it('is not warned of when somebody is asked, or nothing about access was skipped', () => {
    expect(warned('roots: ["eyJ0"]', { authorization: { token: 's' } })).toEqual([]);
    expect(warned('roots: ["eyJ0"]\nauthorization { users: [{ user: a, password: b }] }')).toEqual([]);
    expect(warned('roots: ["eyJ0"]\naccounts { A { users: [{ user: a, password: b }] } }')).toEqual([]);
    expect(warned('jetstream {}\ntls { cert_file: a, key_file: b }')).toEqual([]);
    expect(cautions({})).toEqual([]);
  });

  it('a password without a user', () => {
    const { cautions: found, options } = configure({ authorization: { password: 'secret' } });
    expect(options.authorization.required).toBe(false);
    expect(found).toEqual([expect.stringMatching(/^NOBODY IS ASKED FOR CREDENTIALS: a password without a user/)]);
    expect(configure({ authorization: { user: 'a', password: 'secret' } }).cautions).toEqual([]);
  });
});

describe('users without a password', () => {
  const needsNoMore = 'a client that gives the name gets in; add a password';
  it.each([
    ['authorization { users: [{ user: a }] }', `user "a" has no password: ${needsNoMore}`],
    ['authorization { users: [{ user: a, password: "" }] }', `user "a" has no password: ${needsNoMore}`],
    ['authorization { user: a }', `user "a" has no password: ${needsNoMore}`],
    ['authorization { user: a, password: "" }', `user "a" has no password: ${needsNoMore}`],
    ['accounts { A { users: [{ user: a }] } }', `user "a" has no password: ${needsNoMore}`],
    [
      'authorization { users: [{ user: a }, { user: b, password: p }, { user: c }] }',
      `users "a", "c" have no password: ${needsNoMore}`,
    ],
  ])('%s', (text, expected) => {
    expect(warned(text)).toEqual([expected]);
  });

  it('given as a flag, and many of them', () => {
    expect(configure({ authorization: { user: 'a' } }).cautions).toHaveLength(1);
    const users = Array.from({ length: 7 }, (_, index) => ({ user: `u${index}` }));
    expect(configure({ authorization: { users } }).cautions).toEqual([
      `users "u0", "u1", "u2", "u3", "u4" and 2 more have no password: ${needsNoMore}`,
    ]);
  });

  it('the user of clients without credentials may be one', () => {
    const users = [{ user: 'a', password: 'p' }, { user: 'guest' }];
    expect(configure({ noAuthUser: 'guest', authorization: { users } }).cautions).toEqual([]);
  });
});

it('a server that nobody can enter', () => {
  expect(warned('authorization { users: [] }')).toEqual([expect.stringMatching(/^NOBODY CAN CONNECT/)]);
});

it('a user with a key needs no password', () => {
  const nkey = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4';
  expect(warned(`authorization { users: [{ nkey: ${nkey} }] }`)).toEqual([]);
  expect(warned(`accounts { A { users: [{ nkey: ${nkey} }] } }`)).toEqual([]);
});
