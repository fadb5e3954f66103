/** How `/connz` may be sorted. Only cid, start, uptime and reason ascend; every counter descends. */
import type { ConnectionInfo } from '../native/contract.js';
import { BadParameterError } from './params.js';

export type ConnectionOrder = (a: ConnectionInfo, b: ConnectionInfo, nowMs: number) => number;

const descending =
  (value: (c: ConnectionInfo) => number): ConnectionOrder =>
  (a, b) =>
    value(b) - value(a);

const byCid: ConnectionOrder = (a, b) => a.cid - b.cid;
const lifetime = (c: ConnectionInfo, nowMs: number) => (c.stopMs ?? nowMs) - c.startMs;

const ORDERS: Record<string, ConnectionOrder> = {
  '': byCid,
  cid: byCid,
  start: byCid,
  subs: descending((c) => c.subscriptions),
  pending: descending((c) => c.pendingBytes),
  msgs_to: descending((c) => c.outMsgs),
  msgs_from: descending((c) => c.inMsgs),
  bytes_to: descending((c) => c.outBytes),
  bytes_from: descending((c) => c.inBytes),
  last: descending((c) => c.lastActivityMs),
  idle: (a, b) => a.lastActivityMs - b.lastActivityMs,
  uptime: (a, b, nowMs) => lifetime(a, nowMs) - lifetime(b, nowMs),
  rtt: descending((c) => c.rttNs),
  stop: descending((c) => c.stopMs ?? 0),
  reason: (a, b) => compareText(a.reason ?? '', b.reason ?? ''),
};

/** Throws a `BadParameterError` for an order that doesn't exist, or that open connections don't have. */
export function connectionOrder(sort: string, closedOnly: boolean): ConnectionOrder {
  const order = Object.hasOwn(ORDERS, sort) ? ORDERS[sort] : undefined;
  if (!order || (!closedOnly && (sort === 'stop' || sort === 'reason'))) {
    throw new BadParameterError(
      order ? `sort by ${sort} only valid on closed connections` : `invalid sorting option: ${sort}`,
    );
  }
  return order;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
