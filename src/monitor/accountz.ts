/** `/accountz`: the names of all accounts, or the details of one. */
import { mappingsOf, type ResolvedOptions, systemAccountOf } from '../config/index.js';
import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import { shownExports, shownImports } from './account-exchange.js';
import { shownMappings } from './account-mappings.js';
import { BadParameterError } from './params.js';
import type { MonitorContext } from './source.js';
import { sublistStats } from './subsz.js';

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
  const exports = shownExports(accounts, name);
  const imports = shownImports(accounts, name);
  return {
    account_name: account.name,
    // Accounts are created when their configuration is loaded.
    update_time: rfc3339(source.configLoadMs),
    ...(systemAccountOf(source.options) === name ? { is_system: true } : {}),
    expired: false,
    complete: true,
    jetstream_enabled: false,
    leafnode_connections: 0,
    client_connections: account.connections,
    subscriptions: account.subscriptions,
    ...(mappings && { mappings: shownMappings(mappings) }),
    ...(exports.length > 0 ? { exports } : {}),
    ...(imports.length > 0 ? { imports } : {}),
    name_tag: account.name,
    sublist_stats: sublistStats([account]),
  };
}
