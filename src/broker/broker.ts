/**
 * A NATS broker inside this process: what a library user holds.
 *
 * Owns one broker of the data plane, its monitoring listener and its files, until it stops. start.ts makes it; the
 * threads belong to the Runtime, which all brokers share; messages are handled by the data plane alone.
 */
import { EventEmitter } from 'node:events';
import { accountNames, hasAccount, type ResolvedOptions, systemAccountOf } from '../config/index.js';
import {
  type ClientHost,
  InternalClient,
  type Message,
  type MessageHandler,
  type PublishOptions,
  type RequestOptions,
  type SubscribeOptions,
  type Subscription,
} from '../internal/index.js';
import type {
  AuthenticationRequest,
  BrokerStats,
  ConnectionInfo,
  NativeEvent,
  SubscriptionInfo,
} from '../native/contract.js';
import { SystemAccount } from '../system/system-account.js';
import { localUrl } from './address.js';
import { ASYNC_DISPOSE, disposeUnderBothSymbols } from './async-dispose.js';
import { answer, separateAuthenticate } from './authenticate.js';
import { callListener } from './call-listener.js';
import { ClosedConnections } from './closed-connections.js';
import { BrokerError, DataPlaneError, StoppedError } from './errors.js';
import type { BrokerEvents } from './events.js';
import { removePortsFile } from './files.js';
import { closeInStages } from './lame-duck.js';
import type { BrokerParts, Configuration, StartOptions } from './parts.js';
import { clientListener } from './ports.js';
import { drainWithin, type GraceDeps } from './shutdown-grace.js';
import { systemHost } from './system-host.js';

/** How long `stop` waits for the `stopped` event of the data plane. */
const STOP_TIMEOUT_MS = 5000;

type DrainDeps = Omit<GraceDeps, 'graceMs'>;

export class Broker extends EventEmitter<BrokerEvents> {
  /** The public key of this broker, `N…`; another one at each start. */
  readonly serverId: string;
  readonly serverName: string;
  readonly #parts: BrokerParts;
  #configuration: Configuration;
  readonly #closed: ClosedConnections;
  readonly #client: InternalClient;
  readonly #system: SystemAccount;
  readonly #stopping = new AbortController();
  readonly #allClosed: Promise<void>;
  #resolveAllClosed: () => void = () => {};
  #lameDuck: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  /** The reload that waits for its `reloaded` event: there is one at a time. */
  #pendingReload: { number: number; resolve: () => void; reject: (error: Error) => void } | undefined;
  #listenerCloseLogged = false;

  /**
   * Starts a broker; settles once clients can connect. Throws an `OptionsError`, a `ConfigError` (what `configFile` names
   * can't be used), a `BrokerError`, a `LogFileError` or `SyslogError`, or an `AddonError`. Each has a `code`.
   */
  static async start(options: StartOptions = {}): Promise<Broker> {
    const { startBroker } = await import('./start.js');
    return startBroker(options);
  }

