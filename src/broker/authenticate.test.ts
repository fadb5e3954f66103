import { describe, expect, it } from 'vitest';
import { type BrokerOptions, configure } from '../config/index.js';
import type { AuthenticatedUser, AuthenticationRequest } from '../native/contract.js';
import { type Authenticate, answer, separateAuthenticate, withAuthentication } from './authenticate.js';
import { createIdentity } from './identity.js';
import { compilePlan } from './plan.js';

const REQUEST: AuthenticationRequest = { id: 9, cid: 3, ip: '::1', port: 4000, user: 'ann', pass: 's3cret' };

/** What the data plane is told, and what the log says. */
async function answered(authenticate: Authenticate) {
  const sent: [number, AuthenticatedUser | undefined][] = [];
  const log: string[] = [];
  await answer(authenticate, REQUEST, {
    hasAccount: (name) => name === 'A',
    send: (id, user) => void sent.push([id, user]),
    logError: (text) => void log.push(text),
  });
  return { sent, log };
}

describe('an answer', () => {
  it('admits a user, with or without permissions', async () => {
    expect(await answered(() => ({ user: 'ann' }))).toEqual({ sent: [[9, { user: 'ann' }]], log: [] });
    const limited = await answered(async () => ({
      user: 'ann',
      permissions: { publish: 'a.>', subscribe: { deny: 'b' } },
    }));
    const permissions = { publish: { allow: ['a.>'] }, subscribe: { deny: ['b'] } };
    expect(limited).toEqual({ sent: [[9, { user: 'ann', permissions }]], log: [] });
  });

  it('names the account that the client is in', async () => {
    const permissions = { publish: { allow: ['a'] } };
    const sent = { user: 'ann', account: 'A', permissions };
    expect(await answered(() => ({ user: 'ann', account: 'A', permissions: { publish: 'a' } }))).toEqual({
      sent: [[9, sent]],
      log: [],
    });
  });

  it('is given what the client sent, without the number of the request', async () => {
    let seen: unknown;
    await answered((request) => {
      seen = request;
      return { refuse: '' };
    });
    expect(seen).toEqual({ cid: 3, ip: '::1', port: 4000, user: 'ann', pass: 's3cret' });
  });

  const failing: [string, () => unknown, string][] = [
    ['a refusal', () => ({ refuse: 'no such user' }), 'authenticate refused the client: no such user'],
    ['a thrown error', () => raise(new Error('no database')), 'client refused, authenticate failed: no database'],
    ['a thrown text', () => raise('x'), 'client refused, authenticate failed: x'],
    ['a rejection', () => Promise.reject(new Error('y')), 'client refused, authenticate failed: y'],
    ...[undefined, null, true, 'ann', {}, { user: '' }, { user: 1 }].map((value): [string, () => unknown, string] => [
      JSON.stringify(value) ?? 'nothing',
      () => value,
      "client refused, authenticate returned an invalid answer: expected { user: 'name' } or { refuse: 'reason' }",
    ]),
    [
      'a wrong subject',
      () => ({ user: 'ann', permissions: { publish: 'a b' } }),
      'permissions.publish.allow: subject "a b" is not a valid subject',
    ],
    ...['B', '', 1, null].map((account): [string, () => unknown, string] => [
      `the account ${JSON.stringify(account)}`,
      () => ({ user: 'ann', account }),
      `client refused, authenticate returned an invalid answer: there is no account ${JSON.stringify(account)}, declare`,
    ]),
    ['a wrong permission', () => ({ user: 'ann', permissions: { publsh: 'a' } }), 'did you mean'],
  ];

  it.each(failing)('that is %s refuses, and the log says why', async (_, give, text) => {
    const { sent, log } = await answered(give as Authenticate);
    expect(sent).toEqual([[9, undefined]]);
    expect(log).toEqual([expect.stringContaining(text)]);
    expect(log[0]).toMatch(/^\[::1\]:4000 - cid:3 - /);
    expect(log[0]).not.toContain('s3cret');
  });
});

describe('the option', () => {
  const authenticate: Authenticate = () => ({ refuse: '' });

  it('is separated from what a file may say', () => {
    expect(separateAuthenticate({ port: 1, authenticate })).toEqual({ written: { port: 1 }, given: authenticate });
    expect(separateAuthenticate({ port: 1 })).toEqual({ written: { port: 1 } });
    expect(separateAuthenticate(null as never)).toEqual({ written: null });
  });

  it('makes the broker ask for credentials', async () => {
    const { options } = await withAuthentication(configure({ authorization: { timeout: '5s' } }), authenticate);
    expect(options.authorization.required).toBe(true);
    const { auth } = compilePlan(options, createIdentity(), true);
    expect(auth).toEqual({ users: [], plainUsers: [], embedder: true, failedLoginDelayMs: 0, timeoutMs: 5000 });
  });

  const users = [{ user: 'a', password: 'b' }];
  it.each<BrokerOptions>([
    { authorization: { token: 't' } },
    { authorization: { user: 'a', password: 'b' } },
    { authorization: { users } },
    { authorization: { users: [] } },
    { authorization: { users }, noAuthUser: 'a' },
  ])('contradicts %j', async (written) => {
    await expect(withAuthentication(configure(written), authenticate)).rejects.toThrow(
      'Can not have authenticate and a token, users or noAuthUser',
    );
  });

  it('is a function', async () => {
    const refused = withAuthentication(configure({}), 'yes' as never);
    await expect(refused).rejects.toThrow('authenticate must be a function');
  });
});

function raise(error: unknown): never {
  throw error;
}
