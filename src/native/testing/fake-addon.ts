/**
 * A fake data plane for unit tests: records the calls, sends the events that tests give it, and returns the connections
 * that tests put into it. Opens no socket.
 */
import type {
  AccountStats,
  AuthenticatedUser,
  BrokerPlan,
  BrokerStats,
  ConnectionInfo,
  ConnectionQuery,
  FoundConnections,
  FoundSubscriptions,
  LameDuckNotice,
  MessageBatch,
  NativeAddon,
  NativeEvent,
  QueueInfo,
  SubscriptionInfo,
  SubscriptionQuery,
} from '../contract.js';

/** What worker/pool.ts calls a `ReactorPool`. */
interface FakePool {
  ended: Promise<void>;
  close(): Promise<void>;
}

export class FakeAddon implements NativeAddon {
  readonly plans: BrokerPlan[] = [];
  /** Plans of reloads. */
  readonly reloads: BrokerPlan[] = [];
  readonly calls: string[] = [];
  /** Account and subject of each subscription of this process; its handle is the index plus one. */
  readonly subscribed: string[] = [];
  readonly open = new Map<number, ConnectionInfo>();
  readonly subs: SubscriptionInfo[] = [];
  readonly closedSubs: SubscriptionInfo[] = [];
  /** Answers to `authenticate` events. */
  readonly answers: [request: number, user: AuthenticatedUser | undefined][] = [];
  /** Whether someone listens. */
  listens: (account: string, subject: string) => boolean = () => false;
  eventNumber = 0;
  /** Thrown by the next `startBroker` or `reloadBroker`. */
  refusal: Error | undefined;
  /** How many pools of workers were started. */
  pools = 0;
  /** False: `stopBroker` is never confirmed. */
  confirmsStop = true;
  #events: NativeEvent[] = [];
  #wake: () => void = () => {};
  #poolEnded: Promise<void> = Promise.resolve();
  #endPool: () => void = () => {};
  #killPool: (error: Error) => void = () => {};

