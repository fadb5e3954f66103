/**
 * `authorization`: who may connect and what they may do. The description, and the form in which the broker reads it.
 *
 * Credentials whose kind is not supported yet are never turned into weaker ones: where the user asked to skip such
 * options the entry is dropped, and a lone user is replaced by an empty list, so that nobody gets in by accident.
 */

import { OptionsError } from '../errors.js';
import type { ResolvedOf } from '../inferred-types.js';
import { goTypeOf, kindOf } from '../language/nodes.js';
import type { FieldSpec } from '../spec.js';
import { subjectListProblem } from '../subjects.js';
import { quote } from '../text.js';
import {
  block,
  bool,
  choice,
  duration,
  type Fault,
  int,
  type ListType,
  list,
  oneOrMore,
  secret,
  text,
} from '../value-type.js';

const AUTH_TIMEOUT_MS = 2_000;
const AUTH_TIMEOUT_HIGH_MS = 60_000;
const REPLIES_MAX = 1;
const REPLIES_EXPIRE_MS = 120_000;

export const CONNECTION_TYPES = [
  'STANDARD',
  'WEBSOCKET',
  'LEAFNODE',
  'LEAFNODE_WS',
  'MQTT',
  'MQTT_WS',
  'IN_PROCESS',
] as const;
/** All kinds of the reference, also those that this server does not accept yet. */
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** How a bcrypt hash begins. */
const BCRYPT = /^\$2[abxy]\$\d{2}\$/;

/** Whether a password is written as its bcrypt hash. */
export function isBcrypt(password: string): boolean {
  return BCRYPT.test(password);
}

/** Subjects of a permission; those to subscribe to may name a queue group. */
function subjects(queues: boolean) {
  const rules = {
    emptyInFile: 'absent',
    check: (entries: readonly string[]): Fault | undefined => {
      const problem = subjectListProblem(entries, queues);
      const remedy = queues ? 'Write "subject" or "subject queue".' : 'Write a subject without blanks.';
      return problem === undefined ? undefined : { problem, remedy };
    },
    messages: {
      wrongType: (got) => `Expected subject permissions to be a subject, or array of subjects, got ${kindOf(got)}`,
    },
  } as const satisfies Partial<ListType>;
  return oneOrMore(
    text({ messages: { wrongType: () => 'Subject in permissions array cannot be cast to string' } }),
    rules,
  );
}

/** A subject, a list of them, or what is allowed and what is denied. */
function subjectRule<const Q extends boolean>(queues: Q) {
  return block(
    'SubjectLists',
    [
      {
        name: 'allow',
        key: 'allow',
        type: subjects(queues),
        doc: 'Only these; nothing when the list is empty in library options.',
      },
      { name: 'deny', key: 'deny', type: subjects(queues), doc: 'None of these, allowed or not.' },
    ],
    {
      short: 'allow',
      messages: {
        unknownField: (name) => {
          const only = "only 'allow' or 'deny' are permitted";
          return `Unknown field name ${quote(name)} parsing subject permissions, ${only}`;
        },
      },
    },
  );
}

const unknownPermission = (name: string): string => `Unknown field ${quote(name)} parsing permissions`;

export const RESPONSES = block(
  'ResponsesOptions',
  [
    {
      name: 'max',
      aliases: ['max_msgs', 'max_messages', 'max_responses'],
      key: 'max',
      type: int({ negative: 'kept' }),
      default: REPLIES_MAX,
      doc: 'How many replies to one request; any number when negative.',
    },
    {
      name: 'expires',
      aliases: ['expiration', 'ttl'],
      key: 'expires',
      type: duration({
        number: 'refused',
        negative: 'kept',
        messages: {
          wrongType: () => 'error parsing expires, not a duration string',
          invalid: (reason) => `error parsing expires: ${reason}`,
        },
      }),
      default: REPLIES_EXPIRE_MS,
      doc: 'For how long after the request; for ever when negative.',
    },
  ],
  {
    onOff: true,
    messages: {
      wrongType: () => 'error parsing response permissions, expected a boolean or a map',
      unknownField: unknownPermission,
    },
  },
);

export const PERMISSIONS = block(
  'PermissionsOptions',
  [
    {
      name: 'publish',
      aliases: ['pub', 'import'],
      key: 'publish',
      type: subjectRule(false),
      doc: 'Subjects the user may publish to.',
    },
    {
      name: 'subscribe',
      aliases: ['sub', 'export'],
      key: 'subscribe',
      type: subjectRule(true),
      doc: 'Subjects the user may subscribe to; an entry may name a queue group, as in "orders.> workers".',
    },
    {
      name: 'allow_responses',
      aliases: ['publish_allow_responses'],
      key: 'allowResponses',
      type: RESPONSES,
      doc: 'Lets the user answer requests it received, and publish nothing else unless it is told what.',
    },
  ],
  {
    messages: {
      wrongType: (got) => `Expected permissions to be a map/struct, got ${kindOf(got)}`,
      unknownField: unknownPermission,
    },
  },
);

const connectionTypes = oneOrMore(
  choice(CONNECTION_TYPES, {
    anyCase: true,
    name: 'ConnectionType',
    noun: 'connection type',
    messages: {
      wrongType: (got) => `error parsing allowed connection types: unsupported type in array ${goTypeOf(got)}`,
    },
  }),
  {
    wrongChoices: (names) => `invalid connection types [${names.map(quote).join(' ')}]`,
    // An empty list means all of them.
    normalize: (types) => (types.length === 0 ? undefined : CONNECTION_TYPES.filter((type) => types.includes(type))),
    messages: { wrongType: (got) => `error parsing allowed connection types: unsupported type ${goTypeOf(got)}` },
  },
);

