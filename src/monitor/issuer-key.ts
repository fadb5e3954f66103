/** Who vouches for a client that proved to have a key: its account, where keys are listed in the configuration. */
import type { ConnectionInfo } from '../native/contract.js';

/** The public key of a user; users with passwords have other names. */
const USER_KEY = /^U[A-Z2-7]{55}$/;

/** Undefined for clients with other credentials, and for those that were refused. */
export function issuerKey({ user, account }: ConnectionInfo): string | undefined {
  return user !== undefined && account !== '' && USER_KEY.test(user) ? account : undefined;
}
