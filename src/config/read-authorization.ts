/**
 * The `authorization` block of a file: users, credentials and permissions, with the reference's error texts.
 *
 * Credentials whose kind is not there yet are never turned into weaker ones: where the user asked to skip such
 * options, the entry is dropped, and a lone user is replaced by an empty list, so that nobody gets in by accident.
 */

import { readConnectionTypes } from './connection-types.js';
import { DurationError, parseDuration } from './duration.js';
import { type ConfigMap, type ConfigNode, kindOf } from './language/nodes.js';
import { readPermissions } from './read-permissions.js';
import type { Report } from './report.js';
import { BCRYPT, BCRYPT_NOT_YET, credentialConflict, firstDuplicate } from './resolve-authorization.js';
import { AUTHORIZATION_FIELDS, fieldNamed, fieldNames, USER_FIELDS } from './schema-authorization.js';
import { quote } from './text.js';
import type { AuthorizationOptions, UserOptions } from './types.js';

const TIMEOUT_HIGH_SECONDS = 60;

/** Reads the block; undefined when it is no block or contradicts itself. */
export function readAuthorization(node: ConfigNode, report: Report): AuthorizationOptions | undefined {
  if (!(node.value instanceof Map)) {
    report.wrongType(node, 'authorization', 'a map');
    return undefined;
  }
  const auth: AuthorizationOptions = {};
  let dropped = false;
  for (const [name, value] of node.value) {
    const field = fieldNamed(AUTHORIZATION_FIELDS, name);
    if (field === undefined) {
      report.unknownField(value, name, fieldNames(AUTHORIZATION_FIELDS));
      continue;
    }
    if (!report.supports(value, name, field.support, field.name === 'auth_callout')) continue;
    switch (field.name) {
      case 'user':
        auth.user = readString(value, name, report);
        break;
      case 'password':
      case 'token':
        if (isHash(value)) {
          report.notYet(value, name, BCRYPT_NOT_YET);
          dropped = true;
        } else auth[field.name] = readString(value, name, report);
        break;
      case 'timeout':
        auth.timeout = readTimeout(value, name, report);
        break;
      case 'users':
        auth.users = readUsers(value, report);
        break;
      case 'default_permissions':
        auth.defaultPermissions = readPermissions(value, report);
        break;
    }
  }
  return agreeing(withoutDropped(withoutAbsent(auth), dropped), node, report);
}

function agreeing(auth: AuthorizationOptions, node: ConfigNode, report: Report): AuthorizationOptions | undefined {
  const conflict = credentialConflict(auth);
  const duplicate = firstDuplicate((auth.users ?? []).map(({ user }) => user));
  if (conflict !== undefined) report.error(node, conflict);
  else if (duplicate !== undefined) report.error(node, `Duplicate user ${quote(duplicate)} detected`);
  else return auth;
  return undefined;
}

/** A single credential that was skipped leaves a server that still asks for one, and knows none. */
function withoutDropped(auth: AuthorizationOptions, dropped: boolean): AuthorizationOptions {
  if (!dropped || auth.users !== undefined || auth.token !== undefined) return auth;
  const { user: _user, password: _password, ...rest } = auth;
  return { ...rest, users: [] };
}

function readUsers(node: ConfigNode, report: Report): UserOptions[] | undefined {
  if (!Array.isArray(node.value)) {
    return report.error(node, `Expected users field to be an array, got ${kindOf(node.value)}`);
  }
  return node.value.flatMap((entry) => {
    if (entry.value instanceof Map) return readUser(entry, entry.value, report) ?? [];
    report.error(entry, `Expected user entry to be a map/struct, got ${kindOf(entry.value)}`);
    return [];
  });
}

function readUser(entry: ConfigNode, fields: ConfigMap, report: Report): UserOptions | undefined {
  const user: Partial<UserOptions> = {};
  let nkey: ConfigNode | undefined;
  let usable = true;
  // Problems of the entry as a whole are shown at the field read last.
  let last = entry;
  for (const [name, value] of fields) {
    last = value;
    const field = fieldNamed(USER_FIELDS, name);
    if (field === undefined) report.unknownField(value, name, fieldNames(USER_FIELDS));
    else if (field.name === 'nkey') nkey = value;
    else if (!report.supports(value, name, field.support)) continue;
    else if (field.name === 'user') user.user = readString(value, name, report) ?? '';
    else if (field.name === 'permissions') user.permissions = readPermissions(value, report) ?? {};
    else if (field.name === 'allowed_connection_types') {
      const types = readConnectionTypes(value, report);
      if (types !== undefined) user.allowedConnectionTypes = types;
    } else if (isHash(value)) {
      report.notYet(value, name, BCRYPT_NOT_YET);
      usable = false;
    } else user.password = readString(value, name, report) ?? '';
  }
  if (nkey !== undefined) {
    if (user.user || user.password) report.error(last, 'Nkey users do not take usernames or passwords');
    else report.notYet(nkey, 'nkey', 'nkeys are not there yet');
    return undefined;
  }
  if (!user.user) {
    report.error(last, 'User entry requires a user');
    return undefined;
  }
  return usable ? (user as UserOptions) : undefined;
}

/** Milliseconds. */
function readTimeout(node: ConfigNode, name: string, report: Report): number | undefined {
  let seconds: number;
  if (typeof node.value === 'bigint' || typeof node.value === 'number') seconds = Number(node.value);
  else if (typeof node.value === 'string') {
    try {
      seconds = parseDuration(node.value) / 1000;
    } catch (error) {
      if (!(error instanceof DurationError)) throw error;
      report.error(node, `error parsing authorization config, 'timeout' ${error.message}`);
      return undefined;
    }
  } else {
    report.error(node, "error parsing authorization config, 'timeout' wrong type");
    return undefined;
  }
  if (seconds > TIMEOUT_HIGH_SECONDS) {
    const cause = "possibly caused by unquoted duration; use '1m' instead of 1m, for example";
    const shown = `timeout of ${node.value} (${seconds.toFixed(6)} seconds)`;
    report.warn(node, name, `${shown} is high, consider keeping it under 60 seconds. ${cause}`);
  }
  return seconds * 1000;
}

function readString(node: ConfigNode, name: string, report: Report): string | undefined {
  if (typeof node.value === 'string') return node.value;
  report.wrongType(node, name, 'a string (numbers need quotes)');
  return undefined;
}

function isHash(node: ConfigNode): boolean {
  return typeof node.value === 'string' && BCRYPT.test(node.value);
}

function withoutAbsent(auth: AuthorizationOptions): AuthorizationOptions {
  return Object.fromEntries(Object.entries(auth).filter(([, value]) => value !== undefined));
}
