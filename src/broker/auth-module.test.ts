import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configure } from '../config/index.js';
import { withAuthentication } from './authenticate.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nats-turbo-auth-module-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

/** What the function of this module says about a client; the configuration names the module. */
async function said(module: string, more = ''): Promise<unknown> {
  const configFile = file('server.conf', `port: -1\nauth_module: "${module}"\n${more}`);
  const { authenticate, options } = await withAuthentication(configure({ configFile }));
  expect(options.authorization.required).toBe(true);
  return authenticate?.({ cid: 1, ip: '127.0.0.1', port: 5, user: 'u' });
}

describe('auth_module', () => {
  it('is found from the folder of the configuration file', async () => {
    file('auth.mjs', 'export default ({ user }) => ({ user: user.toUpperCase() });');
    expect(await said('./auth.mjs')).toEqual({ user: 'U' });
    expect(await said(join(dir, 'auth.mjs'))).toEqual({ user: 'U' });
  });

  it('may export it by its name, and be CommonJS', async () => {
    file('named.mjs', 'export async function authenticate({ user }) { return { refuse: user }; }');
    expect(await said('named.mjs')).toEqual({ refuse: 'u' });
    file('common.cjs', 'module.exports = ({ user }) => ({ user });');
    expect(await said('common.cjs')).toEqual({ user: 'u' });
  });

  it('is loaded again once it has changed', async () => {
    const path = file('changes.mjs', "export default () => ({ user: 'one' });");
    expect(await said('changes.mjs')).toEqual({ user: 'one' });
    file('changes.mjs', "export default () => ({ user: 'two' });");
    utimesSync(path, 1000, 1000);
    expect(await said('changes.mjs')).toEqual({ user: 'two' });
  });

  it.each([
    ['missing.mjs', '', /server\.conf:2:\d+: auth_module: .*missing\.mjs can't be read: ENOENT.* Give the path/s],
    ['empty.mjs', '', /server\.conf:2:\d+: auth_module: .*empty\.mjs exports no function\. Export a function/],
    ['broken.mjs', '', /server\.conf:2:\d+: auth_module: .*broken\.mjs can't be loaded: Error: oh no\. Correct/],
    ['fine.mjs', 'authorization { token: t }', /Can not have auth_module and a token, users or no_auth_user/],
  ])('%s %s is refused with its place', async (module, more, told) => {
    file('empty.mjs', 'export const nothing = 5;');
    file('broken.mjs', "throw new Error('oh no');");
    file('fine.mjs', "export default () => ({ user: 'x' });");
    await expect(said(module, more)).rejects.toThrow(told);
  });

  it('does not go with a function of the program', async () => {
    const configured = configure({ authModule: join(dir, 'auth.mjs') });
    await expect(withAuthentication(configured, () => ({ user: 'x' }))).rejects.toThrow(
      'Can not have authModule and authenticate',
    );
  });

  it('asks nobody where there is none', async () => {
    const { authenticate, options } = await withAuthentication(configure({}));
    expect([authenticate, options.authorization.required]).toEqual([undefined, false]);
  });
});
