/** `authorization`: who may connect. The description, and the form in which the broker reads it. */

import { OptionsError } from '../errors.js';
import type { ResolvedOf } from '../inferred-types.js';
import { kindOf } from '../language/nodes.js';
import { block, duration, list, secret, text } from '../value-type.js';
import { PERMISSIONS } from './permissions.js';
import { type Named, nameOf, nameTwice, PROXY_REQUIRED, type ResolvedUser, USER } from './users.js';

const AUTH_TIMEOUT_MS = 2_000;
const AUTH_TIMEOUT_HIGH_MS = 60_000;
const ONE_KIND = 'Keep one of: a token, a single user, a list of users.';

export const AUTHORIZATION = block(
  'AuthorizationOptions',
  [
    {
      name: 'user',
      aliases: ['username'],
      key: 'user',
      type: text(),
      doc: 'The name of a single user; not together with a token or a list of users.',
      reloadText: { field: 'Username', line: 'Reloaded: authorization username' },
      flag: {
        names: ['user'],
        kind: 'string',
        group: 'Authorization',
        arg: '<user>',
        help: 'User that clients must be',
      },
    },
    {
      name: 'password',
      aliases: ['pass'],
      key: 'password',
      type: secret(),
      doc: 'The password of the single user, or its bcrypt hash.',
      reloadText: { field: 'Password', line: 'Reloaded: authorization password' },
      flag: {
        names: ['pass'],
        kind: 'string',
        group: 'Authorization',
        arg: '<password>',
        help: 'Password of that user',
      },
    },
    {
      name: 'token',
      key: 'token',
      type: secret(),
      doc: 'A token that lets anyone in who has it, or its bcrypt hash.',
      reloadText: { field: 'Authorization', line: 'Reloaded: authorization token' },
      flag: {
        names: ['auth'],
        kind: 'string',
        group: 'Authorization',
        arg: '<token>',
        help: 'Token that clients must have',
      },
    },
    {
      name: 'users',
      key: 'users',
      type: list(USER, {
        twice: (users) => nameTwice(users, ['user', 'nkey']),
        messages: { wrongType: (got) => `Expected users field to be an array, got ${kindOf(got)}` },
      }),
      doc: 'A list of users.',
      reloadText: { field: 'Users', line: 'Reloaded: authorization users', always: true },
    },
    {
      name: 'timeout',
      key: 'timeout',
      type: duration({
        number: 'seconds',
        warnAboveMs: AUTH_TIMEOUT_HIGH_MS,
        messages: {
          wrongType: () => "error parsing authorization config, 'timeout' wrong type",
          invalid: (reason) => `error parsing authorization config, 'timeout' ${reason}`,
        },
      }),
      default: AUTH_TIMEOUT_MS,
      doc: 'How long a client may take to send valid credentials; seconds, or a duration, in a file.',
      reloadText: { field: 'AuthTimeout', line: (shown) => `Reloaded: authorization timeout = ${shown}` },
    },
    {
      name: 'failed_login_delay',
      key: 'failedLoginDelay',
      type: duration({ number: 'refused' }),
      default: 0,
      doc: 'After five failed logins from one address, its clients are let in one by one with this time between them, until a minute passes without a failure. 0, the default: nobody waits. nats-server has no such option.',
    },
    {
      name: 'default_permissions',
      aliases: ['default_permission', 'permissions'],
      key: 'defaultPermissions',
      type: PERMISSIONS,
      doc: 'Permissions of users that have none of their own.',
      reloadText: { line: '' },
    },
    {
      name: 'auth_callout',
      aliases: ['auth_hook'],
      type: block('AuthCalloutOptions', [
        { name: 'issuer', type: text(), doc: 'The public key that answers are signed with.' },
        { name: 'account', aliases: ['acc'], type: text(), doc: 'The account of the service.' },
        { name: 'auth_users', aliases: ['users'], type: list(text()), doc: 'The users of the service itself.' },
        { name: 'xkey', aliases: ['key'], type: text(), doc: 'The public key that requests are encrypted for.' },
        { name: 'allowed_accounts', type: list(text()), doc: 'The accounts that users may be put into.' },
      ]),
      doc: 'A service that decides about logins.',
      support: { notYet: 'the authorization callout is not there yet' },
      guards: true,
    },
    {
      ...PROXY_REQUIRED,
      reload: 'N',
      doc: 'Lets clients in only through one of the trusted `proxies`, unless the entry of the user says otherwise.',
    },
  ],
  {
    exclusive: [
      { fields: [['user', 'password'], ['token']], problem: 'Cannot have a user/pass and token', remedy: ONE_KIND },
      { fields: [['users'], ['user']], problem: 'Can not have a single user/pass and a users array', remedy: ONE_KIND },
      { fields: [['users'], ['token']], problem: 'Can not have a token and a users array', remedy: ONE_KIND },
    ],
  },
);
export interface ResolvedAuthorization {
  /** Whether INFO asks for credentials. True with an empty `users` refuses everyone. */
  required: boolean;
  token?: string;
  /** A single user stands here as well. */
  users: ResolvedUser[];
  /** Its name, where there is one. */
  single?: string;
  /** The user that connections without credentials become; it may be one of an account. */
  noAuthUser?: string;
  /** Without such a user they are nobody in particular, in `$G`. */
  anonymous?: true;
  /** Time between logins from an address from which several have failed; 0: none. */
  failedLoginDelayMs: number;
  /** Whether clients with the token have to come through a trusted proxy. */
  proxyRequired?: boolean;
  timeoutMs: number;
}

