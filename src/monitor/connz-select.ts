/**
 * Selects the connections on a page of `/connz`. The data plane sorts the open ones and returns their numbers; the control
 * plane keeps the closed ones. Both lists are merged and cut to the page; connz.ts adds the details.
 */
import { overlap } from '../config/index.js';
import type { ConnectionInfo } from '../native/contract.js';
import type { ConnzOptions } from './connz-options.js';
import type { SortOrder } from './connz-sort.js';
import type { MonitorSource } from './source.js';

/** One connection of the page: a closed one, or the number of an open one. */
export type Entry = { cid: number; closed?: ConnectionInfo };

export interface Selection {
  /** Before the filters by user and number, as nats-server counts. */
  total: number;
  page: Entry[];
}

interface Keyed extends Entry {
  key: number | string;
}

export function select(source: MonitorSource, options: ConnzOptions, nowMs: number): Selection {
  const { state, cid, user, account, mqttClient, offset, limit, filterSubject } = options;
  const withOpen = state !== 'closed';
  const allClosed = state === 'open' ? [] : source.closedConnections();
  const closed = account === '' ? allClosed : allClosed.filter((c) => c.account === account);
  // There are no MQTT connections: a query for one finds nothing.
  const none = mqttClient !== '' || cid > 0;
  const open = withOpen
    ? source.findConnections({
        order: options.order.open ?? 'cid',
        ...(account === '' ? {} : { account }),
        ...(user === '' ? {} : { user }),
        limit: none ? 0 : filterSubject === '' ? offset + limit : Number.MAX_SAFE_INTEGER,
        nowMs,
      })
    : undefined;
  const total = (open?.total ?? 0) + closed.length;
  if (mqttClient !== '') return { total, page: [] };
  if (cid > 0) return { total, page: byNumber(source, cid, withOpen, closed).slice(offset) };
  const found = [...(open?.cids ?? [])].map((number, at) => ({ cid: number, key: open?.keys[at] ?? 0 }));
  const subscribed = filterSubject === '' ? found : withSubject(source, found, account, filterSubject);
  const merged = merge(subscribed, sorted(closed, options.order, user));
  return { total, page: merged.slice(offset, offset + limit) };
}

/** Those with a subscription that some subject of the pattern reaches. */
function withSubject(source: MonitorSource, found: Keyed[], account: string, pattern: string): Keyed[] {
  const { list } = source.findSubscriptions({ account, offset: 0, limit: Number.MAX_SAFE_INTEGER });
  const subscribed = new Set(list.filter(({ subject }) => overlap(pattern, subject)).map(({ cid }) => cid));
  return found.filter(({ cid }) => subscribed.has(cid));
}

/** As in nats-server, the filters by account and user are ignored for an open connection requested by number. */
function byNumber(source: MonitorSource, cid: number, withOpen: boolean, closed: ConnectionInfo[]): Entry[] {
  if (withOpen && source.describeConnections(Float64Array.of(cid)).length > 0) return [{ cid }];
  const found = closed.find((c) => c.cid === cid);
  return found ? [{ cid, closed: found }] : [];
}

function sorted(closed: ConnectionInfo[], order: SortOrder, user: string): Keyed[] {
  return closed
    .filter((c) => user === '' || c.user === user)
    .map((c) => ({ cid: c.cid, closed: c, key: order.key(c) }))
    .sort(compare);
}

function merge(a: Keyed[], b: Keyed[]): Keyed[] {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  return [...a, ...b].sort(compare);
}

function compare(a: Keyed, b: Keyed): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : a.cid - b.cid;
}
