/**
 * Which connections a page of `/connz` shows. Open ones are numbers, sorted by the data plane; closed ones are what the
 * control plane remembers. Both lists are merged, cut, and described later.
 */
import type { ConnectionInfo } from '../native/contract.js';
import type { ConnzOptions } from './connz-options.js';
import type { SortOrder } from './connz-sort.js';
import type { MonitorSource } from './source.js';

/** One connection of the page: a closed one, or the number of an open one. */
export type Entry = { cid: number; closed?: ConnectionInfo };

export interface Selection {
  /** Before the filters by user and number, as the reference counts. */
  total: number;
  page: Entry[];
}

interface Keyed extends Entry {
  key: number | string;
}

export function select(source: MonitorSource, options: ConnzOptions, nowMs: number): Selection {
  const { state, cid, user, account, mqttClient, offset, limit } = options;
  const withOpen = state !== 'closed';
  const allClosed = state === 'open' ? [] : source.closedConnections();
  const closed = account === '' ? allClosed : allClosed.filter((c) => c.account === account);
  // MQTT connections are none of the kinds there are: asking for one finds nothing.
  const none = mqttClient !== '' || cid > 0;
  const open = withOpen
    ? source.findConnections({
        order: options.order.open ?? 'cid',
        ...(account === '' ? {} : { account }),
        ...(user === '' ? {} : { user }),
        limit: none ? 0 : offset + limit,
        nowMs,
      })
    : undefined;
  const total = (open?.total ?? 0) + closed.length;
  if (mqttClient !== '') return { total, page: [] };
  if (cid > 0) return { total, page: byNumber(source, cid, withOpen, closed).slice(offset) };
  const merged = merge(
    [...(open?.cids ?? [])].map((number, at) => ({ cid: number, key: open?.keys[at] ?? 0 })),
    sorted(closed, options.order, user),
  );
  return { total, page: merged.slice(offset, offset + limit) };
}

/** The filters by account and user say nothing about an open connection that is asked for by number. */
function byNumber(source: MonitorSource, cid: number, withOpen: boolean, closed: ConnectionInfo[]): Entry[] {
  if (withOpen && source.describeConnections(Float64Array.of(cid)).length > 0) return [{ cid }];
  const gone = closed.find((c) => c.cid === cid);
  return gone ? [{ cid, closed: gone }] : [];
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
