/** `/connz`: the connections, filtered, sorted and cut into pages. Field by field as the reference. */
import type { ConnectionInfo, SubscriptionInfo } from '../native/contract.js';
import { type ConnectionOrder, connectionOrder } from './connz-sort.js';
import { goDuration, rfc3339, uptime } from './go-format.js';
import { BadParameterError, boolParam, intParam, uintParam } from './params.js';
import type { MonitorContext, MonitorSource } from './source.js';

const LIMIT_DEFAULT = 1024;
const GLOBAL_ACCOUNT = '$G';

type State = 'open' | 'closed' | 'all';

interface ConnzOptions {
  order: ConnectionOrder;
  auth: boolean;
  subs: 'none' | 'list' | 'detail';
  offset: number;
  limit: number;
  /** 0: any. */
  cid: number;
  state: State;
  user: string;
  account: string;
  mqttClient: string;
}

export function connz(context: MonitorContext, query: URLSearchParams): object {
  const { source } = context;
  const options = readOptions(query);
  const nowMs = context.nowMs();
  const head = { now: rfc3339(nowMs) };
  const paging = { offset: options.offset, limit: options.limit };
  if (options.account !== '' && !knowsAccount(source, options.account)) {
    return { server_id: '', ...head, num_connections: 0, total: 0, ...paging, connections: null };
  }
  const { total, found } = select(source, options);
  found.sort((a, b) => options.order(a, b, nowMs));
  const page = found.slice(options.offset, options.offset + options.limit);
  const subscriptions = options.subs === 'none' ? new Map() : bySubscriber(source, page, options.cid);
  return {
    server_id: source.serverId,
    ...head,
    num_connections: page.length,
    total,
    ...paging,
    connections: page.map((c) => describe(c, options, nowMs, subscriptions.get(c.cid) ?? [])),
  };
}

function readOptions(query: URLSearchParams): ConnzOptions {
  const sort = query.get('sort') ?? '';
  const auth = boolParam(query, 'auth');
  const detail = query.get('subs')?.toLowerCase() === 'detail';
  const list = !detail && boolParam(query, 'subs');
  const offset = intParam(query, 'offset');
  const limit = intParam(query, 'limit');
  const cid = uintParam(query, 'cid');
  const state = stateParam(query);
  return {
    order: connectionOrder(sort, state === 'closed'),
    auth,
    subs: detail ? 'detail' : list ? 'list' : 'none',
    offset: Math.max(0, offset),
    limit: cid > 0 ? 1 : limit > 0 ? limit : LIMIT_DEFAULT,
    cid,
    state,
    user: query.get('user') ?? '',
    account: query.get('acc') ?? '',
    mqttClient: query.get('mqtt_client') ?? '',
  };
}

function stateParam(query: URLSearchParams): State {
  const text = query.get('state') ?? '';
  switch (text.toLowerCase()) {
    case '':
    case 'open':
      return 'open';
    case 'closed':
      return 'closed';
    case 'any':
    case 'all':
      return 'all';
    default:
      throw new BadParameterError(`Error decoding state for ${text}`);
  }
}

function knowsAccount(source: MonitorSource, account: string): boolean {
  return account === GLOBAL_ACCOUNT || source.stats().accounts.some(({ name }) => name === account);
}

/** `total` counts before the filters by user and number, as the reference does. */
function select(source: MonitorSource, options: ConnzOptions): { total: number; found: ConnectionInfo[] } {
  const { state, cid, user, account, mqttClient } = options;
  const ofAccount = (list: ConnectionInfo[]) => (account === '' ? list : list.filter((c) => c.account === account));
  const all = state === 'closed' ? [] : source.connections();
  const open = ofAccount(all);
  const closed = state === 'open' ? [] : ofAccount(source.closedConnections());
  const total = open.length + closed.length;
  // MQTT connections are none of the kinds there are: asking for one finds nothing.
  if (mqttClient !== '') return { total, found: [] };
  if (cid > 0) {
    const hit = all.find((c) => c.cid === cid) ?? closed.find((c) => c.cid === cid);
    return { total, found: hit ? [hit] : [] };
  }
  const found = [...open, ...closed].filter((c) => user === '' || c.user === user);
  return { total, found };
}

