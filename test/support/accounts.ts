/** For tests of what crosses accounts: servers whose accounts have a user each, and clients of these. */
import type { RawClient } from './raw.js';
import { TestServer, writeConfig } from './server.js';

/** Accounts with what is in them besides a user, whose name is that of the account. */
export type AccountTexts = Record<string, string>;

/** A configuration with these accounts. `more`: what stands beside them. */
export function accountsConfig(all: AccountTexts, more = ''): string {
  const each = Object.entries(all).map(
    ([name, text]) => `${name} { users: [ { user: ${name}, password: p } ]\n${text} }\n`,
  );
  return `authorization { timeout: 60 }\n${more}\naccounts {\n${each.join('')}}\n`;
}

export function startWithAccounts(all: AccountTexts, more = ''): Promise<TestServer> {
  return TestServer.start({ config: accountsConfig(all, more) });
}

/** A client of each of these accounts. `connect`: fields of CONNECT. */
export async function openAll(
  server: TestServer,
  names: readonly string[],
  connect: Record<string, unknown> = {},
): Promise<RawClient[]> {
  return Promise.all(names.map((user) => server.open({ user, pass: 'p', ...connect })));
}

/** Changes the accounts. The line of the log that ends the reload. */
export async function reloadAccounts(server: TestServer, all: AccountTexts, more = ''): Promise<string> {
  const from = server.log.length;
  writeConfig(server.dir, accountsConfig(all, more));
  server.kill('SIGHUP');
  return server.waitForLog(/Reloaded server configuration|Failed to reload/, from);
}