  createRuntime(reactors: number, onWake: () => void): number {
    this.calls.push(`createRuntime ${reactors}`);
    this.#wake = onWake;
    this.#poolEnded = new Promise((resolve, reject) => {
      this.#endPool = resolve;
      this.#killPool = reject;
    });
    // Nobody waits for it before there is a pool.
    this.#poolEnded.catch(() => {});
    return 7;
  }

  runReactor(): void {
    throw new Error('the fake addon has no event loop');
  }

  stopRuntime(): void {
    this.calls.push('stopRuntime');
    this.#endPool();
  }

  takeEvents(): NativeEvent[] {
    return this.#events.splice(0);
  }

  startBroker(_runtime: number, plan: BrokerPlan) {
    if (this.refusal) throw this.refusal;
    this.plans.push(plan);
    const port = 40_000 + this.plans.length;
    const listeners = plan.listeners.map((listener) => ({ ...listener, port: listener.port || port }));
    return { broker: this.plans.length, listeners };
  }

  reloadBroker(_runtime: number, broker: number, plan: BrokerPlan) {
    if (this.refusal) throw this.refusal;
    this.reloads.push(plan);
    const number = this.reloads.length + 1;
    this.calls.push(`reloadBroker ${broker}`);
    this.send({ kind: 'reloaded', broker, number });
    return { number, closing: Math.max(0, this.open.size - Math.max(0, plan.maxConnections)) };
  }

  stopBroker(_runtime: number, broker: number): void {
    this.calls.push(`stopBroker ${broker}`);
    if (this.confirmsStop) this.send({ kind: 'stopped', broker });
  }

  enterLameDuck(_runtime: number, broker: number): void {
    this.calls.push(`enterLameDuck ${broker}`);
  }

  watchConnects(_runtime: number, broker: number, on: boolean): void {
    this.calls.push(`watchConnects ${broker} ${on}`);
  }

  closeConnection(_runtime: number, broker: number, cid: number, reason: string): boolean {
    this.calls.push(`closeConnection ${cid} ${reason}`);
    const connection = this.open.get(cid);
    if (!connection) return false;
    this.open.delete(cid);
    this.send({ kind: 'disconnected', broker, connection: { ...connection, stopMs: connection.startMs + 1, reason } });
    return true;
  }

  notifyLameDuck(_runtime: number, _broker: number, cid: number): LameDuckNotice {
    this.calls.push(`notifyLameDuck ${cid}`);
    return this.open.has(cid) ? 'sent' : 'no client';
  }

  hasListeners(_runtime: number, _broker: number, account: string, subjects: string[]): boolean {
    return subjects.some((subject) => this.listens(account, subject));
  }

  nextEventNumber(): number {
    this.eventNumber += 1;
    return this.eventNumber;
  }

  snappyFrame(data: Uint8Array): Buffer {
    return Buffer.from(data);
  }

  answerAuthentication(_runtime: number, request: number, user?: AuthenticatedUser): void {
    if (this.refusal) throw this.refusal;
    this.answers.push([request, user]);
  }

  stats(): BrokerStats {
    return { ...NO_STATS, connections: this.open.size };
  }

  connections(): ConnectionInfo[] {
    return [...this.open.values()];
  }

  findConnections(_runtime: number, _broker: number, query: ConnectionQuery): FoundConnections {
    const found = [...this.open.values()]
      .filter((c) => query.account === undefined || c.account === query.account)
      .sort((a, b) => a.cid - b.cid);
    const matching = found.filter((c) => query.user === undefined || c.user === query.user);
    const cids = Float64Array.from(matching.slice(0, query.limit).map(({ cid }) => cid));
    return { total: found.length, matching: matching.length, cids, keys: cids };
  }

  describeConnections(_runtime: number, _broker: number, cids: Float64Array): ConnectionInfo[] {
    return [...cids].flatMap((cid) => this.open.get(cid) ?? []);
  }

  findSubscriptions(_runtime: number, _broker: number, query: SubscriptionQuery): FoundSubscriptions {
    const found = this.subs.filter((s) => query.cids === undefined || query.cids.includes(s.cid));
    return { matching: found.length, list: found.slice(query.offset, query.offset + query.limit) };
  }

  queues(): QueueInfo[] {
    return [{ name: 'control plane events', pending: this.#events.length }];
  }

  subscriptions(_runtime: number, _broker: number, cid: number | undefined): SubscriptionInfo[] {
    return this.subs.filter((s) => cid === undefined || s.cid === cid);
  }

  closedSubscriptions(_runtime: number, _broker: number, cid: number | undefined): SubscriptionInfo[] {
    return this.closedSubs.filter((s) => cid === undefined || s.cid === cid);
  }

  subscribeInternal(_runtime: number, _broker: number, account: string, subject: string): number {
    this.subscribed.push(`${account} ${subject}`);
    return this.subscribed.length;
  }

  unsubscribeInternal(_runtime: number, _broker: number, handle: number): boolean {
    delete this.subscribed[handle - 1];
    return true;
  }

  publishInternal(
    _runtime: number,
    broker: number,
    account: string,
    frames: Uint8Array,
    confirm: number | undefined,
  ): number {
    this.calls.push(`publishInternal ${account} ${Buffer.from(frames).toString()}`);
    if (confirm !== undefined) this.send({ kind: 'published', broker, number: confirm });
    return 0;
  }

  unpublishedInternal(): number {
    return 0;
  }

  takeMessages(): MessageBatch {
    return { data: Buffer.alloc(0), index: new Uint32Array(0), more: false };
  }

  /** Sends an event as the addon does: later, on the main thread. */
  send(event: NativeEvent): void {
    this.#events.push(event);
    setImmediate(() => this.#wake());
  }

  /** Replaces the worker threads: runs at once, ends when the runtime is stopped. */
  readonly startPool = (): FakePool => {
    this.pools += 1;
    const ended = this.#poolEnded;
    return { ended, close: () => ended.catch(() => {}) };
  };

  /** A worker thread dies. */
  killThread(error: Error): void {
    this.#killPool(error);
  }
}

export const NO_STATS: BrokerStats = {
  connections: 0,
  totalConnections: 0,
  inMsgs: 0,
  inBytes: 0,
  outMsgs: 0,
  outBytes: 0,
  slowConsumers: 0,
  slowConsumersPending: 0,
  slowConsumersDeadline: 0,
  staleConnections: 0,
  stalledClients: 0,
  subscriptions: 0,
  open: { pendingBytes: 0, subscriptions: 0, inMsgs: 0, inBytes: 0, outMsgs: 0, outBytes: 0 },
  accounts: [accountStats('$G')],
};

export function accountStats(name: string, more: Partial<AccountStats> = {}): AccountStats {
  return {
    name,
    connections: 0,
    subscriptions: 0,
    inMsgs: 0,
    inBytes: 0,
    outMsgs: 0,
    outBytes: 0,
    slowConsumers: 0,
    interest: { inserts: 0, removes: 0, matches: 0, cacheHits: 0, cached: 0, fanout: 0, fanoutMax: 0 },
    ...more,
  };
}

export function connection(cid: number, more: Partial<ConnectionInfo> = {}): ConnectionInfo {
  return {
    cid,
    kind: 'Client',
    ip: '127.0.0.1',
    port: 50_000 + cid,
    startMs: 1_795_224_000_000 + cid,
    lastActivityMs: 1_795_224_001_000 + cid,
    rttNs: 0,
    pendingBytes: 0,
    inMsgs: 0,
    inBytes: 0,
    outMsgs: 0,
    outBytes: 0,
    stalls: 0,
    subscriptions: 0,
    account: '$G',
    ...more,
  };
}
