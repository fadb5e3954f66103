/** `/accountz`: the names of all accounts, or the details of one. */
import { mappingsOf, type ResolvedOptions, systemAccountOf } from '../config/index.js';
import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import type { AccountStats } from '../native/contract.js';
import { shownExports, shownImports } from './account-exchange.js';
import { shownMappings } from './account-mappings.js';
import { BadParameterError } from './params.js';
import type { MonitorContext } from './source.js';
import { sublistStats } from './subsz.js';
import { systemExports, systemImports } from './system-exchange.js';

export function accountz(context: MonitorContext, query: URLSearchParams): Answer {
  return json(listAccounts(context, query.get('acc') ?? ''));
}

/** All accounts by name, or the one of this name in detail. */
export function listAccounts(context: MonitorContext, name: string): object {
  const { source, nowMs } = context;
  const head = { server_id: source.serverId, now: rfc3339(nowMs()), ...systemAccountField(source.options) };
  if (name === '') return { ...head, accounts: accountNames(context) };
  return { ...head, account_detail: describeAccount(context, name) };
}

/** The account of the server itself; nothing where there is none. */
export function systemAccountField(options: ResolvedOptions): { system_account?: string } {
  const system = systemAccountOf(options);
  return system === undefined ? {} : { system_account: system };
}

export function accountNames({ source }: MonitorContext): string[] {
  return source.stats().accounts.map(({ name }) => name);
}

export function describeAccount({ source }: MonitorContext, name: string) {
  const account = source.stats().accounts.find((one) => one.name === name);
  if (!account) throw new BadParameterError(`Account ${name} does not exist`);
  const mappings = mappingsOf(source.options, name);
  const { accounts = {} } = source.options;
  const system = systemAccountOf(source.options);
  const exports = [...shownExports(accounts, name), ...(name === system ? systemExports() : [])];
  const imports = [...shownImports(accounts, name), ...(system === undefined ? [] : systemImports(name, system))];
  return {
    account_name: account.name,
    // Accounts are created when their configuration is loaded.
    update_time: rfc3339(source.configLoadMs),
    ...(system === name ? { is_system: true } : {}),
    ...accountFigures(account),
    ...(mappings && { mappings: shownMappings(mappings) }),
    ...(exports.length > 0 ? { exports } : {}),
    ...(imports.length > 0 ? { imports } : {}),
    name_tag: account.name,
    sublist_stats: sublistStats([account]),
  };
}

/** What there is to count of an account, and the states that it can't have here. */
export function accountFigures({ connections, subscriptions }: AccountStats) {
  return {
    expired: false,
    complete: true,
    jetstream_enabled: false,
    leafnode_connections: 0,
    client_connections: connections,
    subscriptions,
  };
}
