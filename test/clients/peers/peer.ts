/**
 * One face for the three official clients, so a scenario is written once and runs with each of them.
 *
 * A Peer makes connections with one client library; a Client is one such connection. Nothing here adapts behaviour:
 * each call is the library's own call of that name, and `kind` only names its error.
 */

export type Language = 'node' | 'python' | 'go';

export type Headers = Record<string, string[]>;

export interface Received {
  subject: string;
  reply: string;
  size: number;
  /** The text of a short payload; of a long one its SHA-256, prefixed `sha256:`. */
  payload: string;
  headers: Headers;
}

export type ErrorKind = 'authorization' | 'no-responders' | 'timeout' | 'max-payload' | 'other';

export class ClientError extends Error {
  constructor(
    readonly kind: ErrorKind,
    text: string,
  ) {
    super(text);
    this.name = 'ClientError';
  }
}

export interface Payload {
  text?: string;
  /** A patterned payload of that many bytes instead of a text. */
  size?: number;
  headers?: Headers;
}

export interface ConnectOptions {
  url: string;
  user?: string;
  password?: string;
  /** Of an nkey, instead of both. */
  seed?: string;
}

export type ClientEvent = 'disconnected' | 'reconnected' | 'lame-duck' | 'closed';

export interface Inbox {
  /** Waits until so many messages have arrived since SUB, and returns all that have. */
  received(count: number): Promise<Received[]>;
  /** Takes what was sent before, then ends the subscription; returns all messages. */
  drain(): Promise<Received[]>;
  unsubscribe(): Promise<void>;
}

export interface Client {
  readonly language: Language;
  /** Resolves when the server has confirmed the interest (PONG after SUB). */
  subscribe(subject: string, options?: { queue?: string; max?: number }): Promise<Inbox>;
  /** Answers each request with its own payload and headers. */
  echo(subject: string, options?: { queue?: string }): Promise<void>;
  publish(subject: string, payload: Payload): Promise<void>;
  /** Publishes `${prefix}${0…count-1}` in order and flushes. */
  publishNumbered(subject: string, prefix: string, count: number): Promise<void>;
  request(subject: string, payload: Payload, timeoutMs?: number): Promise<Received>;
  flush(): Promise<void>;
  /** The next such event since the last one asked for. */
  event(event: ClientEvent): Promise<void>;
  /** Ends all subscriptions after what was sent before, flushes, closes. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface Peer {
  readonly language: Language;
  connect(options: ConnectOptions): Promise<Client>;
  /** Ends the program behind the peer, with whatever connections it has. */
  end(): Promise<void>;
}

/** The payload behind `size`; the other languages make the same bytes. */
export function patterned(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + (index >> 8)) & 0xff;
  return bytes;
}
