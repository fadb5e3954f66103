/**
 * A client in another language: a child process that takes one JSON command per line and answers with one JSON line.
 *
 * `{"id":1,"do":"request",…}` is answered by `{"id":1,"result":…}` or `{"id":1,"error":{"kind":…,"text":…}}`;
 * `{"event":"reconnected","conn":1}` comes unasked. The programs are python/peer.py and go/main.go.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { withDeadline } from '../../support/deadline.js';
import { PEER_DEADLINE_MS } from '../support.js';
import { EventLog } from './event-log.js';
import {
  type Client,
  ClientError,
  type ClientEvent,
  type ConnectOptions,
  type ErrorKind,
  type Inbox,
  type Language,
  type Payload,
  type Peer,
  type Received,
} from './peer.js';

interface Answer {
  id?: number;
  result?: unknown;
  error?: { kind: ErrorKind; text: string };
  event?: ClientEvent;
  conn?: number;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class ProgramPeer implements Peer {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #pending = new Map<number, Pending>();
  readonly #events = new Map<number, EventLog<ClientEvent>>();
  readonly #ended: Promise<void>;
  #stderr = '';
  #nextId = 1;

  constructor(
    readonly language: Language,
    program: string,
    args: string[],
  ) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk;
    });
    // A peer that died makes the pending calls fail; a write into its closed pipe adds nothing to that.
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line) as Answer));
    this.#ended = once(this.#child, 'close').then(() => {
      for (const { reject } of this.#pending.values()) reject(new Error(`${language} peer ended: ${this.#stderr}`));
      this.#pending.clear();
    });
  }

  async connect(options: ConnectOptions): Promise<Client> {
    const conn = (await this.call('connect', { ...options })) as number;
    return new ProgramClient(this, conn, this.eventsOf(conn));
  }

  call(command: string, details: object): Promise<unknown> {
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#child.stdin.write(`${JSON.stringify({ id, do: command, ...details })}\n`);
    return withDeadline(answer, `${this.language} client: ${command} ${JSON.stringify(details)}`, PEER_DEADLINE_MS);
  }

  eventsOf(conn: number): EventLog<ClientEvent> {
    const known = this.#events.get(conn) ?? new EventLog<ClientEvent>();
    this.#events.set(conn, known);
    return known;
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    try {
      await withDeadline(this.#ended, `the ${this.language} peer to end`);
    } catch (error) {
      this.#child.kill('SIGKILL');
      throw error;
    }
  }

  #take(answer: Answer): void {
    if (answer.event !== undefined) {
      this.eventsOf(answer.conn as number).add(answer.event);
      return;
    }
    const pending = this.#pending.get(answer.id as number);
    this.#pending.delete(answer.id as number);
    if (answer.error) pending?.reject(new ClientError(answer.error.kind, answer.error.text));
    else pending?.resolve(answer.result);
  }
}

class ProgramClient implements Client {
  readonly #peer: ProgramPeer;
  readonly #conn: number;
  readonly #events: EventLog<ClientEvent>;

  constructor(peer: ProgramPeer, conn: number, events: EventLog<ClientEvent>) {
    this.#peer = peer;
    this.#conn = conn;
    this.#events = events;
  }

  get language(): Language {
    return this.#peer.language;
  }

  async subscribe(subject: string, options: { queue?: string; max?: number } = {}): Promise<Inbox> {
    const sub = (await this.#call('subscribe', { subject, ...options })) as number;
    return {
      received: async (count) => (await this.#call('received', { sub, count })) as Received[],
      drain: async () => (await this.#call('drain_sub', { sub })) as Received[],
      unsubscribe: async () => void (await this.#call('unsubscribe', { sub })),
    };
  }

  async echo(subject: string, options: { queue?: string } = {}): Promise<void> {
    await this.#call('echo', { subject, ...options });
  }

  async publish(subject: string, payload: Payload): Promise<void> {
    await this.#call('publish', { subject, ...payload });
  }

  async publishNumbered(subject: string, prefix: string, count: number): Promise<void> {
    await this.#call('publish_numbered', { subject, prefix, count });
  }

  async request(subject: string, payload: Payload, timeoutMs = 10_000): Promise<Received> {
    return (await this.#call('request', { subject, ...payload, timeout_ms: timeoutMs })) as Received;
  }

  async flush(): Promise<void> {
    await this.#call('flush', {});
  }

  event(event: ClientEvent): Promise<void> {
    return this.#events.next(event);
  }

  async drain(): Promise<void> {
    await this.#call('drain', {});
  }

  async close(): Promise<void> {
    await this.#call('close', {});
  }

  #call(command: string, details: object): Promise<unknown> {
    return this.#peer.call(command, { conn: this.#conn, ...details });
  }
}
