/**
 * Credentials and permissions, normalised: a single user becomes a list of one, default permissions are copied to
 * users without their own, `allowResponses` gets its limits. Checks what contradicts itself.
 */

import { resolveConnectionTypes } from './connection-types.js';
import { OptionsError } from './errors.js';
import { subjectListProblem } from './subjects.js';
import { quote } from './text.js';
import type {
  AuthorizationOptions,
  PermissionsOptions,
  ResolvedAuthorization,
  ResolvedPermissions,
  ResolvedSubjectPermission,
  ResolvedUser,
  SubjectRule,
  UserOptions,
} from './types.js';
import { milliseconds, text, wrongType } from './written.js';

export const AUTH_TIMEOUT_MS = 2_000;
export const ALLOW_RESPONSES_MAX = 1;
export const ALLOW_RESPONSES_EXPIRES_MS = 120_000;

/** How a password hash begins. */
export const BCRYPT = /^\$2[abxy]\$\d{2}\$/;
export const BCRYPT_NOT_YET = 'bcrypt passwords are not there yet';

const KEYS = {
  authorization: ['user', 'password', 'token', 'users', 'timeout', 'defaultPermissions'],
  user: ['user', 'password', 'permissions', 'allowedConnectionTypes'],
  permissions: ['publish', 'subscribe', 'allowResponses'],
  rule: ['allow', 'deny'],
  responses: ['max', 'expires'],
};

/** Credentials as the broker checks them; throws `OptionsError`. */
export function resolveAuthorization(
  written: AuthorizationOptions | undefined,
  noAuthUser: string | undefined,
): ResolvedAuthorization {
  const auth = written ?? {};
  refuseUnknown('authorization', auth, KEYS.authorization);
  if (auth.users !== undefined && !Array.isArray(auth.users)) {
    throw wrongType('authorization.users', 'a list of users', auth.users);
  }
  const conflict = credentialConflict(auth);
  if (conflict)
    throw new OptionsError('authorization', conflict, 'Keep one of: a token, a single user, a list of users.');

  const users = (auth.users ?? []).map((user) => resolveUser(user, auth.defaultPermissions));
  const duplicate = firstDuplicate(users.map(({ user }) => user));
  if (duplicate !== undefined) {
    throw new OptionsError('authorization.users', `Duplicate user ${quote(duplicate)} detected`, 'Remove one of them.');
  }
  if (noAuthUser !== undefined) checkNoAuthUser(noAuthUser, auth.users === undefined ? undefined : users);
  const name = text('authorization.user', auth.user);
  if (name) users.push({ user: name, password: text('authorization.password', auth.password) ?? '' });
  const token = text('authorization.token', auth.token);
  if (token) refuseHash('authorization.token', token);
  for (const user of users) refuseHash('authorization.users', user.password);

  const resolved: ResolvedAuthorization = {
    required: asksForCredentials(auth),
    users,
    timeoutMs: authTimeout(auth.timeout),
  };
  if (name) resolved.single = name;
  if (token) resolved.token = token;
  if (noAuthUser !== undefined) resolved.noAuthUser = noAuthUser;
  return resolved;
}

/** Credentials that exclude each other, in the reference's words; undefined when they agree. */
export function credentialConflict(auth: AuthorizationOptions): string | undefined {
  if ((auth.user || auth.password) && auth.token) return 'Cannot have a user/pass and token';
  if (auth.users !== undefined && auth.user) return 'Can not have a single user/pass and a users array';
  if (auth.users !== undefined && auth.token) return 'Can not have a token and a users array';
  return undefined;
}

