/**
 * Who gets which message, said as simply as possible. Owns what clients have and what is pending. What can't be foreseen
 * is left open: which member of a queue group gets a message ([`Expected.to`]), which destination of a mapping is drawn
 * (`choose`), and the subjects that services are told to answer on (`Reply`).
 */
import {
  type Case,
  type Client,
  type Headers,
  type Import,
  inbox,
  type Names,
  type Permissions,
  type Step,
  TRACES,
} from './setup.js';
import { matches, mayPublish, mayReceive, maySubscribe, original, patternOf, rename } from './subjects.js';

/** How subjects to answer on begin that nobody has seen yet. */
export const UNKNOWN = '_R_.#.';

/** A way a message reaches a subscription: the subject that its account has for it. */
export interface Way {
  client: number;
  sid: string;
  subject: string;
}

/** A subject that is known, or that of a pending request, which nobody can know before. */
export type Reply = string | { pending: number };

export interface Info {
  account: string;
  service?: string | undefined;
  /** Whether the server and the client are told. */
  server: boolean;
  user?: string | undefined;
}

/** A station of a trace: who gets the message, or the account that it goes to. */
export type Station = {
  /** It may be one that is not told of. */
  optional: boolean;
} & ({ type: 'eg'; to: Way[] } | { type: 'si' | 'se'; account: string; to: string });

/** A message that one of these subscriptions gets. */
export interface Expected {
  to: Way[];
  reply?: Reply | undefined;
  /** Of the headers, without the one that tells who asks. */
  lines: string[];
  info?: Info | undefined;
  payload: string | { trace: Station[] };
}

/** What a client is told about itself. */
export interface Complaint {
  client: number;
  error: string;
}

export interface Outcome {
  messages: Expected[];
  complaints: Complaint[];
}

interface Receiver extends Way {
  queue: string | undefined;
  /** Whether traces tell of it. */
  isVisible: boolean;
  /** The account that imports it. */
  crosses: string | undefined;
  /** Its user may not receive it. */
  isDenied: boolean;
}

interface Sub {
  subject: string;
  queue?: string | undefined;
  sid: string;
}

/** A request that an account has to answer. */
interface Pending {
  number: number;
  account: number;
  to: number;
  reply: Reply;
  stream: boolean;
}

interface Message {
  reply?: Reply | undefined;
  lines: string[];
  info?: Info | undefined;
  payload: string;
  /** Nobody gets it. */
  onlyTraced: boolean;
}

/** Who published, and how far its message has come. */
interface Origin {
  client: number;
  account: number;
  /** It came from another account, as a request or an answer. */
  isImported: boolean;
  level?: Level | undefined;
  /** Absent: it is not traced here. */
  stations?: Station[] | undefined;
}

/** What requests tell of who asks. */
interface Level {
  detailed: boolean;
  server: boolean;
  share: boolean;
}

/** Draws one of so many. */
export type Choose = (width: number) => number;

export class Model {
  readonly #case: Case;
  readonly #names: Names;
  #subs: Sub[][];
  #pending: Pending[] = [];
  /** What requests are answered on, by their numbers: of those that have ended, too. */
  #subjects: string[] = [];
  /** What each client may answer, and how often. */
  #grants: Map<string, number>[];
  /** Requests that came on several subscriptions of a client. nats-server does not let it answer them. */
  #unsure: Set<string>[];
  /** Subjects that each client was told to answer on. */
  readonly asked: string[][];
  #outcome: Outcome = { messages: [], complaints: [] };
  #choose: Choose = () => 0;

  constructor(one: Case, names: Names) {
    this.#case = one;
    this.#names = names;
    this.#subs = one.clients.map(() => []);
    this.#grants = one.clients.map(() => new Map());
    this.#unsure = one.clients.map(() => new Set());
    this.asked = one.clients.map(() => []);
  }

