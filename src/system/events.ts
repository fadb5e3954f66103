/**
 * What the server tells of its own accord in the system account: clients that come and go, connections of accounts,
 * statistics, its end.
 *
 * Owns the events that wait and the timers. An event is kept only when somebody listens to it; what writes it
 * (event-writer.ts) is loaded with the first one. A storm of clients comes first: events are written a few milliseconds at
 * a time, with longer pauses while not too many wait. Nothing is told after the end has been announced.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionInfo } from '../native/index.js';
import type { EventWriter } from './event-writer.js';
import type { SystemHost } from './host.js';
import { connectionsSubjects, subjectOf } from './subjects.js';

const GLOBAL_ACCOUNT = '$G';
/** Work before a pause. */
const WORK_MS = 5;
/** The pause: writing takes a fifth of a core at most from the clients that come. */
const PAUSE_MS = 20;
/** Events that may wait. From the smaller number on there are no pauses. */
const HURRY_AT = 64 * 1024;
const WAITING_MAX = 256 * 1024;
/** Events that are handed to the data plane before it has to have delivered them. */
const FLUSH_EVENTS = 4096;
/** Between two events about an account whose connections do not change. */
const HEARTBEAT_MS = 30_000;
/** Statistics are sent often at first, then less and less. */
const STATISTICS_FIRST_MS = 250;
const STATISTICS_LAST_MS = 10_000;
/** How long the end of the server waits until its announcement is delivered. */
const END_MS = 1000;

/** Of a client that joins an account, joins it once more by a reload, or leaves. */
export type EventKind = 'connect' | 'again' | 'disconnect';

export interface ClientEvent {
  kind: EventKind;
  connection: ConnectionInfo;
}

export class SystemEvents {
  readonly #host: SystemHost;
  /** Sends the statistics to everyone. */
  readonly #broadcastStatistics: () => void;
  #account: string | undefined;
  #waiting: ClientEvent[] = [];
  /** How many of them are written. */
  #written = 0;
  /** What was asked of the data plane in the present task. */
  readonly #answers = new Map<string, boolean>();
  #dropped = 0;
  #busy = false;
  #ended = false;
  #timers: NodeJS.Timeout[] = [];
  #writer: Promise<EventWriter> | undefined;

  constructor(host: SystemHost, broadcastStatistics: () => void) {
    this.#host = host;
    this.#broadcastStatistics = broadcastStatistics;
  }

