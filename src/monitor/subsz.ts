/** `/subsz`, also `/subscriptionsz`: counters of the subscription index, and the subscriptions. */

import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import type { InterestStats, SubscriptionInfo } from '../native/contract.js';
import { BadParameterError, boolParam, intParam } from './params.js';
import type { MonitorContext } from './source.js';
import { isPublishSubject } from './subject.js';

const LIMIT_DEFAULT = 1024;

export interface SubszOptions {
  /** Lists them. */
  subscriptions: boolean;
  offset: number;
  /** 0 and less: the default. */
  limit: number;
  /** Only subscriptions that a message on this subject would reach. */
  test: string;
  account: string;
}

export function subsz(context: MonitorContext, query: URLSearchParams): Answer {
  const options = {
    subscriptions: boolParam(query, 'subs'),
    offset: intParam(query, 'offset'),
    limit: intParam(query, 'limit'),
    test: query.get('test') ?? '',
    account: query.get('acc') ?? '',
  };
  return json(describeSubscriptions(context, options));
}

/** The counters without the subscriptions. */
export function describeIndex(context: MonitorContext): object {
  return describeSubscriptions(context, { subscriptions: false, offset: 0, limit: 0, test: '', account: '' });
}

export function describeSubscriptions({ source, nowMs }: MonitorContext, options: SubszOptions): object {
  const { account, test } = options;
  const offset = Math.max(0, options.offset);
  const limit = options.limit > 0 ? options.limit : LIMIT_DEFAULT;
  if (test !== '' && !isPublishSubject(test)) {
    throw new BadParameterError(`invalid test subject, must be valid publish subject: ${test}`);
  }
  const accounts = source.stats().accounts.filter(({ name }) => account === '' || name === account);
  const found = options.subscriptions
    ? source.findSubscriptions({
        offset,
        limit,
        ...(account === '' ? {} : { account }),
        ...(test === '' ? {} : { subject: test }),
      })
    : { matching: 0, list: [] };
  return {
    server_id: source.serverId,
    now: rfc3339(nowMs()),
    ...sublistStats(accounts),
    total: found.matching,
    offset,
    limit,
    ...(found.list.length > 0
      ? { subscriptions_list: found.list.map((s) => ({ ...accountOf(s), ...subscriptionDetail(s) })) }
      : {}),
  };
}

/** The counters of the index in `/subsz` and in the details of an account. */
export function sublistStats(accounts: { subscriptions: number; interest: InterestStats }[]): Record<string, number> {
  const sum = (value: (stats: InterestStats) => number) => accounts.reduce((n, { interest }) => n + value(interest), 0);
  const matches = sum((s) => s.matches);
  const cached = sum((s) => s.cached);
  return {
    num_subscriptions: accounts.reduce((n, { subscriptions }) => n + subscriptions, 0),
    num_cache: cached,
    num_inserts: sum((s) => s.inserts),
    num_removes: sum((s) => s.removes),
    num_matches: matches,
    cache_hit_rate: matches > 0 ? sum((s) => s.cacheHits) / matches : 0,
    max_fanout: accounts.reduce((max, { interest }) => Math.max(max, interest.fanoutMax), 0),
    avg_fanout: cached > 0 ? sum((s) => s.fanout) / cached : 0,
  };
}

export function accountOf(s: SubscriptionInfo): object {
  return { account: s.account, account_tag: s.account };
}

export function subscriptionDetail(s: SubscriptionInfo): object {
  return {
    subject: s.subject,
    ...(s.queue ? { qgroup: s.queue } : {}),
    sid: s.sid,
    msgs: s.msgs,
    ...(s.max ? { max: s.max } : {}),
    cid: s.cid,
  };
}
