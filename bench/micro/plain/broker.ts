/**
 * The path of a message in plain TypeScript: parse, match, write frames into the buffers of the sockets. Written for speed:
 * match results are cached by subject, the last one separately; the beginning of each frame is made once per subscription
 * and subject; payloads are copied unparsed. The comparison for the native code, not part of the broker: no permissions,
 * limits, counters or slow consumers.
 */
import type { Broker, Output } from '../addon.js';
import { Found, PlainIndex } from './interest.js';
import { CONTROL_LINE_MAX, PlainParser, ProtocolError } from './parser.js';
import { latin1 } from './text.js';

const REMEMBERED_MAX = 8192;
const FIRST_ROOM = 16 * 1024;
const SUBSCRIPTION = /^SUB (\S+) (?:(\S+) )?(\S+)$/;

/** What waits for one socket. */
class Outlet {
  buffer = Buffer.allocUnsafe(FIRST_ROOM);
  length = 0;

  room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

interface Subscription {
  outlet: Outlet;
  sid: string;
}

/** Where a subject's messages go, with `MSG subject sid ` for plain and `HMSG subject sid ` for those with headers. */
interface Destination {
  outlet: Outlet;
  plain: Buffer;
  headers: Buffer;
}

interface Route {
  all: Destination[];
  /** One of each goes. */
  groups: Destination[][];
}

export class PlainBroker implements Broker {
  readonly #parser = new PlainParser();
  readonly #index = new PlainIndex<Subscription>();
  readonly #found = new Found<Subscription>();
  readonly #outlets: Outlet[] = [];
  readonly #routes = new Map<string, Route>();
  readonly #dirty: Outlet[] = [];
  /** Of the message before: publishers tend to stay with a subject. */
  readonly #lastSubject = Buffer.alloc(CONTROL_LINE_MAX);
  #lastLength = 0;
  #last: Route | undefined;
  #random = 1;

  connect(): number {
    return this.#outlets.push(new Outlet()) - 1;
  }

  feed(connection: number, input: Buffer): number {
    this.#handle(connection, input);
    let bytes = 0;
    for (const outlet of this.#dirty) {
      bytes += outlet.length;
      outlet.length = 0;
    }
    this.#dirty.length = 0;
    return bytes;
  }

  deliver(connection: number, input: Buffer): Output[] {
    this.#handle(connection, input);
    const outputs = this.#outlets.flatMap((outlet, number) =>
      outlet.length === 0 ? [] : [{ connection: number, bytes: Buffer.from(outlet.buffer.subarray(0, outlet.length)) }],
    );
    for (const outlet of this.#dirty) outlet.length = 0;
    this.#dirty.length = 0;
    return outputs;
  }

  #handle(connection: number, input: Buffer): void {
    const outlet = this.#outlets[connection];
    if (!outlet) throw new RangeError(`there is no connection ${connection}`);
    let start = this.#subscribe(outlet, input);
    while (start < input.length) {
      const end = this.#parser.next(input, start, input.length);
      if (end < 0) throw new ProtocolError('the input ends within a message');
      if (this.#parser.operation === 'publish') this.#publish(input);
      start = end;
    }
  }

  /** Subscriptions come before everything else; how they are read is not measured. */
  #subscribe(outlet: Outlet, input: Buffer): number {
    let start = 0;
    while (input[start] === 0x53) {
      const end = input.indexOf('\r\n', start);
      const [, subject, queue, sid] = SUBSCRIPTION.exec(latin1(input, start, end)) ?? [];
      if (!subject || !sid) throw new ProtocolError('processSub Parse Error');
      this.#index.insert(subject, queue ?? '', { outlet, sid });
      this.#routes.clear();
      this.#last = undefined;
      start = end + 2;
    }
    return start;
  }

  #publish(input: Buffer): void {
    const parser = this.#parser;
    const { subjectStart, subjectEnd } = parser;
    let route = this.#last;
    if (!route || !isSame(this.#lastSubject, this.#lastLength, input, subjectStart, subjectEnd)) {
      route = this.#route(latin1(input, subjectStart, subjectEnd));
      this.#last = route;
      this.#lastLength = input.copy(this.#lastSubject, 0, subjectStart, subjectEnd);
    }
    for (const destination of route.all) this.#stage(destination, input);
    for (const group of route.groups) {
      // Any cheap generator does: which member it is must only be even.
      this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
      const member = group[Math.floor((this.#random / 2 ** 32) * group.length)];
      if (member) this.#stage(member, input);
    }
  }

  #route(subject: string): Route {
    let route = this.#routes.get(subject);
    if (!route) {
      route = this.#find(subject);
      if (this.#routes.size < REMEMBERED_MAX) this.#routes.set(subject, route);
    }
    return route;
  }

  #find(subject: string): Route {
    this.#index.match(subject, this.#found);
    const destination = ({ outlet, sid }: Subscription): Destination => ({
      outlet,
      plain: Buffer.from(`MSG ${subject} ${sid} `, 'latin1'),
      headers: Buffer.from(`HMSG ${subject} ${sid} `, 'latin1'),
    });
    return {
      all: this.#found.plain.map(destination),
      groups: [...this.#found.groups.values()].map((members) => members.map(destination)),
    };
  }

  #stage(destination: Destination, input: Buffer): void {
    const { outlet } = destination;
    const { headerLength, tailStart, tailEnd } = this.#parser;
    if (tailEnd === 0) throw new ProtocolError('oddly spaced lines are not written anew here');
    const head = headerLength > 0 ? destination.headers : destination.plain;
    if (outlet.length === 0) this.#dirty.push(outlet);
    outlet.room(head.length + tailEnd - tailStart);
    head.copy(outlet.buffer, outlet.length);
    input.copy(outlet.buffer, outlet.length + head.length, tailStart, tailEnd);
    outlet.length += head.length + tailEnd - tailStart;
  }
}

function isSame(subject: Buffer, length: number, input: Buffer, start: number, end: number): boolean {
  if (end - start !== length) return false;
  for (let at = 0; at < length; at++) if (input[start + at] !== subject[at]) return false;
  return true;
}
