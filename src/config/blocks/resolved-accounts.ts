/**
 * Accounts beside each other and beside `authorization`: in one form, checked for names that occur twice, and what
 * follows from which of them there are. Pure functions.
 */

import type { OptionPath } from '../errors.js';
import type { ResolvedOf } from '../inferred-types.js';
import { quote } from '../text.js';
import type { Fault } from '../value-type.js';
import type { ACCOUNT } from './accounts.js';
import { type Across, namesAcross } from './imports-and-exports.js';
import { serviceProblems } from './service-imports.js';
import { streamProblems } from './stream-imports.js';
import { type Named, nameOf, nameTwice } from './users.js';

/** The account of everyone who is in no other. */
export const GLOBAL_ACCOUNT = '$G';
/** The account of the server itself, unless the configuration names another one. */
const SYSTEM_ACCOUNT = '$SYS';

export type ResolvedAccount = ResolvedOf<typeof ACCOUNT>;
export type ResolvedAccounts = Readonly<Record<string, ResolvedAccount>>;

export type AccountUser = NonNullable<ResolvedAccount['users']>[number];

/** Something that a configuration says about accounts and that can't be, with its place. */
export interface AccountFault extends Fault {
  path: OptionPath;
}

/** A list of names is a map of accounts with nothing in them. */
export function accountsByName(
  accounts: readonly string[] | ResolvedAccounts | undefined,
): ResolvedAccounts | undefined {
  if (!isList(accounts)) return accounts;
  return accounts.length === 0 ? undefined : Object.fromEntries(accounts.map((name) => [name, {}]));
}

function isList<T>(accounts: readonly T[] | object | undefined): accounts is readonly T[] {
  return Array.isArray(accounts);
}

/** What is compared, before or after it is brought into its normal form. */
interface Compared {
  readonly accounts?: readonly string[] | AccountUsers | undefined;
  readonly authorization?: Credentials | undefined;
  readonly noSystemAccount?: boolean | undefined;
}

type AccountUsers = Readonly<Record<string, Across & { readonly users?: readonly Named[] | undefined }>>;

interface Credentials {
  readonly user?: string | undefined;
  readonly token?: string | undefined;
  readonly users?: readonly Named[] | undefined;
}

/** Accounts and users that can't be beside each other. */
export function accountFaults({ accounts, authorization = {} }: Compared): AccountFault[] {
  if (accounts === undefined) return [];
  if (isList(accounts)) return nameFaults(accounts);
  const reserved = Object.hasOwn(accounts, GLOBAL_ACCOUNT) ? [reservedFault({ chosen: GLOBAL_ACCOUNT })] : [];
  return [...reserved, ...userFaults(accounts, authorization)];
}

function nameFaults(names: readonly string[]): AccountFault[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    if (name === GLOBAL_ACCOUNT) return [reservedFault(index)];
    if (seen.size < seen.add(name).size) return [];
    return [{ path: ['accounts', index], problem: `Duplicate Account Entry: ${name}`, remedy: 'Name it once.' }];
  });
}

function reservedFault(step: number | { chosen: string }): AccountFault {
  const problem = `${quote(GLOBAL_ACCOUNT)} is a Reserved Account`;
  return { path: ['accounts', step], problem, remedy: 'Use another name: it is the account of everyone else.' };
}

/** One per account at most. */
function userFaults(accounts: AccountUsers, { user: single, token, users: others = [] }: Credentials): AccountFault[] {
  const names = new Set(others.map(nameOf));
  const faults: AccountFault[] = [];
  const fault = (account: string, problem: string, remedy: string) =>
    faults.push({ path: ['accounts', { chosen: account }, 'users'], problem, remedy });
  for (const [account, { users }] of Object.entries(accounts)) {
    if (users === undefined) continue;
    if (users.length > 0 && (single || token)) {
      const what = single ? 'single user/pass' : 'token';
      fault(account, `Can not have a ${what} and accounts`, 'List all users under accounts.');
      continue;
    }
    const twice = nameTwice(users, NKEYS_FIRST, names);
    if (twice !== undefined) fault(account, twice, 'Rename or remove one of them.');
  }
  return faults;
}

const NKEYS_FIRST = ['nkey', 'user'] as const;

/** What accounts import and can't; where the reference says so, at the block as a whole. */
export function importFaults({ accounts, noSystemAccount = false }: Compared): AccountFault[] {
  if (accounts === undefined || isList(accounts)) return [];
  const across = namesAcross(accounts);
  if (across.length === 0) return [];
  const remedy = 'Check the exports of that account, and the imports of this one.';
  const problems = [...streamProblems(accounts, across), ...serviceProblems(accounts, !noSystemAccount, across)];
  return problems.map((problem) => ({ path: ['accounts'], problem, remedy }));
}

/** All users of all accounts. */
export function usersOfAccounts(accounts: ResolvedAccounts = {}): AccountUser[] {
  const all: AccountUser[] = [];
  for (const { users } of Object.values(accounts)) if (users !== undefined) all.push(...users);
  return all;
}

/** Whether users of accounts are listed, be it none at all. */
export function listsUsers(accounts: ResolvedAccounts = {}): boolean {
  return Object.values(accounts).some(({ users }) => users !== undefined);
}

interface SystemAccountOptions {
  accounts?: ResolvedAccounts;
  systemAccount?: string;
  noSystemAccount: boolean;
}

/** The account that the configuration names for the server itself, or declares under its usual name. */
function chosenSystemAccount({ accounts = {}, systemAccount }: SystemAccountOptions): string | undefined {
  return systemAccount ?? (Object.hasOwn(accounts, SYSTEM_ACCOUNT) ? SYSTEM_ACCOUNT : undefined);
}

/** The account of the server itself; absent: there is none. */
export function systemAccountOf(options: SystemAccountOptions): string | undefined {
  return chosenSystemAccount(options) ?? (options.noSystemAccount ? undefined : SYSTEM_ACCOUNT);
}

/** The names of all accounts there are. */
export function accountNames(options: SystemAccountOptions): string[] {
  const system = systemAccountOf(options);
  return [...new Set([GLOBAL_ACCOUNT, ...Object.keys(options.accounts ?? {}), ...(system ? [system] : [])])];
}

/** The mappings of an account; those of `$G` stand at the top level. */
export function mappingsOf({ accounts = {}, mappings }: AccountsWithMappings, name: string) {
  if (name === GLOBAL_ACCOUNT) return mappings;
  return Object.hasOwn(accounts, name) ? accounts[name]?.mappings : undefined;
}

interface AccountsWithMappings {
  accounts?: ResolvedAccounts;
  mappings?: ResolvedAccount['mappings'];
}

/** Whether there is an account of this name. */
export function hasAccount(options: SystemAccountOptions, name: string): boolean {
  const { accounts = {} } = options;
  return name === GLOBAL_ACCOUNT || Object.hasOwn(accounts, name) || name === systemAccountOf(options);
}

/** Whether the configuration chose a system account, and there is one more at most besides `$G`. */
export function hasOnlySystemAccount(options: SystemAccountOptions): boolean {
  return chosenSystemAccount(options) !== undefined && accountNames(options).length === 2;
}
