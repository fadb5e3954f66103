/**
 * From what users wrote to what the broker runs with: every option in its normal form, those that belong together in
 * one value, and checked against each other.
 *
 * Normal forms and defaults come from the option table (normalize.ts); here stands only what concerns several options.
 * Reads no file and opens no socket.
 */

import { posix } from 'node:path';
import { combineAuthorization } from './blocks/authorization.js';
import { PERMISSIONS } from './blocks/permissions.js';
import {
  accountFaults,
  accountsByName,
  GLOBAL_ACCOUNT,
  hasOnlySystemAccount,
  importFaults,
  listsUsers,
  type ResolvedAccount,
  usersOfAccounts,
} from './blocks/resolved-accounts.js';
import { isBcrypt } from './blocks/users.js';
import { formatDuration } from './duration.js';
import { OptionsError } from './errors.js';
import { withoutBigints } from './exact.js';
import { parseListen } from './listen.js';
import { normalFields, normalize, wrongType } from './normalize.js';
import { TOP_LEVEL } from './schema.js';
import type {
  BrokerOptions,
  NormalOptions,
  PermissionsOptions,
  ResolvedHttp,
  ResolvedOptions,
  ResolvedPermissions,
} from './types.js';
import { port } from './value-type.js';

const PAYLOAD_DISCOURAGED_ABOVE = 8 * 1024 * 1024;

/**
 * Normalises, fills in and checks; throws `OptionsError`. `areAccountsChecked`: what accounts and users say of each
 * other was checked when the file was read, which takes a while where there are many.
 */
export function resolveOptions(options: BrokerOptions = {}, areAccountsChecked = false): ResolvedOptions {
  const { values, exact } = withoutBigints(normalFields(TOP_LEVEL, options, []));
  const normal = values as unknown as NormalOptions;
  const fault = areAccountsChecked ? undefined : (accountFaults(normal)[0] ?? importFaults(normal)[0]);
  if (fault !== undefined) throw new OptionsError(fault.path, fault.problem, fault.remedy);
  const {
    authorization,
    accounts: written,
    noAuthUser,
    http: _http,
    httpPort: _httpPort,
    httpHost: _host,
    httpBasePath,
    ...plain
  } = normal;
  const accounts = accountsByName(written);
  const withAccounts = { ...plain, ...(accounts && { accounts }) };
  const elsewhere = {
    areListed: listsUsers(accounts),
    users: () => usersOfAccounts(accounts),
    onlyOfSystem: options.authorization === undefined && hasOnlySystemAccount(withAccounts),
  };
  const http = resolveHttp(options, plain.host, httpBasePath);
  const resolved: ResolvedOptions = {
    ...withAccounts,
    authorization: combineAuthorization(authorization, noAuthUser, elsewhere),
    ...(http && { http }),
    ...(exact && { exact }),
  };
  checkTogether(resolved);
  return resolved;
}

/** Normalises permissions that do not come with the options; throws `OptionsError`. */
export function resolvePermissions(permissions: PermissionsOptions): ResolvedPermissions {
  const written = normalize(PERMISSIONS, permissions, ['permissions']) as Record<string, unknown>;
  return withoutBigints(written).values as ResolvedPermissions;
}

/** What is legal but unwise, in the words the start-up log uses. */
export function startupWarnings(resolved: ResolvedOptions): string[] {
  const warnings: string[] = [];
  if (resolved.maxPayload > PAYLOAD_DISCOURAGED_ABOVE) {
    warnings.push('Maximum payloads over 8.00 MB are generally discouraged and could lead to poor performance');
  }
  const accounts = Object.entries(resolved.accounts ?? {});
  const hasPlain = (users: readonly { password?: string }[] = []) =>
    users.some(({ password = '' }) => password !== '' && !isBcrypt(password));
  if (hasPlain(resolved.authorization.users) || accounts.some(([, { users }]) => hasPlain(users))) {
    warnings.push('Plaintext passwords detected, use nkeys or bcrypt');
  }
  return [...warnings, ...limitsWithoutEffect(accounts, resolved), ...samplingWithoutTraces(accounts)];
}

