/**
 * The server's side of the system account: takes the requests that come there and has them answered. What the server
 * tells of its own accord is in events.ts.
 *
 * Owns the subscriptions and the requests that wait. Requests are answered one after the other, and the event loop has a
 * turn after a few milliseconds of them; when too many wait, more are dropped and counted. What answers them
 * (responder.ts) is loaded with the first one: a server whose system account nobody uses pays a few subscriptions.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message, Subscription } from '../internal/index.js';
import { acceptedEncoding } from './accept-encoding.js';
import { SystemEvents } from './events.js';
import type { SystemHost } from './host.js';
import type { Request } from './request.js';
import type { Responder } from './responder.js';
import { type RequestSubject, requestSubjects } from './subjects.js';

/** Requests that may wait, and the bytes of their bodies and of who asks. */
const WAITING_MAX = 4096;
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** Work before the event loop has a turn. */
const TURN_MS = 5;

export class SystemAccount {
  readonly events: SystemEvents;
  readonly #host: SystemHost;
  #account: string | undefined;
  #subscriptions: Subscription[] = [];
  #waiting: Request[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #busy = false;
  #closed = false;
  #responder: Promise<Responder> | undefined;

  constructor(host: SystemHost) {
    this.#host = host;
    this.events = new SystemEvents(host, () => this.#broadcastStatistics());
  }

  /** This is the account from now on; undefined: there is none. */
  follow(account: string | undefined): void {
    this.events.follow(account);
    const [first] = this.#subscriptions;
    if (account === this.#account && first?.ended !== true) return;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#account = account;
    this.#subscriptions = account === undefined ? [] : this.#subscribe(account);
  }

  /** Answers nothing any more. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.events.close();
    void this.#responder?.then((responder) => responder.close());
  }

  #subscribe(account: string): Subscription[] {
    const { client, serverId } = this.#host;
    return requestSubjects(serverId).map((known) =>
      client.subscribe(known.subject, { account }, (message) => this.#take(known, account, message)),
    );
  }

  #take({ request: name, accountAt }: RequestSubject, systemAccount: string, message: Message): void {
    if (this.#closed) return;
    const bytes = message.data.length;
    // First, so that a flood is dropped before anything of it is decoded.
    if (this.#waiting.length >= WAITING_MAX || this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      this.#dropped += 1;
      return;
    }
    const { reply, headers } = message;
    // Nothing happens where nobody asks; only the statistics are then for everyone.
    if (reply === undefined && name !== 'STATSZ') return;
    const requestInfo = copyOf(headers?.get('Nats-Request-Info'));
    // Copied: the message would keep its whole batch alive.
    this.#add({
      name,
      systemAccount,
      account: accountAt === undefined ? '' : (message.subject.split('.')[accountAt] ?? ''),
      reply,
      body: message.text(),
      bytes: bytes + (requestInfo?.length ?? 0),
      encoding: acceptedEncoding(headers?.get('Accept-Encoding')),
      requestInfo,
    });
  }

  #add(request: Request): void {
    this.#waitingBytes += request.bytes;
    this.#waiting.push(request);
    if (!this.#busy) void this.#work();
  }

  /** As a request without a reply subject does. */
  #broadcastStatistics(): void {
    const systemAccount = this.#account;
    if (systemAccount === undefined || this.#closed) return;
    const nobody = { account: '', reply: undefined, encoding: undefined, requestInfo: undefined };
    this.#add({ ...nobody, name: 'STATSZ', systemAccount, body: '', bytes: 0 });
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    this.#busy = true;
    this.#responder ??= this.#load();
    const responder = await this.#responder;
    let end = performance.now() + TURN_MS;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#waitingBytes -= next.bytes;
      await responder.answer(next);
      if (performance.now() < end) continue;
      await nextTurn();
      end = performance.now() + TURN_MS;
    }
    this.#busy = false;
    this.#reportDropped();
  }

  async #load(): Promise<Responder> {
    const { Responder } = await import('./responder.js');
    return new Responder(this.#host);
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    const text = `${this.#dropped} requests to the system account were dropped: too many came at once`;
    this.#dropped = 0;
    this.#host.log('WRN', text);
  }
}

/** A part of a text keeps the whole of it alive: here all headers of a request, which may be long. */
function copyOf(part: string | undefined): string | undefined {
  return part === undefined ? undefined : Buffer.from(part).toString();
}
