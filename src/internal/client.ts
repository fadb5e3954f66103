/**
 * The in-process client of one broker: subscribes, publishes and asks without a socket.
 *
 * Owns the handlers by subscription and one outbox for each account. The data plane reports once that messages wait;
 * they are taken in bounded batches, and between two batches the process' own timers and sockets have their turn.
 * Never waits for the data plane and is never waited for: what finds no room is answered with a 503 or dropped there.
 */
import type { MessageBatch, NativeAddon } from '../native/contract.js';
import { NoAccountError } from './errors.js';
import { type HeadersInput, MessageHeaders } from './headers.js';
import { INDEX_WORDS, Message } from './message.js';
import { Outbox, type Slice } from './outbox.js';
import { Requests } from './requests.js';
import { checkLiteral, checkPattern, checkQueue } from './subject.js';
import type {
  ClientHost,
  MessageHandler,
  PublishOptions,
  RequestOptions,
  Responder,
  RespondOptions,
  SubscribeOptions,
  Subscription,
} from './types.js';

const GLOBAL_ACCOUNT = '$G';
const REQUEST_TIMEOUT_MS = 2000;
/** Messages and bytes taken before the event loop has a turn. */
const BATCH_MESSAGES = 256;
const BATCH_BYTES = 1024 * 1024;

export interface InternalClientParts {
  addon: NativeAddon;
  runtime: number;
  broker: number;
  host: ClientHost;
}

/** What one account has here. */
interface AccountState extends Responder {
  outbox: Outbox;
  requests: Requests | undefined;
}

interface Entry {
  subject: string;
  received: number;
  handler: MessageHandler;
  account: AccountState;
}

/** What ended with an account. */
interface LeftAccount {
  account: string;
  /** What was subscribed to in it. */
  subjects: string[];
}

export class InternalClient {
  readonly #parts: InternalClientParts;
  readonly #entries = new Map<number, Entry>();
  readonly #accounts = new Map<string, AccountState>();
  /** Flushes that are not confirmed, by number. */
  readonly #flushes = new Map<number, Outbox>();
  #lastFlush = 0;
  #closed = false;

  constructor(parts: InternalClientParts) {
    this.#parts = parts;
  }