/** What the accounts of a configuration mean for who may connect. */
export interface UsersElsewhere {
  /** Whether any account lists some. */
  areListed: boolean;
  /** Those of all accounts. */
  users: () => readonly Named[];
  /** Nobody but the system account has any, so the others go on as if it was not there. */
  onlyOfSystem: boolean;
}

/** A single user becomes a list of one; default permissions are those of every user without its own. */
export function combineAuthorization(
  auth: ResolvedOf<typeof AUTHORIZATION>,
  noAuthUser: string | undefined,
  elsewhere: UsersElsewhere,
): ResolvedAuthorization {
  const { user: single, token, users: listed, timeoutMs, defaultPermissions, proxyRequired, failedLoginDelayMs } = auth;
  const anonymous = elsewhere.onlyOfSystem && noAuthUser === undefined;
  if (noAuthUser !== undefined) checkNoAuthUser(noAuthUser, listed, elsewhere);
  const ofAll = proxyRequired === undefined ? {} : { proxyRequired };
  const users: ResolvedUser[] = (listed ?? []).map(({ permissions = defaultPermissions, password = '', ...user }) => ({
    ...ofAll,
    ...user,
    password,
    ...(permissions && { permissions }),
  }));
  if (single !== undefined) users.push({ ...ofAll, user: single, password: auth.password ?? '' });
  return {
    required: [listed, single, token].some((given) => given !== undefined) || elsewhere.areListed || anonymous,
    users,
    timeoutMs,
    failedLoginDelayMs,
    ...ofAll,
    ...(single !== undefined && { single }),
    ...(token !== undefined && { token }),
    ...(noAuthUser !== undefined && { noAuthUser }),
    ...(anonymous && { anonymous }),
  };
}

function checkNoAuthUser(name: string, listed: readonly Named[] | undefined, elsewhere: UsersElsewhere): void {
  if ([...(listed ?? []), ...elsewhere.users()].some((user) => nameOf(user) === name)) return;
  const areNone = listed === undefined && !elsewhere.areListed;
  const problem = areNone
    ? 'present, but users/nkeys are not defined'
    : 'not present as user or nkey in authorization block or account configuration';
  throw new OptionsError(
    'noAuthUser',
    (nameOf) => `${nameOf('noAuthUser')}: "${name}" ${problem}`,
    areNone
      ? 'List the user under authorization.users or in an account.'
      : 'Name one of authorization.users, or of the users of an account.',
  );
}

/** The values that a reload compares, by the keys of the block. */
export function authorizationInForce(authorization: ResolvedAuthorization) {
  const { users: listed, single, token, timeoutMs, proxyRequired, failedLoginDelayMs } = authorization;
  const users = listed.filter(({ nkey }) => nkey === undefined);
  return {
    users,
    user: single,
    password: users.find(({ user }) => user === single)?.password,
    token,
    timeoutMs,
    proxyRequired,
    failedLoginDelayMs,
  };
}
