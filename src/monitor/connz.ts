/**
 * `/connz`: the connections, filtered, sorted and cut into pages, with the fields of nats-server.
 *
 * A large page is made in parts, each in a turn of the event loop of its own. A connection that is closed in
 * between is missing in the list although it was counted.
 */
import { type Answer, json, jsonStream } from '../http/answer.js';
import { goDuration, goJson, rfc3339, uptime } from '../http/go-format.js';
import type { ConnectionInfo, SubscriptionInfo } from '../native/contract.js';
import { type ConnzOptions, readConnzOptions } from './connz-options.js';
import { type Entry, type Selection, select } from './connz-select.js';
import { issuerKey } from './issuer-key.js';
import { ownTurn } from './own-turn.js';
import type { MonitorContext, MonitorSource } from './source.js';
import { accountOf, subscriptionDetail } from './subsz.js';

const GLOBAL_ACCOUNT = '$G';
/** Connections per part: a few milliseconds of work at most. */
const PART_SIZE = 256;

export function connz(context: MonitorContext, query: URLSearchParams): Answer {
  const { source } = context;
  const options = readConnzOptions(query);
  const nowMs = context.nowMs();
  if (options.account !== '' && !knowsAccount(source, options.account)) {
    return json(head('', nowMs, options, 0, { total: 0, page: [] }, null));
  }
  const selection = select(source, options, nowMs);
  if (selection.page.length > PART_SIZE) return jsonStream(() => pageParts(source, options, nowMs, selection));
  const connections = describePage(source, selection.page, options, nowMs);
  return json(head(source.serverId, nowMs, options, connections.length, selection, connections));
}

/** The same as one object. A large page is described in parts, too. */
export async function describeConnections(context: MonitorContext, options: ConnzOptions): Promise<object> {
  const { source } = context;
  const nowMs = context.nowMs();
  if (options.account !== '' && !knowsAccount(source, options.account)) {
    return head('', nowMs, options, 0, { total: 0, page: [] }, null);
  }
  const selection = select(source, options, nowMs);
  const connections: object[] = [];
  for (let at = 0; at < selection.page.length; at += PART_SIZE) {
    if (at > 0) await ownTurn();
    connections.push(...describePage(source, selection.page.slice(at, at + PART_SIZE), options, nowMs));
  }
  return head(source.serverId, nowMs, options, connections.length, selection, connections);
}

function head(
  serverId: string,
  nowMs: number,
  { offset, limit }: ConnzOptions,
  count: number,
  { total }: Selection,
  connections: object[] | null,
): object {
  return { server_id: serverId, now: rfc3339(nowMs), num_connections: count, total, offset, limit, connections };
}

async function* pageParts(
  source: MonitorSource,
  options: ConnzOptions,
  nowMs: number,
  selection: Selection,
): AsyncGenerator<string> {
  const { page } = selection;
  yield goJson(head(source.serverId, nowMs, options, page.length, selection, [])).replace(/\]\s*\}$/, '');
  let separator = '\n';
  for (let at = 0; at < page.length; at += PART_SIZE) {
    await ownTurn();
    const described = describePage(source, page.slice(at, at + PART_SIZE), options, nowMs);
    for (const one of described.length > 0 ? [goJson(described)] : []) {
      // The list without its brackets, one level deeper.
      yield separator + one.slice(2, -2).replaceAll('\n', '\n  ').replace(/^/, '  ');
      separator = ',\n';
    }
  }
  yield '\n  ]\n}';
}

function knowsAccount(source: MonitorSource, account: string): boolean {
  return account === GLOBAL_ACCOUNT || source.stats().accounts.some(({ name }) => name === account);
}

function describePage(source: MonitorSource, page: Entry[], options: ConnzOptions, nowMs: number): object[] {
  const numbers = Float64Array.from(page.filter(({ closed }) => !closed).map(({ cid }) => cid));
  const open = new Map<number, ConnectionInfo>();
  if (numbers.length > 0) for (const c of source.describeConnections(numbers)) open.set(c.cid, c);
  const subscriptions = options.subs === 'none' ? new Map() : subscriptionsByConnection(source, numbers, page);
  return page.flatMap(({ cid, closed }) => {
    const c = closed ?? open.get(cid);
    return c ? [describe(c, options, nowMs, subscriptions.get(cid) ?? [])] : [];
  });
}