  clone(): Model {
    const other = new Model(this.#case, this.#names);
    other.#subs = structuredClone(this.#subs);
    other.#pending = structuredClone(this.#pending);
    other.#subjects = [...this.#subjects];
    other.#grants = structuredClone(this.#grants);
    other.#unsure = structuredClone(this.#unsure);
    for (const [client, subjects] of this.asked.entries()) other.asked[client]?.push(...subjects);
    return other;
  }

  /** What comes of a step. `subject`: the one that an answer goes to. */
  take(step: Step, subject: string, choose: Choose): Outcome {
    this.#outcome = { messages: [], complaints: [] };
    this.#choose = choose;
    if (step.do === 'sub') this.#subscribe(step.client, { ...step, subject });
    else if (step.do === 'unsub') this.#unsubscribe(step.client, step.sid);
    else if (step.do === 'answer') this.#publish(step.client, subject, undefined, 'none', step.payload);
    else {
      const reply = step.asks ? inbox(step.client, step.payload) : undefined;
      this.#publish(step.client, subject, reply, step.headers, step.payload);
    }
    return this.#outcome;
  }

  /** Somebody got a message, with this subject to answer on. */
  delivered(client: number, expected: Reply | undefined, reply: string | undefined): void {
    if (reply === undefined) return;
    if (typeof expected === 'object') this.#subjects[expected.pending] = reply;
    if (reply.startsWith('_R_')) this.asked[client]?.push(reply);
    const permissions = this.#permissions(client);
    if (permissions?.responses === undefined || mayPublish(permissions, reply)) return;
    if (this.#grants[client]?.has(reply)) this.#unsure[client]?.add(reply);
    this.#grants[client]?.set(reply, permissions.responses);
  }

  #client(client: number): Client {
    return this.#case.clients[client] as Client;
  }

  #permissions(client: number): Permissions | undefined {
    const { account, permissions } = this.#client(client);
    return permissions ?? this.#case.accounts[account]?.defaults;
  }

