/** The sort orders of `/connz`. Only cid, start, uptime and reason ascend; every counter descends. */
import type { ConnectionInfo, ConnectionOrder } from '../native/contract.js';
import { BadParameterError } from './params.js';

export interface SortOrder {
  /** The order in which the data plane sorts open connections; absent when only closed ones can be sorted by it. */
  open?: ConnectionOrder;
  /** The sort key of a closed connection, ascending; the data plane computes the same key for open ones. */
  key(connection: ConnectionInfo): number | string;
}

const counter = (open: ConnectionOrder, count: (c: ConnectionInfo) => number): SortOrder => ({
  open,
  key: (c) => -count(c),
});
const byCid: SortOrder = { open: 'cid', key: (c) => c.cid };

const ORDERS: Record<string, SortOrder> = {
  '': byCid,
  cid: byCid,
  start: byCid,
  subs: counter('subs', (c) => c.subscriptions),
  pending: counter('pending', (c) => c.pendingBytes),
  msgs_to: counter('msgs_to', (c) => c.outMsgs),
  msgs_from: counter('msgs_from', (c) => c.inMsgs),
  bytes_to: counter('bytes_to', (c) => c.outBytes),
  bytes_from: counter('bytes_from', (c) => c.inBytes),
  last: counter('last', (c) => c.lastActivityMs),
  idle: { open: 'idle', key: (c) => c.lastActivityMs },
  uptime: { open: 'uptime', key: (c) => (c.stopMs ?? 0) - c.startMs },
  rtt: counter('rtt', (c) => c.rttNs),
  stop: { key: (c) => -(c.stopMs ?? 0) },
  reason: { key: (c) => c.reason ?? '' },
};

/** Throws a `BadParameterError` for an unknown order, or one that open connections do not have. */
export function sortOrder(sort: string, closedOnly: boolean): SortOrder {
  const order = Object.hasOwn(ORDERS, sort) ? ORDERS[sort] : undefined;
  if (!order || (!closedOnly && !order.open)) {
    throw new BadParameterError(
      order ? `sort by ${sort} only valid on closed connections` : `invalid sorting option: ${sort}`,
    );
  }
  return order;
}