/** One query for the whole page, not one per connection. */
function subscriptionsByConnection(
  source: MonitorSource,
  open: Float64Array,
  page: Entry[],
): Map<number, SubscriptionInfo[]> {
  const closed = page.filter((entry) => entry.closed);
  const lists = [
    open.length > 0 ? source.findSubscriptions({ cids: open, offset: 0, limit: Number.MAX_SAFE_INTEGER }).list : [],
    closed.length > 0 ? source.closedSubscriptions(page.length === 1 ? closed[0]?.cid : undefined) : [],
  ];
  const grouped = new Map<number, SubscriptionInfo[]>();
  for (const subscription of lists.flat()) {
    const list = grouped.get(subscription.cid);
    if (list) list.push(subscription);
    else grouped.set(subscription.cid, [subscription]);
  }
  return grouped;
}

/** Of a fixed shape, which is made and written several times faster; what is undefined is left out of JSON. */
function describe(c: ConnectionInfo, options: ConnzOptions, nowMs: number, subscriptions: SubscriptionInfo[]): object {
  const untilMs = c.stopMs ?? nowMs;
  const isClosed = c.stopMs !== undefined;
  const { auth, subs } = options;
  const listed = subscriptions.length > 0;
  return {
    cid: c.cid,
    kind: c.kind,
    type: 'nats',
    ip: c.ip,
    port: c.port,
    start: rfc3339(c.startMs),
    last_activity: rfc3339(c.lastActivityMs),
    stop: c.stopMs === undefined ? undefined : rfc3339(c.stopMs),
    reason: c.reason || undefined,
    rtt: goDuration(roundRtt(c.rttNs)),
    uptime: uptime(untilMs - c.startMs),
    idle: uptime(untilMs - c.lastActivityMs),
    pending_bytes: c.pendingBytes,
    in_msgs: c.inMsgs,
    out_msgs: c.outMsgs,
    in_bytes: c.inBytes,
    out_bytes: c.outBytes,
    stalls: c.stalls > 0 ? c.stalls : undefined,
    subscriptions: c.subscriptions,
    name: c.name || undefined,
    lang: c.lang || undefined,
    version: c.version || undefined,
    authorized_user: auth ? c.user || undefined : undefined,
    account: auth ? otherAccount(c) : undefined,
    subscriptions_list: subs === 'list' && listed ? subscriptions.map(({ subject }) => subject) : undefined,
    subscriptions_list_detail: subs === 'detail' && listed ? subscriptions.map((s) => detail(s, isClosed)) : undefined,
    proxy: c.proxy === undefined ? undefined : { key: c.proxy },
    issuer_key: auth ? issuerKey(c) : undefined,
    name_tag: auth ? nameTag(c) : undefined,
  };
}

/** As in nats-server, closed connections show the account and not the limit. */
function detail(s: SubscriptionInfo, isClosed: boolean): object {
  if (!isClosed) return subscriptionDetail(s);
  const { max: _, ...unlimited } = s;
  return { ...accountOf(s), ...subscriptionDetail(unlimited) };
}

/** Before CONNECT a connection is in the global account. */
function accountOfConnection(c: ConnectionInfo): string {
  return c.account === '' ? GLOBAL_ACCOUNT : c.account;
}

/** Undefined for the global account, which is not shown. */
function otherAccount(c: ConnectionInfo): string | undefined {
  const account = accountOfConnection(c);
  return account === GLOBAL_ACCOUNT ? undefined : account;
}

/** The tag of an account is its name. As in nats-server, a closed connection of the global account shows none. */
function nameTag(c: ConnectionInfo): string | undefined {
  const account = accountOfConnection(c);
  return c.stopMs === undefined || account !== GLOBAL_ACCOUNT ? account : undefined;
}

/** Values below a millisecond are cut to microseconds. */
function roundRtt(ns: number): number {
  return ns > 1_000 && ns < 1_000_000 ? Math.floor(ns / 1_000) * 1_000 : ns;
}