  #subscribe(client: number, sub: Sub): void {
    const permissions = this.#permissions(client);
    if (!permissions || maySubscribe(permissions, sub.subject, sub.queue)) {
      this.#subs[client]?.push(sub);
      return;
    }
    const group = sub.queue === undefined ? '' : ` using queue "${sub.queue}"`;
    this.#complain(client, `Subscription to "${sub.subject}"${group}`);
  }

  #unsubscribe(client: number, sid: string): void {
    this.#subs[client] = (this.#subs[client] ?? []).filter((sub) => sub.sid !== sid);
  }

  #publish(client: number, published: string, reply: string | undefined, headers: Headers, payload: string): void {
    const { account, noResponders } = this.#client(client);
    const isTraced = headers.startsWith('trace');
    const permissions = this.#permissions(client);
    if (isTraced && permissions && !mayPublish(permissions, TRACES)) {
      this.#complain(client, `Publish to "${TRACES}"`);
      return;
    }
    const origin: Origin = { client, account, isImported: false, stations: isTraced ? [] : undefined };
    const subject = this.#mapped(account, published);
    if (!this.#mayPublish(client, subject)) {
      this.#complain(client, `Publish to "${subject}"`);
      // The trace tells of the refusal.
      if (isTraced) this.#trace(account, []);
      return;
    }
    const message = { reply, lines: linesOf(headers), payload, onlyTraced: headers === 'trace only' };
    const delivered = this.#publishIn(account, subject, message, origin);
    if (reply !== undefined && !delivered && noResponders) this.#noResponders(client, subject, reply);
    if (origin.stations) this.#trace(account, origin.stations);
  }

  #complain(client: number, what: string): void {
    this.#outcome.complaints.push({ client, error: `'Permissions Violation for ${what}'` });
  }

  /** Uses up what it was granted. */
  #mayPublish(client: number, subject: string): boolean {
    const permissions = this.#permissions(client);
    if (!permissions || mayPublish(permissions, subject)) return true;
    if (this.#unsure[client]?.has(subject) && this.#choose(2) === 1) return false;
    const left = this.#grants[client]?.get(subject) ?? 0;
    this.#grants[client]?.set(subject, left - 1);
    return left > 0;
  }

  /** A client that waits for an answer is told that there is none. */
  #noResponders(client: number, subject: string, reply: string): void {
    const waiting = (this.#subs[client] ?? []).filter((sub) => !sub.queue && matches(reply, sub.subject));
    const to = waiting.map(({ sid }) => ({ client, sid, subject: reply }));
    if (to.length > 0) this.#outcome.messages.push({ to, lines: ['503', `Nats-Subject: ${subject}`], payload: '' });
  }

  #trace(account: number, stations: Station[]): void {
    for (const to of this.#groups(this.#receivers(account, TRACES, false))) {
      this.#outcome.messages.push({ to, lines: [], payload: { trace: stations } });
    }
  }

  #mapped(account: number, subject: string): string {
    const rule = this.#case.accounts[account]?.mappings.find(({ source }) => matches(subject, source));
    if (!rule) return subject;
    const chosen = rule.to.length > 1 ? this.#choose(rule.to.length) : 0;
    return rename(subject, rule.source, rule.to[chosen] as string);
  }

  /** A message is in an account. Whether anybody got it, there or elsewhere. */
  #publishIn(account: number, subject: string, message: Message, origin: Origin): boolean {
    let delivered = this.#deliver(account, subject, message, origin);
    const answered = this.#answered(account, subject, message);
    for (const one of this.#case.accounts[account]?.imports ?? []) {
      if (one.kind === 'service' && matches(subject, patternOf(this.#local(one)))) {
        delivered = this.#request(account, one, subject, message, origin) || delivered;
      }
    }
    if (answered) delivered = this.#respond(answered, message, origin) || delivered;
    return delivered;
  }

  #deliver(account: number, subject: string, message: Message, origin: Origin): boolean {
    const receivers = this.#receivers(account, subject, origin.isImported).filter(
      ({ client }) => client !== origin.client || this.#client(client).echo,
    );
    const groups = this.#groups(receivers);
    const { lines, info, payload, reply, onlyTraced } = message;
    for (const to of groups) {
      if (!onlyTraced) this.#outcome.messages.push({ to, lines, info, payload, reply });
      origin.stations?.push(...stationsOf(to));
    }
    // The account may be told of, though nobody there gets it.
    const denied = receivers.filter(({ isDenied }) => isDenied);
    origin.stations?.push(...crossingsOf(denied).map((station) => ({ ...station, optional: true })));
    return groups.length > 0;
  }

  /** Every way to a subscription, in this account and in those that import the subject. */
  #receivers(account: number, subject: string, isImported: boolean): Receiver[] {
    return this.#case.clients.flatMap((one, client) => {
      const isHere = one.account === account;
      const imports = isImported ? [] : (this.#case.accounts[one.account]?.imports ?? []);
      const imported = imports.filter(
        (other) =>
          other.kind === 'stream' && other.from === account && matches(subject, this.#names.subject(other.subject)),
      );
      const locals = [
        ...(isHere ? [{ subject, isVisible: true, crosses: undefined }] : []),
        ...imported.map((other) => ({
          subject: this.#renamed(subject, other),
          isVisible: other.allowTrace === true,
          crosses: this.#names.account(one.account),
        })),
      ];
      return locals.flatMap((local) => this.#waysOf(client, local));
    });
  }

  /** The ways of a client's subscriptions under this name. */
  #waysOf(client: number, local: { subject: string; isVisible: boolean; crosses: string | undefined }): Receiver[] {
    const permissions = this.#permissions(client);
    const subs = (this.#subs[client] ?? []).filter((sub) => matches(local.subject, sub.subject));
    return subs.map(({ sid, queue }) => {
      const isDenied = permissions !== undefined && !mayReceive(permissions, local.subject, queue);
      return { client, sid, queue, isDenied, ...local };
    });
  }

  /** Each plain subscription alone, and each queue group as a whole. */
  #groups(receivers: readonly Receiver[]): Receiver[][] {
    const permitted = receivers.filter(({ isDenied }) => !isDenied);
    const plain = permitted.filter(({ queue }) => queue === undefined).map((one) => [one]);
    const queues = new Set(permitted.flatMap(({ queue }) => queue ?? []));
    return [...plain, ...[...queues].map((queue) => permitted.filter((one) => one.queue === queue))];
  }

  #request(account: number, one: Import, subject: string, message: Message, origin: Origin): boolean {
    const exported = this.#exportOf(one);
    const from = this.#names.subject(one.subject);
    const there = this.#mapped(one.from, one.to ? original(subject, from, this.#local(one)) : subject);
    const level = levelOf(origin.level, one.share === true);
    const pending =
      message.reply === undefined ? undefined : this.#expectAnswer(one.from, account, message.reply, exported);
    const isTraced = exported.allowTrace === true;
    origin.stations?.push({ type: 'si', account: this.#names.account(one.from), to: there, optional: false });
    const request: Message = {
      ...message,
      reply: pending && { pending: pending.number },
      lines: elsewhere(message.lines),
      info: {
        account: this.#names.account(origin.account),
        service: account === origin.account ? undefined : this.#names.account(account),
        server: level.server,
        user: level.detailed ? this.#names.user(origin.client) : undefined,
      },
    };
    const stations = isTraced ? origin.stations : undefined;
    const delivered = this.#publishIn(one.from, there, request, { ...origin, level, isImported: true, stations });
    if (!delivered && pending) this.#forget(pending.number);
    return delivered;
  }

  /** Of several exports that cover an import, that of the same subject counts. */
  #exportOf({ from, subject, kind }: Import) {
    const exports = (this.#case.accounts[from]?.exports ?? []).filter((one) => one.kind === kind);
    const isToken = (one: { subject: string }) => one.subject === subject.replace(/@\d+/, '*');
    return exports.find((one) => one.subject === subject) ?? exports.find(isToken) ?? { kind, subject };
  }

  #expectAnswer(
    account: number,
    to: number,
    reply: Reply,
    { stream = false }: { stream?: boolean | undefined },
  ): Pending {
    const pending = { number: this.#subjects.length, account, to, reply, stream };
    this.#subjects.push(`${UNKNOWN}${pending.number}`);
    this.#pending.push(pending);
    return pending;
  }

  #forget(number: number): void {
    this.#pending = this.#pending.filter((pending) => pending.number !== number);
  }

  /** The request that a message answers. It ends unless it may have more answers. */
  #answered(account: number, subject: string, message: Message): Pending | undefined {
    const found = this.#pending.find(
      (pending) => pending.account === account && this.#subjects[pending.number] === subject,
    );
    if (found && !(found.stream && (message.payload !== '' || message.lines.length > 0))) this.#forget(found.number);
    return found;
  }

  #respond(pending: Pending, message: Message, origin: Origin): boolean {
    const subject =
      typeof pending.reply === 'string' ? pending.reply : (this.#subjects[pending.reply.pending] as string);
    const to = this.#mapped(pending.to, subject);
    const delivered = this.#publishIn(pending.to, to, message, { ...origin, level: undefined, isImported: true });
    if (!delivered) this.#forget(pending.number);
    return delivered;
  }

  #renamed(subject: string, one: Import): string {
    const from = this.#names.subject(one.subject);
    if (one.prefix) return `${one.prefix}.${subject}`;
    return one.to ? rename(subject, from, this.#names.subject(one.to)) : subject;
  }

  #local({ subject, to, prefix }: Import): string {
    return this.#names.subject(prefix ? `${prefix}.${subject}` : (to ?? subject));
  }
}

