/**
 * A broker's state for the tests of monitoring, as fixed values. What the data plane would select and sort is scripted by
 * the tests: they say what it finds and check what it was asked. Sorting itself is tested on the data plane
 * (native/broker/src/tests/overview.rs) and on a whole server (test/conformance/monitor.test.ts).
 */
import { resolveOptions } from '../../config/index.js';
import type { ConnectionInfo, ConnectionQuery, SubscriptionInfo, SubscriptionQuery } from '../../native/contract.js';
import { accountStats, connection, NO_STATS } from '../../native/testing/fake-addon.js';
import type { MonitorSource } from '../source.js';

const OPEN = [
  connection(1, { inMsgs: 9, outMsgs: 2, stalls: 4, account: 'OTHER' }),
  connection(2, { inMsgs: 7, outMsgs: 3, rttNs: 42_777, subscriptions: 2 }),
  connection(3, { name: 'c', inMsgs: 5, outMsgs: 1, subscriptions: 1, user: 'ann', rttNs: 300_970_123, lang: 'js' }),
];
const CLOSED = [
  connection(8, { stopMs: 1_795_224_005_000, reason: 'Stale Connection', inMsgs: 8 }),
  connection(9, { stopMs: 1_795_224_004_000, reason: 'Client Closed' }),
];
/** Of connections 2 and 3. */
export const SUBSCRIPTIONS: readonly SubscriptionInfo[] = [
  { cid: 2, account: '$G', subject: 'a.>', sid: '1', msgs: 4 },
  { cid: 2, account: '$G', subject: 'b', queue: 'q', sid: '2', msgs: 0, max: 5 },
  { cid: 3, account: '$G', subject: 'c', sid: '1', msgs: 0 },
];
const CLOSED_SUBSCRIPTIONS: readonly SubscriptionInfo[] = [
  { cid: 8, account: '$G', subject: 'left', sid: '1', msgs: 2 },
  { cid: 9, account: '$G', subject: 'last', queue: 'q', sid: '7', msgs: 0, max: 3 },
];
const ACCOUNTS = [
  accountStats('$G', {
    connections: 2,
    subscriptions: 3,
    inMsgs: 12,
    inBytes: 120,
    outMsgs: 4,
    outBytes: 40,
    slowConsumers: 2,
    interest: { inserts: 5, removes: 2, matches: 8, cacheHits: 2, cached: 4, fanout: 6, fanoutMax: 3 },
  }),
  accountStats('OTHER', { connections: 1 }),
  accountStats('UNUSED'),
];

/** What `findConnections` returns: connection numbers in order, with their sort keys. */
export interface Found {
  total: number;
  cids: number[];
  keys: number[];
}

export class FakeSource implements MonitorSource {
  readonly serverId = 'NSERVER';
  readonly serverName = 'me';
  readonly host = '0.0.0.0';
  readonly port = 4222;
  readonly options = resolveOptions({
    authorization: { token: 't' },
    maxSubscriptions: 7,
    writeTimeout: 'retry',
    serverTags: ['Zone:A', 'b'],
    serverMetadata: { rack: '7' },
  });
  readonly startMs = 1_795_224_000_000;
  readonly configLoadMs = 1_795_224_000_000;
  readonly configDigest = 'sha256:aa';
  readonly reactors = 2;
  readonly featureFlags = { js_ack_fc_v2: true, js_raft_delete_range: true };
  ready = true;
  /** Connections that `describeConnections` knows. */
  open: ConnectionInfo[] = OPEN;
  /** The answers to the next queries. */
  found: Found = { total: 3, cids: [1, 2, 3], keys: [1, 2, 3] };
  foundSubscriptions: readonly SubscriptionInfo[] = SUBSCRIPTIONS;
  matchingSubscriptions = SUBSCRIPTIONS.length;
  readonly warnings: string[] = [];
  #connectionQuery: ConnectionQuery | undefined;
  #subscriptionQuery: SubscriptionQuery | undefined;

  /** The last query for connections since the last call of this. */
  takeConnectionQuery(): ConnectionQuery | undefined {
    const query = this.#connectionQuery;
    this.#connectionQuery = undefined;
    return query;
  }

  /** The same for subscriptions. */
  takeSubscriptionQuery(): SubscriptionQuery | undefined {
    const query = this.#subscriptionQuery;
    this.#subscriptionQuery = undefined;
    return query;
  }

  stats() {
    return {
      ...NO_STATS,
      connections: 3,
      inMsgs: 21,
      slowConsumers: 2,
      open: { pendingBytes: 77, subscriptions: 3, inMsgs: 21, inBytes: 210, outMsgs: 6, outBytes: 60 },
      accounts: ACCOUNTS,
    };
  }

  findConnections(query: ConnectionQuery) {
    this.#connectionQuery = query;
    const { total, cids, keys } = this.found;
    return { total, matching: cids.length, cids: Float64Array.from(cids), keys: Float64Array.from(keys) };
  }

  describeConnections(cids: Float64Array): ConnectionInfo[] {
    return [...cids].flatMap((cid) => this.open.find((c) => c.cid === cid) ?? []);
  }

  closedConnections(): ConnectionInfo[] {
    return CLOSED.slice();
  }

  findSubscriptions(query: SubscriptionQuery) {
    this.#subscriptionQuery = query;
    return { matching: this.matchingSubscriptions, list: this.foundSubscriptions.slice() };
  }

  closedSubscriptions(cid?: number): SubscriptionInfo[] {
    return CLOSED_SUBSCRIPTIONS.filter((s) => cid === undefined || s.cid === cid);
  }

  queues() {
    return [
      { name: 'reactor 0 inbox', pending: 3 },
      { name: 'control plane events', pending: 0 },
    ];
  }

  warn(text: string): void {
    this.warnings.push(text);
  }
}