type NamedAccounts = readonly (readonly [name: string, account: ResolvedAccount])[];

/** Shares of messages to be traced, with nowhere for the traces to go. */
function samplingWithoutTraces(accounts: NamedAccounts): string[] {
  const without = accounts.filter(([, { msgTrace }]) => typeof msgTrace === 'object' && !msgTrace.dest);
  return without.map(([name]) => `Account ${name}: Trace destination sampling ignored since no destination was set`);
}

/** Limits of accounts above those of the server, which count. */
function limitsWithoutEffect(accounts: NamedAccounts, { maxPayload, maxSubscriptions }: ResolvedOptions): string[] {
  const limited = accounts.filter(([, { limits }]) => limits !== undefined);
  return limited.flatMap(([name, { limits = {} }]) => {
    const rows = [
      ['max_payload', limits.maxPayload, maxPayload < 0 ? Infinity : maxPayload],
      ['max_subscriptions', limits.maxSubscriptions, maxSubscriptions || Infinity],
    ] as const;
    const above = rows.filter(([, limit, ofServer]) => limit !== undefined && limit > ofServer);
    return above.map(([key, limit, ofServer]) => {
      return `Account ${name}: ${key} ${limit} has no effect, the server allows ${ofServer}`;
    });
  });
}

/** `http` says host and port, `httpPort` and `httpHost` say one of them and win; `http: false` wins over both. */
function resolveHttp(options: BrokerOptions, clientHost: string, path = ''): ResolvedHttp | undefined {
  if (options.http === false) return undefined;
  const said = options.http === undefined ? undefined : httpAddress(options.http);
  const written = options.httpPort ?? said?.port;
  if (written === undefined) return undefined;
  return {
    host: options.httpHost || said?.host || clientHost,
    port: Number(normalize(port(), written, [options.httpPort === undefined ? 'http' : 'httpPort'])),
    basePath: basePath(path),
  };
}

function httpAddress(written: unknown): { host: string; port: number } {
  if (typeof written !== 'number' && typeof written !== 'string') {
    throw wrongType(['http'], "a port, 'host:port' or false", written);
  }
  const address = parseListen(written);
  if (typeof address === 'string') throw new OptionsError('http', address, "Use a port or 'host:port'.");
  return address;
}

function basePath(path: string): string {
  const clean = posix.normalize(`/${path}`).replace(/^\/+/, '/');
  return clean.replace(/\/+$/, '');
}

function isDeclared(name: string, { accounts = {} }: ResolvedOptions): boolean {
  return name === GLOBAL_ACCOUNT || Object.hasOwn(accounts, name);
}

function checkTogether(resolved: ResolvedOptions): void {
  const { systemAccount } = resolved;
  if (systemAccount !== undefined && !isDeclared(systemAccount, resolved)) {
    throw new OptionsError(
      'systemAccount',
      'error resolving system account: account missing',
      (nameOf) => `Declare ${systemAccount} under accounts, or leave ${nameOf('systemAccount')} out.`,
    );
  }
  if (resolved.lameDuckGracePeriodMs >= resolved.lameDuckDurationMs) {
    const [grace, duration] = [resolved.lameDuckGracePeriodMs, resolved.lameDuckDurationMs].map(formatDuration);
    throw new OptionsError(
      'lameDuckGracePeriod',
      `lame duck grace period (${grace}) should be strictly lower than lame duck duration (${duration})`,
      'Shorten the grace period or lengthen the duration.',
    );
  }
  if (resolved.maxPayload > resolved.maxPending) {
    const { maxPayload, maxPending } = resolved;
    throw new OptionsError(
      'maxPayload',
      (nameOf) =>
        `${nameOf('maxPayload')} (${maxPayload}) cannot be higher than ${nameOf('maxPending')} (${maxPending})`,
      (nameOf) => `Raise ${nameOf('maxPending')} or lower ${nameOf('maxPayload')}.`,
    );
  }
}