const PROXY_REQUIRED = {
  name: 'proxy_required',
  type: bool(),
  support: { notYet: 'trusted proxies are not there yet' },
} as const satisfies Partial<FieldSpec>;

const NKEY_FAULT = { problem: 'Nkey users do not take usernames or passwords', remedy: 'Remove one of them.' };

export const USER = block(
  'UserOptions',
  [
    {
      name: 'user',
      aliases: ['username'],
      key: 'user',
      type: text({ nonEmpty: true }),
      doc: 'The name.',
      required: { problem: 'User entry requires a user', remedy: 'Give every entry a `user`.' },
    },
    {
      name: 'password',
      aliases: ['pass'],
      key: 'password',
      type: secret(),
      doc: 'The password, or its bcrypt hash.',
      credential: true,
    },
    {
      name: 'nkey',
      type: text(),
      doc: 'The public key of a user without a password.',
      support: { notYet: 'nkeys are not there yet' },
      credential: true,
    },
    {
      name: 'permissions',
      aliases: ['permission', 'authorization'],
      key: 'permissions',
      type: PERMISSIONS,
      doc: 'What the user may publish and subscribe to.',
    },
    {
      name: 'allowed_connection_types',
      aliases: ['connection_types', 'clients'],
      key: 'allowedConnectionTypes',
      type: connectionTypes,
      doc: `The kinds of connection the user may open, all of them unless given: ${CONNECTION_TYPES.join(', ')}.`,
    },
    { ...PROXY_REQUIRED, doc: 'Lets the user in only through a trusted proxy.' },
  ],
  {
    label: 'user',
    exclusive: [{ fields: [['nkey'], ['user', 'password']], ...NKEY_FAULT }],
    problemsAt: 'last field',
    afterLoss: () => undefined,
    messages: { wrongType: (got) => `Expected user entry to be a map/struct, got ${kindOf(got)}` },
  },
);

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
      credential: true,
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
      credential: true,
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
        unique: { field: 'user', message: (name) => `Duplicate user ${quote(name)} detected` },
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
    { ...PROXY_REQUIRED, doc: 'Lets users in only through a trusted proxy.' },
  ],
  {
    exclusive: [
      { fields: [['user', 'password'], ['token']], problem: 'Cannot have a user/pass and token', remedy: ONE_KIND },
      { fields: [['users'], ['user']], problem: 'Can not have a single user/pass and a users array', remedy: ONE_KIND },
      { fields: [['users'], ['token']], problem: 'Can not have a token and a users array', remedy: ONE_KIND },
    ],
    afterLoss: (auth) => {
      if (auth.users !== undefined || auth.token !== undefined) return auth;
      const { user: _user, password: _password, ...rest } = auth;
      return { ...rest, users: [] };
    },
  },
);

export type ResolvedPermissions = ResolvedOf<typeof PERMISSIONS>;

export interface ResolvedUser {
  user: string;
  password: string;
  permissions?: ResolvedPermissions;
  /** Absent: all kinds. */
  allowedConnectionTypes?: ConnectionType[];
}

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
  timeoutMs: number;
}

/** What the accounts of a configuration mean for who may connect. */
export interface UsersElsewhere {
  /** Those of all accounts; absent: no account lists any. */
  users: readonly { user: string }[] | undefined;
  /** Nobody but the system account has any, so the others go on as if it was not there. */
  onlyOfSystem: boolean;
}

/** A single user becomes a list of one; default permissions are those of every user without its own. */
export function combineAuthorization(
  auth: ResolvedOf<typeof AUTHORIZATION>,
  noAuthUser: string | undefined,
  elsewhere: UsersElsewhere,
): ResolvedAuthorization {
  const { user: single, token, users: listed, timeoutMs, defaultPermissions } = auth;
  const anonymous = elsewhere.onlyOfSystem && noAuthUser === undefined;
  if (noAuthUser !== undefined) checkNoAuthUser(noAuthUser, listed, elsewhere.users);
  const users: ResolvedUser[] = (listed ?? []).map(({ permissions = defaultPermissions, password = '', ...user }) => ({
    ...user,
    password,
    ...(permissions && { permissions }),
  }));
  if (single !== undefined) users.push({ user: single, password: auth.password ?? '' });
  return {
    required: [listed, single, token, elsewhere.users].some((given) => given !== undefined) || anonymous,
    users,
    timeoutMs,
    ...(single !== undefined && { single }),
    ...(token !== undefined && { token }),
    ...(noAuthUser !== undefined && { noAuthUser }),
    ...(anonymous && { anonymous }),
  };
}

function checkNoAuthUser(name: string, ...lists: (readonly { user: string }[] | undefined)[]): void {
  const users = lists.every((list) => list === undefined) ? undefined : lists.flatMap((list) => list ?? []);
  if (users?.some(({ user }) => user === name)) return;
  const problem =
    users === undefined
      ? 'present, but users/nkeys are not defined'
      : 'not present as user or nkey in authorization block or account configuration';
  throw new OptionsError(
    'noAuthUser',
    (nameOf) => `${nameOf('noAuthUser')}: "${name}" ${problem}`,
    users === undefined
      ? 'List the user under authorization.users or in an account.'
      : 'Name one of authorization.users, or of the users of an account.',
  );
}

/** The values that a reload compares, by the keys of the block. */
export function authorizationInForce({ users, single, token, timeoutMs }: ResolvedAuthorization) {
  return { users, user: single, password: users.find(({ user }) => user === single)?.password, token, timeoutMs };
}