  /** Subscribes. When it returns, every later message reaches the handler. */
  subscribe(
    subject: string,
    { queue, account = GLOBAL_ACCOUNT }: SubscribeOptions,
    handler: MessageHandler,
  ): Subscription {
    checkPattern(subject);
    if (queue !== undefined) checkQueue(queue);
    const state = this.#account(account);
    const { addon, runtime, broker } = this.#parts;
    const handle = addon.subscribeInternal(runtime, broker, account, subject, queue);
    const entry: Entry = { subject, received: 0, handler, account: state };
    const entries = this.#entries;
    entries.set(handle, entry);
    return {
      subject,
      queue,
      account,
      get ended() {
        return !entries.has(handle);
      },
      get received() {
        return entry.received;
      },
      unsubscribe: () => {
        if (entries.delete(handle) && !this.#closed) addon.unsubscribeInternal(runtime, broker, handle);
      },
    };
  }

  publish(subject: string, data?: Uint8Array | string, options: PublishOptions = {}): void {
    checkLiteral(subject);
    const { reply, headers, account = GLOBAL_ACCOUNT } = options;
    if (reply !== undefined) checkLiteral(reply);
    this.#account(account).outbox.add({ subject, reply, headers: blockOf(headers), data });
  }

  request(subject: string, data?: Uint8Array | string, options: RequestOptions = {}): Promise<Message> {
    const { timeoutMs = REQUEST_TIMEOUT_MS, signal, headers, account = GLOBAL_ACCOUNT } = options;
    checkLiteral(subject);
    const state = this.#account(account);
    const requests = this.#requests(account, state);
    return requests.add(subject, timeoutMs, signal, (reply) => {
      state.outbox.add({ subject, reply, headers: blockOf(headers), data });
    });
  }

  /** Settles once everything published so far is delivered. */
  async flush(): Promise<void> {
    await Promise.all([...this.#accounts.values()].map(({ outbox }) => this.#flush(outbox)));
  }

  /** The data plane reports that messages wait. */
  receive(): void {
    if (this.#closed) return;
    const { addon, runtime, broker } = this.#parts;
    const batch = addon.takeMessages(runtime, broker, BATCH_MESSAGES, BATCH_BYTES);
    this.#handle(batch);
    // Not at once: the process has other timers and sockets.
    if (batch.more) setImmediate(() => this.receive());
  }

  /** The data plane reports that everything up to a `flush` is delivered. */
  confirm(number: number): void {
    this.#flushes.get(number)?.confirm(number);
    this.#flushes.delete(number);
  }

  #flush(outbox: Outbox): Promise<void> {
    this.#lastFlush += 1;
    this.#flushes.set(this.#lastFlush, outbox);
    return outbox.flush(this.#lastFlush);
  }

  /** Hands down what was published so far. */
  send(): void {
    for (const { outbox } of this.#accounts.values()) outbox.send();
  }

  /** Ends everything in accounts that are there no more; the data plane has ended its part. */
  leaveRemovedAccounts(): LeftAccount[] {
    const gone = [...this.#accounts].filter(([name]) => !this.#parts.host.hasAccount(name));
    return gone.map(([account, state]) => {
      this.#accounts.delete(account);
      state.outbox.close();
      state.requests?.rejectAll(new NoAccountError(account));
      return { account, subjects: this.#endSubscriptions(state) };
    });
  }

  /** Returns their subjects, without that for answers. */
  #endSubscriptions(account: AccountState): string[] {
    const ended = [...this.#entries].filter(([, entry]) => entry.account === account);
    for (const [handle] of ended) this.#entries.delete(handle);
    return ended.map(([, { subject }]) => subject).filter((subject) => subject !== account.requests?.pattern);
  }

  /** The broker has stopped: nothing comes or goes any more. */
  close(error: Error): void {
    this.#closed = true;
    for (const { outbox, requests } of this.#accounts.values()) {
      outbox.close();
      requests?.rejectAll(error);
    }
    this.#entries.clear();
    this.#flushes.clear();
  }

  #handle(batch: MessageBatch): void {
    const accounts = this.#accounts.values();
    for (const { outbox } of this.#accounts.values()) outbox.hold();
    for (let at = 0; at < batch.index.length; at += INDEX_WORDS) {
      const entry = this.#entries.get(batch.index[at] as number);
      if (entry) this.#call(entry, new Message(batch, at, entry.account));
    }
    for (const { outbox } of accounts) outbox.release();
  }

  #call(entry: Entry, message: Message): void {
    entry.received += 1;
    try {
      const result = entry.handler(message);
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.#failed(entry, message, error));
    } catch (error) {
      this.#failed(entry, message, error);
    }
  }

  /** Reports a handler's error, and answers the request it was called with. */
  #failed(entry: Entry, message: Message, error: unknown): void {
    this.#parts.host.handlerFailed(entry.subject, error);
    try {
      message.respond('', {
        headers: { 'Nats-Service-Error': 'the handler failed', 'Nats-Service-Error-Code': '500' },
      });
    } catch (backlog) {
      this.#parts.host.handlerFailed(entry.subject, backlog);
    }
  }

  #account(name: string): AccountState {
    const known = this.#accounts.get(name);
    if (known) return known;
    const { addon, runtime, broker, host } = this.#parts;
    if (!host.hasAccount(name)) throw new NoAccountError(name);
    const port = {
      publish: (frames: Uint8Array, confirm: number | undefined) =>
        addon.publishInternal(runtime, broker, name, frames, confirm),
      unpublished: () => addon.unpublishedInternal(runtime, broker),
    };
    const outbox = new Outbox(port, () => host.maxPayload(name));
    const state: AccountState = {
      outbox,
      requests: undefined,
      respond: (subject: Slice, data, options) => this.#respond(outbox, subject, data, options),
    };
    this.#accounts.set(name, state);
    return state;
  }

  #respond(outbox: Outbox, subject: Slice, data: Uint8Array | string | undefined, options?: RespondOptions): void {
    if (this.#closed || outbox.isClosed) return;
    outbox.add({ subject, headers: blockOf(options?.headers), data });
  }

  #requests(account: string, state: AccountState): Requests {
    if (!state.requests) {
      const requests = new Requests();
      this.subscribe(requests.pattern, { account }, (message) => requests.answered(message));
      state.requests = requests;
    }
    return state.requests;
  }
}

/** Promises of another realm are no instances of this one's class. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

function blockOf(headers: HeadersInput | undefined): string | undefined {
  if (headers === undefined) return undefined;
  return (headers instanceof MessageHeaders ? headers : new MessageHeaders(headers)).toString();
}
