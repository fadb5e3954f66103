/**
 * The Runtime: the worker threads and their loops, shared by every Broker of the process.
 *
 * Starts at first use, ends with its last user, and is kept on `globalThis`, so that several copies of the library of one
 * version share one. Owns the pool, the addon's runtime handle and the dispatch of events to brokers; holds no rule of a broker.
 *
 * A worker thread blocked inside the addon can't be interrupted: `process.exit()` would wait for it for ever. That is
 * why the loops are told to return from an exit handler as well.
 */
import { availableParallelism } from 'node:os';
import type { NativeAddon, NativeEvent } from '../native/contract.js';
import { OWN_VERSION } from '../version.js';
import { locateScript } from './locate.js';
import type { ReactorPool } from './pool.js';

/** Copies of one version share a runtime. Another version may speak otherwise with its addon, and has its own. */
const SLOT = Symbol.for(`nats-turbo.runtime ${OWN_VERSION}`);
/** A restarted server has its clients back in the first moments. They need the cores more than the workers do. */
const BOOT_DELAY_MS = 100;
const REACTORS_MAX = 16;
const REACTORS_MIN = 2;

/** Time to the next attempt when there were no descriptors for the workers. */
const BOOT_RETRY_MS = 1000;

export type EventSink = (event: NativeEvent) => void;

type StartPool = (runtime: number, reactors: number) => ReactorPool | Promise<ReactorPool>;

export interface RuntimeParts {
  addon: NativeAddon;
  /** Boots the worker threads; there for tests. */
  startPool?: StartPool;
}

/** The slot on `globalThis`: copies of the library of one version meet here. */
type Slot = { [SLOT]?: Runtime | undefined };

export class Runtime {
  readonly addon: NativeAddon;
  /** The addon's handle. */
  readonly handle: number;
  readonly reactors: number;
  readonly #startPool: StartPool;
  #pool: Promise<ReactorPool> | undefined;
  #bootTimer: NodeJS.Timeout | undefined;
  readonly #sinks = new Map<number, EventSink>();
  readonly #stopLoops: () => void;
  #users = 0;
  #closing: Promise<void> | undefined;

  /**
   * The shared runtime, made if there is none; pair each call with one `release`. `reactors` counts for the first
   * user only: later ones share the loops that run.
   */
  static acquire(parts: RuntimeParts, reactors?: number): Runtime {
    const slot = globalThis as Slot;
    const runtime = slot[SLOT] ?? new Runtime(parts, reactors ?? defaultReactors());
    slot[SLOT] = runtime;
    // A method, not the field: the instance may be of another copy's class.
    return runtime.retain();
  }

  private constructor(parts: RuntimeParts, reactors: number) {
    this.addon = parts.addon;
    this.reactors = reactors;
    this.#startPool = parts.startPool ?? poolOn(locateScript(import.meta.url, 'reactor.js'));
    this.handle = parts.addon.createRuntime(reactors, () => this.#dispatch());
    const { addon, handle } = this;
    this.#stopLoops = () => addon.stopRuntime(handle);
    process.on('exit', this.#stopLoops);
  }

  /**
   * Boots the worker threads soon, once, and gives the loops to them; until then the loops run on threads of the addon.
   * To be called when clients are served: it takes the main thread longer than all of a start before.
   */
  bootWorkers(delayMs: number = BOOT_DELAY_MS): void {
    if (this.#bootTimer || this.#closing) return;
    this.#bootTimer = setTimeout(() => this.#boot(), delayMs);
  }

  #boot(): void {
    this.#pool = Promise.resolve(this.#startPool(this.handle, this.reactors));
    this.#pool.then(
      ({ ended }) => ended.catch((error: Error) => this.#failed(error)),
      (error: Error) => this.#bootFailed(error),
    );
  }

  /** Clients may have taken all descriptors before the workers were booted: the loops stay where they are until then. */
  #bootFailed(error: Error): void {
    if (!isOutOfDescriptors(error)) this.#failed(error);
    else if (!this.#closing) this.#bootTimer = setTimeout(() => this.#boot(), BOOT_RETRY_MS);
  }

  /** Counts one more user. */
  retain(): this {
    this.#users += 1;
    return this;
  }

  /** Sends the events of one broker to `sink`. */
  attach(broker: number, sink: EventSink): void {
    this.#sinks.set(broker, sink);
  }

  detach(broker: number): void {
    this.#sinks.delete(broker);
  }

  /** Gives up one use; the last one ends the threads. Settles once they are gone. */
  async release(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const slot = globalThis as Slot;
    if (slot[SLOT] === this) delete slot[SLOT];
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#bootTimer);
    this.#stopLoops();
    await this.#pool?.then(
      (pool) => pool.close(),
      () => {},
    );
    process.off('exit', this.#stopLoops);
  }

  #dispatch(): void {
    for (const event of this.addon.takeEvents(this.handle)) this.#sinks.get(event.broker)?.(event);
  }

  /** A thread died: every broker on it is told. */
  #failed(error: Error): void {
    // A worker that could not begin has claimed no loop: it runs on.
    if (this.#closing || isOutOfDescriptors(error)) return;
    for (const [broker, sink] of this.#sinks) sink({ kind: 'fatal', broker, text: error.message });
  }
}

function isOutOfDescriptors(error: Error): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE' || (code === 'ERR_WORKER_INIT_FAILED' && /EMFILE|ENFILE/.test(message));
}

/** Piscina is loaded with the first pool. That the script is there is known before. */
function poolOn(script: string): StartPool {
  return async (runtime, reactors) => {
    const { startPool } = await import('./pool.js');
    return startPool(runtime, reactors, script);
  };
}

/** One loop per core, at least two (one can serve while the other is busy), at most sixteen. */
export function defaultReactors(cores: number = availableParallelism()): number {
  return Math.max(REACTORS_MIN, Math.min(cores, REACTORS_MAX));
}