/** The first name that occurs twice. */
export function firstDuplicate(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** Whether anyone is asked who they are. */
export function asksForCredentials(auth: AuthorizationOptions): boolean {
  return auth.users !== undefined || Boolean(auth.user) || Boolean(auth.token);
}

function refuseHash(option: string, secret: string): void {
  if (BCRYPT.test(secret)) throw new OptionsError(option, BCRYPT_NOT_YET, 'Use the password itself for now.');
}

function authTimeout(written: number | string | undefined): number {
  const timeout = milliseconds('authorization.timeout', written ?? 0);
  if (timeout < 0) {
    throw new OptionsError('authorization.timeout', 'timeout can not be negative', 'Leave it out for two seconds.');
  }
  return timeout || AUTH_TIMEOUT_MS;
}

function checkNoAuthUser(name: string, users: readonly ResolvedUser[] | undefined): void {
  if (users === undefined) {
    throw new OptionsError(
      'noAuthUser',
      `no_auth_user: "${name}" present, but users/nkeys are not defined`,
      'List the user under authorization.users.',
    );
  }
  if (!users.some(({ user }) => user === name)) {
    throw new OptionsError(
      'noAuthUser',
      `no_auth_user: "${name}" not present as user or nkey in authorization block or account configuration`,
      'Name one of authorization.users.',
    );
  }
}

function resolveUser(written: UserOptions, defaults: PermissionsOptions | undefined): ResolvedUser {
  refuseUnknown('authorization.users', written, KEYS.user);
  if (typeof written.user !== 'string' || written.user === '') {
    throw new OptionsError('authorization.users', 'User entry requires a user', 'Give every entry a `user`.');
  }
  const user: ResolvedUser = {
    user: written.user,
    password: text('authorization.users.password', written.password) ?? '',
  };
  const permissions = written.permissions ?? defaults;
  if (permissions !== undefined) user.permissions = resolvePermissions(permissions, written.user);
  const types = resolveConnectionTypes(written.allowedConnectionTypes);
  if (types !== undefined) user.allowedConnectionTypes = types;
  return user;
}

function resolvePermissions(written: PermissionsOptions, user: string): ResolvedPermissions {
  refuseUnknown('authorization.users.permissions', written, KEYS.permissions);
  const resolved: ResolvedPermissions = {};
  const publish = resolveRule(written.publish, user, 'publish');
  const subscribe = resolveRule(written.subscribe, user, 'subscribe');
  if (publish) resolved.publish = publish;
  if (subscribe) resolved.subscribe = subscribe;
  const responses = written.allowResponses === true ? {} : written.allowResponses;
  if (responses) {
    refuseUnknown('authorization.users.permissions.allowResponses', responses, KEYS.responses);
    const max = responses.max ?? 0;
    if (!Number.isSafeInteger(max)) {
      throw wrongType('authorization.users.permissions.allowResponses.max', 'a whole number', max);
    }
    const expires = milliseconds('authorization.users.permissions.allowResponses.expires', responses.expires ?? 0);
    resolved.allowResponses = {
      max: max || ALLOW_RESPONSES_MAX,
      expiresMs: expires || ALLOW_RESPONSES_EXPIRES_MS,
    };
    // Someone who may answer is not thereby allowed to publish anything else.
    resolved.publish = { ...publish, allow: publish?.allow ?? [] };
  }
  return resolved;
}

function resolveRule(
  rule: SubjectRule | undefined,
  user: string,
  direction: 'publish' | 'subscribe',
): ResolvedSubjectPermission | undefined {
  if (rule === undefined) return undefined;
  const place = `authorization.users.permissions.${direction}`;
  if (typeof rule !== 'string' && !Array.isArray(rule)) refuseUnknown(place, rule, KEYS.rule);
  const { allow, deny } = typeof rule === 'string' || Array.isArray(rule) ? { allow: rule, deny: undefined } : rule;
  const resolved: ResolvedSubjectPermission = {};
  if (allow !== undefined) resolved.allow = checked(allow, user, direction, 'allow');
  if (deny !== undefined) resolved.deny = checked(deny, user, direction, 'deny');
  return resolved;
}

function checked(
  subjects: string | string[],
  user: string,
  direction: 'publish' | 'subscribe',
  side: string,
): string[] {
  const list = typeof subjects === 'string' ? [subjects] : subjects;
  if (!Array.isArray(list) || list.some((subject) => typeof subject !== 'string')) {
    throw wrongType(`authorization.users.permissions.${direction}.${side}`, 'a subject, or a list of them', subjects);
  }
  const problem = subjectListProblem(list, direction === 'subscribe');
  if (problem !== undefined) {
    throw new OptionsError(
      'authorization.users.permissions',
      `invalid permissions for user ${quote(user)}: ${direction} ${side}: ${problem}`,
      direction === 'subscribe' ? 'Write "subject" or "subject queue".' : 'Write a subject without blanks.',
    );
  }
  return [...list];
}

function refuseUnknown(place: string, written: object, known: readonly string[]): void {
  if (typeof written !== 'object' || written === null) {
    throw new OptionsError(place, `${place} must be an object`, `Give ${place} ${known.join(', ')}.`);
  }
  const unknown = Object.keys(written).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new OptionsError(
      `${place}.${unknown}`,
      `unknown option ${quote(unknown)} in ${place}`,
      `Known: ${known.join(', ')}.`,
    );
  }
}