function levelOf(before: Level | undefined, share: boolean): Level {
  if (!before) return { detailed: share, server: share, share };
  return { detailed: before.detailed, server: before.server || (!before.share && share), share };
}

/** Where a message goes, as a trace tells it. */
function stationsOf(to: Receiver[]): Station[] {
  const isVisible = to.some((one) => one.isVisible);
  const optional = to.some((one) => !one.isVisible);
  return [...crossingsOf(to), ...(isVisible ? [{ type: 'eg' as const, to, optional }] : [])];
}

/** The accounts that it goes to. */
function crossingsOf(to: readonly Receiver[]): Station[] {
  return to.flatMap(({ crosses, subject }): Station[] =>
    crosses === undefined ? [] : [{ type: 'se', account: crosses, to: subject, optional: to.length > 1 }],
  );
}

/** What a client says about who asks. */
const LIE = 'Nats-Request-Info: {"acc":"nobody"}';
const DEST = `Nats-Trace-Dest: ${TRACES}`;
/** What other accounts see of it: that the message is not traced there, or with nats-server a way back. */
export const DEST_ELSEWHERE = 'Nats-Trace-Dest: elsewhere';

export function linesOf(headers: Headers): string[] {
  const lines: Record<Headers, string[]> = {
    none: [],
    plain: ['A: b'],
    lie: [LIE, 'A: b'],
    trace: [DEST],
    'trace only': [DEST, 'Nats-Trace-Only: true'],
  };
  return lines[headers];
}

/** The lines in another account: without lies, and without a place for traces that means something there. */
function elsewhere(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== LIE).map((line) => (line === DEST ? DEST_ELSEWHERE : line));
}
