/**
 * What an operator must not overlook: a server that is open, or shut, although its options read as if it were not.
 *
 * Looks at what was written and what was skipped; decides nothing.
 */

import type { AuthorizationOptions, BrokerOptions } from './types.js';

/** Sentences for the log; `skippedGuards` are the options about access that the file has and the server ignores. */
export function cautions({ authorization = {} }: BrokerOptions, skippedGuards: readonly string[] = []): string[] {
  if (asksForCredentials(authorization)) {
    const nobody = authorization.users?.length === 0 && !authorization.user && !authorization.token;
    return nobody ? ['NOBODY CAN CONNECT: credentials are asked for, and there is no user who has any'] : [];
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

/** Whether anyone is asked who they are. */
function asksForCredentials(auth: AuthorizationOptions): boolean {
  return auth.users !== undefined || Boolean(auth.user) || Boolean(auth.token);
}