/** One question for one connection or for all of a state, never one per connection. */
function bySubscriber(source: MonitorSource, page: ConnectionInfo[], cid: number): Map<number, SubscriptionInfo[]> {
  const grouped = new Map<number, SubscriptionInfo[]>();
  if (page.length === 0) return grouped;
  const asked = cid > 0 ? cid : undefined;
  const isClosed = (c: ConnectionInfo) => c.stopMs !== undefined;
  const open = page.every(isClosed) ? [] : source.subscriptions(asked);
  const closed = page.some(isClosed) ? source.closedSubscriptions(asked) : [];
  for (const subscription of [...open, ...closed]) {
    const list = grouped.get(subscription.cid);
    if (list) list.push(subscription);
    else grouped.set(subscription.cid, [subscription]);
  }
  return grouped;
}

function describe(c: ConnectionInfo, options: ConnzOptions, nowMs: number, subscriptions: SubscriptionInfo[]): object {
  const untilMs = c.stopMs ?? nowMs;
  return {
    cid: c.cid,
    kind: c.kind,
    type: 'nats',
    ip: c.ip,
    port: c.port,
    start: rfc3339(c.startMs),
    last_activity: rfc3339(c.lastActivityMs),
    ...(c.stopMs === undefined ? {} : { stop: rfc3339(c.stopMs) }),
    ...(c.reason ? { reason: c.reason } : {}),
    rtt: goDuration(roundRtt(c.rttNs)),
    uptime: uptime(untilMs - c.startMs),
    idle: uptime(untilMs - c.lastActivityMs),
    pending_bytes: c.pendingBytes,
    in_msgs: c.inMsgs,
    out_msgs: c.outMsgs,
    in_bytes: c.inBytes,
    out_bytes: c.outBytes,
    ...(c.stalls > 0 ? { stalls: c.stalls } : {}),
    subscriptions: c.subscriptions,
    ...(c.name ? { name: c.name } : {}),
    ...(c.lang ? { lang: c.lang } : {}),
    ...(c.version ? { version: c.version } : {}),
    ...(options.auth && c.user ? { authorized_user: c.user } : {}),
    ...(options.auth && c.account !== GLOBAL_ACCOUNT ? { account: c.account } : {}),
    ...(options.subs === 'list' && subscriptions.length > 0
      ? { subscriptions_list: subscriptions.map(({ subject }) => subject) }
      : {}),
    ...(options.subs === 'detail' && subscriptions.length > 0
      ? { subscriptions_list_detail: subscriptions.map((s) => subscriptionDetail(s, c.stopMs !== undefined)) }
      : {}),
    ...(options.auth && hasNameTag(c) ? { name_tag: c.account } : {}),
  };
}

/** The tag of an account is its name; a closed connection of the global account shows none, as in the reference. */
function hasNameTag(c: ConnectionInfo): boolean {
  return c.stopMs === undefined || c.account !== GLOBAL_ACCOUNT;
}

/** Below a millisecond, fractions of a microsecond are noise. */
function roundRtt(ns: number): number {
  return ns > 1_000 && ns < 1_000_000 ? Math.floor(ns / 1_000) * 1_000 : ns;
}

/** Of closed connections the account is told too, as the reference does. */
function subscriptionDetail(s: SubscriptionInfo, closed: boolean): object {
  return {
    ...(closed ? { account: s.account, account_tag: s.account } : {}),
    subject: s.subject,
    ...(s.queue ? { qgroup: s.queue } : {}),
    sid: s.sid,
    msgs: s.msgs,
    ...(s.max ? { max: s.max } : {}),
    cid: s.cid,
  };
}
