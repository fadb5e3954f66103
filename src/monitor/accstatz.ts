/** `/accstatz`: connections and traffic of each account. */

import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import type { AccountStats } from '../native/contract.js';
import { boolParam } from './params.js';
import type { MonitorContext } from './source.js';

export function accstatz(context: MonitorContext, query: URLSearchParams): Answer {
  const unused = boolParam(query, 'unused');
  const head = { server_id: context.source.serverId, now: rfc3339(context.nowMs()) };
  return json({ ...head, account_statz: describeAccounts(context, unused) });
}

/** The accounts with connections; with `unused` all of them. */
export function describeAccounts({ source }: MonitorContext, unused: boolean) {
  return source
    .stats()
    .accounts.filter(({ connections }) => unused || connections > 0)
    .map(describe);
}

function describe(account: AccountStats) {
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