  /** This is the account from now on; undefined: nothing is told. */
  follow(account: string | undefined): void {
    this.#account = account;
    if (account !== undefined && this.#timers.length === 0) this.#startTimers();
  }

  /** A client joined an account. */
  connected(connection: ConnectionInfo): void {
    const { account } = connection;
    const ask = () => this.#isHeard(subjectOf.connect(account), ...connectionsSubjects(account));
    if (this.#once(`connect ${account}`, ask)) this.#add({ kind: 'connect', connection });
  }

  /** A connection was closed, whether it had joined an account or not. */
  disconnected(connection: ConnectionInfo): void {
    if (this.#account === undefined || this.#ended) return;
    const account = connection.account || GLOBAL_ACCOUNT;
    const refused = isRefused(connection);
    const ask = () => this.#hearsOfEnd(account, refused);
    if (this.#once(`${refused ? 'refusal' : 'disconnect'} ${account}`, ask))
      this.#add({ kind: 'disconnect', connection });
  }

  #hearsOfEnd(account: string, refused: boolean): boolean {
    const forOperators = refused ? [subjectOf.refused(this.#host.serverId)] : [];
    return (
      this.#isHeard(subjectOf.disconnect(account), ...connectionsSubjects(account), ...forOperators) ||
      (refused && this.#host.hasListeners(account, subjectOf.refusedInAccount))
    );
  }

  /** Asks once for all events that are handled in one task: they have happened before the first of them is. */
  #once(question: string, ask: () => boolean): boolean {
    const known = this.#answers.get(question);
    if (known !== undefined) return known;
    if (this.#answers.size === 0) queueMicrotask(() => this.#answers.clear());
    const answer = ask();
    this.#answers.set(question, answer);
    return answer;
  }

  /** A reload has decided about all connections again: those that stay are told once more. */
  reloaded(connections: () => readonly ConnectionInfo[], accounts: readonly string[]): void {
    const heard = new Set(accounts.filter((account) => this.#isHeard(subjectOf.connect(account))));
    if (heard.size === 0) return;
    for (const connection of connections()) if (heard.has(connection.account)) this.#add({ kind: 'again', connection });
  }

  /** The server goes away, its clients have time to go elsewhere. Nothing is told afterwards. */
  async lameDuck(): Promise<void> {
    await this.#end(subjectOf.lameDuck(this.#host.serverId));
  }

  /** The server stops now. Settles once that is delivered; at once where nobody listens. */
  async shutdown(): Promise<void> {
    await this.#end(subjectOf.shutdown(this.#host.serverId));
  }

  /** Whether somebody is to be told that the server stops, or of something before. */
  get announcesShutdown(): boolean {
    return this.#left > 0 || this.#isHeard(subjectOf.shutdown(this.#host.serverId));
  }

  close(): void {
    this.#ended = true;
    this.#forget(this.#waiting.length);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Whether somebody listens to one of these. */
  #isHeard(...subjects: string[]): boolean {
    return this.#account !== undefined && !this.#ended && this.#host.hasListeners(this.#account, ...subjects);
  }

  #add(event: ClientEvent): void {
    if (this.#ended) return;
    if (this.#left >= WAITING_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(event);
    if (!this.#busy) void this.#work();
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    this.#busy = true;
    const writer = await this.#loaded();
    while (this.#left > 0) {
      await this.#write(writer, this.#waiting.length);
      await this.#pause();
    }
    this.#busy = false;
    if (this.#dropped === 0) return;
    this.#host.log('WRN', `${this.#dropped} events of the system account were dropped: too many came at once`);
    this.#dropped = 0;
  }

  /** The first `count` of those that wait. */
  async #write(writer: EventWriter, count: number): Promise<void> {
    let end = performance.now() + WORK_MS;
    writer.startBatch();
    while (this.#written < count && !this.#ended && this.#account !== undefined) {
      writer.write(this.#account, this.#waiting[this.#written] as ClientEvent);
      this.#written += 1;
      const mustFlush = this.#written % FLUSH_EVENTS === 0;
      if (!mustFlush && performance.now() < end) continue;
      await (mustFlush ? this.#host.client.flush() : this.#pause());
      end = performance.now() + WORK_MS;
    }
    this.#forget(Math.min(count, this.#waiting.length));
  }

  get #left(): number {
    return this.#waiting.length - this.#written;
  }

  #forget(count: number): void {
    this.#waiting = this.#waiting.slice(count);
    this.#written = 0;
  }

  /** The event loop has at least a turn. */
  #pause(): Promise<void> {
    return this.#left < HURRY_AT ? sleep(PAUSE_MS) : nextTurn();
  }

  #loaded(): Promise<EventWriter> {
    this.#writer ??= import('./event-writer.js').then(({ EventWriter }) => new EventWriter(this.#host));
    return this.#writer;
  }

  async #end(subject: string): Promise<void> {
    const account = this.#account;
    const isHeard = this.#isHeard(subject);
    const last = this.#waiting.slice(this.#written, this.#written + FLUSH_EVENTS);
    this.close();
    if (account === undefined || (!isHeard && last.length === 0)) return;
    const writer = await this.#loaded();
    writer.startBatch();
    for (const event of last) writer.write(account, event);
    if (isHeard) writer.writeEnd(account, subject);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_MS);
    });
    await Promise.race([this.#host.client.flush(), late]);
    clearTimeout(timer);
  }

  #startTimers(): void {
    const heartbeat = setInterval(() => void this.#tellConnections(), HEARTBEAT_MS);
    this.#timers = [heartbeat.unref(), this.#statisticsIn(STATISTICS_FIRST_MS)];
  }

  #statisticsIn(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      if (this.#ended) return;
      if (this.#isHeard(subjectOf.statistics(this.#host.serverId))) this.#broadcastStatistics();
      this.#timers[1] = this.#statisticsIn(Math.min(2 * ms, STATISTICS_LAST_MS));
    }, ms);
    return timer.unref();
  }

  /** Of every account that has any. Never rejects. */
  async #tellConnections(): Promise<void> {
    if (this.#account === undefined || this.#ended) return;
    let end = performance.now() + WORK_MS;
    for (const stats of this.#host.source().stats().accounts) {
      const subjects = stats.connections > 0 ? connectionsSubjects(stats.name) : [];
      if (subjects.length > 0 && this.#isHeard(...subjects)) {
        const writer = await this.#loaded();
        writer.startBatch();
        writer.writeConnections(this.#account, stats);
      }
      if (performance.now() < end) continue;
      await nextTurn();
      end = performance.now() + WORK_MS;
      if (this.#ended) return;
    }
  }
}

/** Whether it gave wrong credentials, or none. */
export function isRefused({ reason }: ConnectionInfo): boolean {
  return reason === 'Authentication Failure';
}