  /** Brokers are made by `Broker.start`. */
  constructor(parts: BrokerParts, configuration: Configuration) {
    super();
    // JavaScript users may try `new Broker(options)`.
    if (!(parts as Partial<BrokerParts> | undefined)?.runtime) {
      throw new BrokerError(
        'NOT_STARTED',
        'a broker is made by Broker.start(options): write that instead of new Broker',
      );
    }
    this.#parts = parts;
    this.#configuration = configuration;
    const { options } = configuration;
    this.serverId = parts.identity.serverId;
    this.serverName = options.serverName ?? parts.identity.serverId;
    this.#closed = new ClosedConnections(options.maxClosedClients);
    this.#client = this.#createClient();
    this.#allClosed = new Promise((resolve) => {
      this.#resolveAllClosed = resolve;
    });
    parts.runtime.attach(parts.started.broker, (event) => this.#receive(event));
    this.#system = new SystemAccount(systemHost({ broker: this, client: this.#client, parts }));
    this.#system.follow(systemAccountOf(options));
    const watch = (event: unknown, on: boolean) => {
      if (event !== 'connect' || this.#stopped) return;
      parts.runtime.addon.watchConnects(parts.runtime.handle, parts.started.broker, on);
    };
    // The data plane sends `connected` events only while there are listeners. Node emits `removeListener` after the
    // removal, but `newListener` before the addition.
    this.on('newListener' as never, ((event: unknown) => watch(event, true)) as never);
    this.on('removeListener' as never, ((event: unknown) => watch(event, this.listenerCount('connect') > 0)) as never);
  }

  /** The options in force, defaults filled in. */
  get options(): ResolvedOptions {
    return this.#configuration.options;
  }

  /** When the options in force were put into force, and the digest of their file: empty without one. */
  get configuration(): Readonly<{ loadMs: number; digest: string }> {
    const { loadMs, digest } = this.#configuration;
    return { loadMs, digest };
  }

  /** The address clients connect to, e.g. `nats://127.0.0.1:4222`. */
  get url(): string {
    if (this.options.dontListen) {
      throw new BrokerError('NO_LISTENER', 'this broker has no listener: leave out the option dontListen to have one');
    }
    return localUrl('nats', this.host, this.port);
  }

  /** The host the listener is bound to; empty without one. */
  get host(): string {
    return clientListener(this.#parts.started).host;
  }

  /** The port the listener is bound to; 0 without one. */
  get port(): number {
    return clientListener(this.#parts.started).port;
  }

  /** The address of the monitoring endpoints; absent when monitoring is off. */
  get monitorUrl(): string | undefined {
    const { http } = this.options;
    const { monitorPort } = this.#parts.http;
    return http && monitorPort !== undefined ? localUrl('http', http.host, monitorPort) + http.basePath : undefined;
  }

  /**
   * Calls `handler` with each message on `subject`, which may have wildcards, without a connection. Once the promise
   * settles, every later message is delivered, in order per publisher. What the handler throws is logged and emitted as
   * `handlerError`, and a request is then answered with an error.
   */
  subscribe(subject: string, handler: MessageHandler): Promise<Subscription>;
  subscribe(subject: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription>;
  async subscribe(
    subject: string,
    second: SubscribeOptions | MessageHandler,
    third?: MessageHandler,
  ): Promise<Subscription> {
    this.#running();
    const [options, handler] = typeof second === 'function' ? [{}, second] : [second, third];
    if (typeof handler !== 'function') throw new TypeError('broker.subscribe needs a function that takes the messages');
    return this.#client.subscribe(subject, options, handler);
  }

  /** Publishes a message without a connection. It is handed to the data plane at the end of the current task. */
  publish(subject: string, data?: Uint8Array | string, options?: PublishOptions): void {
    this.#running();
    this.#client.publish(subject, data, options);
  }

  /**
   * Publishes a request and settles with its answer. Rejects with a `NoRespondersError` where nobody is subscribed, with a
   * `RequestTimeoutError` after `timeoutMs` (2000 unless given).
   */
  async request(subject: string, data?: Uint8Array | string, options?: RequestOptions): Promise<Message> {
    this.#running();
    return this.#client.request(subject, data, options);
  }

  /** Settles once everything that was published so far is delivered. */
  async flush(): Promise<void> {
    this.#running();
    await this.#client.flush();
  }

  /** Counters as of now. */
  stats(): BrokerStats {
    const { addon, handle, broker } = this.#running();
    return addon.stats(handle, broker);
  }

  /** The open connections, in the order they connected. */
  connections(): ConnectionInfo[] {
    const { addon, handle, broker } = this.#running();
    return addon.connections(handle, broker);
  }

  /** The connections that closed last, oldest first; at most `maxClosedClients` of them. */
  closedConnections(): ConnectionInfo[] {
    return this.#closed.list();
  }

  /** The subscriptions of one connection, or of all. */
  subscriptions(cid?: number): SubscriptionInfo[] {
    const { addon, handle, broker } = this.#running();
    return addon.subscriptions(handle, broker, cid);
  }

  /** The subscriptions one closed connection, or all of them, had when closing; long lists are cut. */
  closedSubscriptions(cid?: number): SubscriptionInfo[] {
    const { addon, handle, broker } = this.#running();
    return addon.closedSubscriptions(handle, broker, cid);
  }

  /** Closes one connection; false when there is none of that number. */
  closeConnection(cid: number, reason = 'Kicked'): boolean {
    const { addon, handle, broker } = this.#running();
    return addon.closeConnection(handle, broker, cid, reason);
  }

  /** True from the call of `lameDuck` on. */
  get isLameDuck(): boolean {
    return this.#lameDuck !== undefined;
  }

  /** True from the call of `stop` on. */
  get isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  /** Accepts no new clients, closes the connected ones one by one over `lameDuckDuration`, then stops. */
  lameDuck(): Promise<void> {
    const { lameDuckDurationMs: durationMs, lameDuckGracePeriodMs: graceMs } = this.options;
    this.#lameDuck ??= this.#stopped ?? this.#drainAndStop((deps) => closeInStages({ ...deps, durationMs, graceMs }));
    return this.#lameDuck;
  }

  /**
   * Reads the configuration file again and puts it into force, or `options`, which replace all earlier ones as those of
   * `start` do. Settles once every connection follows them: clients that may no longer connect are disconnected, the
   * others stay connected. Throws what `start` does, and a `NotReloadableError`; then nothing has changed.
   */
  reload(options?: StartOptions): Promise<void> {
    const reloading = this.#reloading.then(() => this.#reload(options));
    this.#reloading = reloading.catch(() => {});
    return reloading;
  }

  /**
   * Stops as SIGTERM stops a server: clients get up to `shutdownGrace` to move to another server, and the broker stops
   * within that time. Without that option it stops at once.
   */
  shutdown(): Promise<void> {
    const graceMs = this.options.shutdownGraceMs;
    if (graceMs === 0) return this.stop();
    this.#lameDuck ??= this.#stopped ?? this.#drainAndStop((deps) => drainWithin({ ...deps, graceMs }));
    return this.#lameDuck;
  }

  /** Closes listener and connections and frees everything; calling it again returns the same promise. */
  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  /** For `await using`. */
  [ASYNC_DISPOSE](): Promise<void> {
    return this.stop();
  }

  async #reload(options?: StartOptions): Promise<void> {
    this.#running();
    const { written, given } = options ? separateAuthenticate(options) : this.#configuration;
    if (!written || (!options && !written.configFile)) {
      throw new BrokerError(
        'NO_CONFIG_FILE',
        'there is no configuration file to read again: start with the option configFile, or give reload() the options',
        'can only reload config when a file is provided using -c or --config',
      );
    }
    const { reload } = await import('./reload.js');
    this.#running();
    // Into the accounts there are now.
    this.#client.send();
    await reload({
      parts: this.#parts,
      current: this.options,
      written,
      before: this.#configuration.authenticate,
      given,
      putIntoForce: (configuration) => {
        this.#configuration = configuration;
        this.#system.follow(systemAccountOf(configuration.options));
        this.#leaveRemovedAccounts();
      },
      applied: (number) => this.#applied(number),
    });
    this.#announceAgain();
  }

  /** Those who listen in the system account are told once more which clients there are, wherever there are users. */
  #announceAgain(): void {
    const { options } = this;
    if (this.#stopped || !(options.authorization.required || options.accounts)) return;
    this.#system.events.reloaded(() => this.connections(), accountNames(options));
  }

  /** Nothing that this process has in an account ends without a word. */
  #leaveRemovedAccounts(): void {
    for (const { account, subjects } of this.#client.leaveRemovedAccounts()) {
      const what = subjects.map((subject) => JSON.stringify(subject)).join(', ');
      if (subjects.length > 0) {
        this.#parts.log.write('WRN', `Account ${account} was removed: this process is no longer subscribed to ${what}`);
      }
    }
  }

  /** Settles with the `reloaded` event of that number: all connections follow the new plan. */
  #applied(number: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pendingReload = { number, resolve, reject };
    });
  }

  /** Stops accepting clients, lets `closeAll` close those that are connected, then stops the broker. */
  async #drainAndStop(closeAll: (deps: DrainDeps) => Promise<void>): Promise<void> {
    const { addon, handle, broker } = this.#running();
    const { log } = this.#parts;
    log.info('Entering lame duck mode, stop accepting new clients');
    void this.#system.events.lameDuck();
    addon.enterLameDuck(handle, broker);
    this.#logListenerClosed();
    if (this.connections().length > 0) {
      await closeAll({
        clients: () => this.connections().map(({ cid }) => cid),
        count: () => this.stats().connections,
        close: (cid) => void this.closeConnection(cid, 'Server Shutdown'),
        log: (text) => log.info(text),
        signal: this.#stopping.signal,
      });
    }
    await this.stop();
  }

  async #shutDown(): Promise<void> {
    const { runtime, log, started, http } = this.#parts;
    log.info('Initiating Shutdown...');
    this.#stopping.abort();
    if (this.#system.events.announcesShutdown) await this.#system.events.shutdown();
    this.#pendingReload?.reject(new StoppedError());
    this.#system.close();
    this.#client.close(new StoppedError());
    runtime.addon.stopBroker(runtime.handle, started.broker);
    this.#logListenerClosed();
    if (!(await settlesWithin(this.#allClosed, STOP_TIMEOUT_MS))) {
      log.write('ERR', `Connections were not closed within ${STOP_TIMEOUT_MS / 1000}s, going on without`);
    }
    runtime.detach(started.broker);
    await http.close();
    this.#removeFiles();
    await runtime.release();
    log.info('Server Exiting..');
    log.close();
  }

  /** Logs once, whether lame duck mode or the stop closes it. */
  #logListenerClosed(): void {
    if (this.#listenerCloseLogged || this.options.dontListen) return;
    this.#listenerCloseLogged = true;
    this.#parts.log.write('DBG', 'Client accept loop exiting..');
  }

  #removeFiles(): void {
    const dir = this.options.portsFileDir;
    const problem = dir ? removePortsFile(dir) : undefined;
    if (problem) this.#parts.log.write('ERR', problem);
  }

  /** The arguments of a call into the data plane; throws once the broker is stopped. */
  #running() {
    if (this.#stopped) throw new StoppedError();
    const { runtime, started } = this.#parts;
    return { addon: runtime.addon, handle: runtime.handle, broker: started.broker };
  }

  #receive(event: NativeEvent): void {
    switch (event.kind) {
      case 'log':
        this.#parts.log.write(event.level, event.text);
        break;
      case 'authenticate':
        void this.#authenticate(event.request);
        break;
      case 'connected':
        this.#system.events.connected(event.connection);
        callListener(() => this.emit('connect', event.connection));
        break;
      case 'disconnected':
        this.#closed.push(event.connection);
        this.#system.events.disconnected(event.connection);
        callListener(() => this.emit('disconnect', event.connection));
        break;
      case 'reloaded':
        if (event.number === this.#pendingReload?.number) this.#pendingReload.resolve();
        break;
      case 'stopped':
        this.#resolveAllClosed();
        break;
      case 'messages':
        this.#client.receive();
        break;
      case 'published':
        this.#client.confirm(event.number);
        break;
      case 'fatal':
        this.#fail(event.text);
        break;
    }
  }

  /** Never rejects. */
  async #authenticate(request: AuthenticationRequest): Promise<void> {
    const { runtime, log } = this.#parts;
    const { authenticate } = this.#configuration;
    // Without a function another configuration is in force by now, and asks again by its own rules.
    if (!authenticate) return;
    await answer(authenticate, request, {
      hasAccount: (name) => hasAccount(this.options, name),
      send: (id, user) => runtime.addon.answerAuthentication(runtime.handle, id, user),
      logError: (text) => log.write('ERR', text),
    });
  }

  #createClient(): InternalClient {
    const { runtime, started, log } = this.#parts;
    const handlerFailed = (subject: string, error: unknown) => {
      log.write('ERR', `Handler of subscription "${subject}" failed: ${error instanceof Error ? error.stack : error}`);
      callListener(() => this.emit('handlerError', error, subject));
    };
    const host: ClientHost = {
      maxPayload: (account) => (account === systemAccountOf(this.options) ? -1 : this.options.maxPayload),
      hasAccount: (name) => hasAccount(this.options, name),
      handlerFailed,
    };
    return new InternalClient({ addon: runtime.addon, runtime: runtime.handle, broker: started.broker, host });
  }

  #fail(text: string): void {
    this.#parts.log.write('ERR', `The data plane failed: ${text}`);
    // No `stopped` event will come.
    this.#resolveAllClosed();
    void this.stop();
    this.emit(
      'error',
      new DataPlaneError('DATA_PLANE', `the broker can't go on: ${text}; please report this as a bug`),
    );
  }
}

disposeUnderBothSymbols(Broker.prototype);

async function settlesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const settled = await Promise.race([promise.then(() => true), timeout]);
  clearTimeout(timer);
  return settled;
}
