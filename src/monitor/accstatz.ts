/** `/accstatz`: connections and traffic of each account. */

import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import type { AccountStats } from '../native/contract.js';
import { boolParam } from './params.js';
import type { MonitorContext } from './source.js';

export function accstatz(context: MonitorContext, query: URLSearchParams): Answer {
  return json(describeAccountStats(context, { unused: boolParam(query, 'unused'), names: [] }));
}

export interface AccstatzOptions {
  /** Also accounts without connections. */
  unused: boolean;
  /** Only these; empty: all. */
  names: readonly string[];
}

export function describeAccountStats(context: MonitorContext, { unused, names }: AccstatzOptions) {
  const all = describeAccounts(context, unused);
  const wanted = names.length === 0 ? all : all.filter(({ acc }) => names.includes(acc));
  return { server_id: context.source.serverId, now: rfc3339(context.nowMs()), account_statz: wanted };
}

/** The accounts with connections; with `unused` all of them. */
export function describeAccounts({ source }: MonitorContext, unused: boolean) {
  return source
    .stats()
    .accounts.filter(({ connections }) => unused || connections > 0)
    .map(accountStat);
}

export type AccountStat = ReturnType<typeof accountStat>;

/** What an account moves: the same in answers and in events. */
export function accountStat(account: AccountStats) {
  return {
    acc: account.name,
    name: account.name,
    conns: account.connections,
    leafnodes: 0,
    total_conns: account.connections,
    num_subscriptions: account.subscriptions,
    sent: traffic(account.outMsgs, account.outBytes),
    received: traffic(account.inMsgs, account.inBytes),
    slow_consumers: account.slowConsumers,
  };
}

/** Clients are the only kind of connection so far; the counters of the others are 0. */
function traffic(msgs: number, bytes: number) {
  const none = { msgs: 0, bytes: 0 };
  return { msgs, bytes, gateways: none, routes: none, leafs: none };
}
