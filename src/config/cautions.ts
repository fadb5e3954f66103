/**
 * What an operator must not overlook: a server that is open, or shut, although its options read as if it were not.
 *
 * Looks at what was written and what was skipped; decides nothing.
 */

import { nameOf } from './blocks/users.js';
import { quote } from './text.js';
import type { AuthorizationOptions, BrokerOptions, UserOptions } from './types.js';

/** So many users without a password are named. */
const NAMED_MAX = 5;

/** Sentences for the log; `skippedGuards` are the options about access that the file has and the server ignores. */
export function cautions(
  { authorization = {}, accounts, noAuthUser, authModule }: BrokerOptions,
  skippedGuards: readonly string[] = [],
): string[] {
  if (authModule) return [];
  const users = listedUsers(authorization, accounts);
  if (users !== undefined || authorization.token) {
    if (users?.length === 0 && !authorization.token) {
      return ['NOBODY CAN CONNECT: credentials are asked for, and there is no user who has any'];
    }
    return passwordless(users ?? [], noAuthUser);
  }
  const found: string[] = [];
  if (skippedGuards.length > 0) {
    const [names, verb] = [[...new Set(skippedGuards)].join(', '), skippedGuards.length > 1 ? 'are' : 'is'];
    found.push(
      `NOBODY IS ASKED FOR CREDENTIALS: ${names} ${verb} not there yet and skipped, so whoever reaches this server ` +
        'may do everything; add authorization { users: [...] }, or let it listen on 127.0.0.1 only',
    );
  }
  if (authorization.password) {
    found.push('NOBODY IS ASKED FOR CREDENTIALS: a password without a user counts for nothing; give the user, too');
  }
  return found;
}

/** Users whose name is all a client needs. The one that clients without credentials become is so on purpose. */
function passwordless(users: readonly UserOptions[], noAuthUser: string | undefined): string[] {
  const names = users
    .filter(({ user, password, nkey }) => !nkey && !password && user !== noAuthUser)
    .map((user) => quote(nameOf(user)));
  if (names.length === 0) return [];
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  const who = `${names.slice(0, NAMED_MAX).join(', ')}${more}`;
  const what = names.length === 1 ? `user ${who} has no password` : `users ${who} have no password`;
  return [`${what}: a client that gives the name gets in; add a password`];
}

/** All users, those of accounts among them; undefined: nothing says that there are any. */
function listedUsers(
  { user, password, users }: AuthorizationOptions,
  accounts: BrokerOptions['accounts'] = [],
): UserOptions[] | undefined {
  const single = user ? [{ user, password }] : undefined;
  const ofAccounts = Array.isArray(accounts) ? [] : Object.values(accounts).map((account) => account.users);
  const lists = [users ?? single, ...ofAccounts].filter((list) => list !== undefined);
  return lists.length === 0 ? undefined : lists.flat();
}
