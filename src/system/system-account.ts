/**
 * The server's side of the system account: takes the requests that come there and has them answered. What the server
 * tells of its own accord is in events.ts.
 *
 * Owns the subscriptions and the requests that wait. Requests are answered one after the other, and the event loop has a
 * turn after a few milliseconds of them; when too many wait, more are refused and counted. What answers them
 * (responder.ts) is loaded with the first one: a server whose system account nobody uses pays a few subscriptions.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message, Subscription } from '../internal/index.js';
import { acceptedEncoding } from './accept-encoding.js';
import { SystemEvents } from './events.js';
import type { SystemHost } from './host.js';
import type { Request } from './request.js';
import type { Responder } from './responder.js';
import { ServerInfo, withServer } from './server-info.js';
import { type RequestSubject, requestSubjects } from './subjects.js';

/** Requests that may wait, and the bytes of their bodies and of who asks. */
const WAITING_MAX = 4096;
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const REFUSAL = { error: { code: 503, description: 'too many requests are waiting, ask again later' } };
/** Work before the event loop has a turn. */
const TURN_MS = 5;

export class SystemAccount {
  readonly events: SystemEvents;
  readonly #host: SystemHost;
  readonly #server: ServerInfo;
  #account: string | undefined;
  #subscriptions: Subscription[] = [];
  #waiting: Request[] = [];
  #waitingBytes = 0;
  #refused = 0;
  #busy = false;
  #closed = false;
  #responder: Promise<Responder> | undefined;

  constructor(host: SystemHost) {
    this.#host = host;
    this.#server = new ServerInfo(host);
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

  #take(known: RequestSubject, systemAccount: string, message: Message): void {
    if (this.#closed) return;
    const bytes = message.data.length;
    // First, so that a flood is refused before anything of it is decoded.
    if (this.#waiting.length >= WAITING_MAX || this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      this.#refuse(known, message);
    } else {
      this.#accept(known, systemAccount, message);
    }
  }

  /** So that nobody waits in vain. What has a body may be meant for another server, unless the subject names this one. */
  #refuse({ here }: RequestSubject, message: Message): void {
    this.#refused += 1;
    if (message.data.length > 0 && !here) return;
    try {
      message.respond(withServer(this.#server, '', REFUSAL));
    } catch {
      // Too much waits to be published already.
    }
  }

  #accept({ request: name, accountAt }: RequestSubject, systemAccount: string, message: Message): void {
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
      bytes: message.data.length + (requestInfo?.length ?? 0),
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
    this.#reportRefused();
  }

  async #load(): Promise<Responder> {
    const { Responder } = await import('./responder.js');
    return new Responder(this.#host);
  }

  #reportRefused(): void {
    if (this.#refused === 0) return;
    const text = `${this.#refused} requests to the system account were refused: too many came at once`;
    this.#refused = 0;
    this.#host.log('WRN', text);
  }
}

/** A part of a text keeps the whole of it alive: here all headers of a request, which may be long. */
function copyOf(part: string | undefined): string | undefined {
  return part === undefined ? undefined : Buffer.from(part).toString();
}
