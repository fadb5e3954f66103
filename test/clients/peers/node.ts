/** The official Node client behind the common face, inside the test's own process. */
import { createHash } from 'node:crypto';
import {
  AuthorizationError,
  connect,
  type Msg,
  type MsgHdrs,
  headers as makeHeaders,
  type NatsConnection,
  NoRespondersError,
  nkeyAuthenticator,
  RequestError,
  type Subscription,
  TimeoutError,
} from '@nats-io/transport-node';
import { EventLog } from './event-log.js';
import {
  type Client,
  ClientError,
  type ClientEvent,
  type ConnectOptions,
  type ErrorKind,
  type Headers,
  type Inbox,
  type Payload,
  type Peer,
  patterned,
  type Received,
} from './peer.js';

export class NodePeer implements Peer {
  readonly language = 'node';
  readonly #clients: NodeClient[] = [];

  async connect(options: ConnectOptions): Promise<NodeClient> {
    const connection = await named(
      connect({
        servers: options.url,
        ...(options.user === undefined ? {} : { user: options.user, pass: options.password ?? '' }),
        ...(options.seed !== undefined && {
          authenticator: nkeyAuthenticator(new TextEncoder().encode(options.seed)),
        }),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
        reconnectJitter: 0,
        ignoreClusterUpdates: true,
      }),
    );
    const client = new NodeClient(connection);
    this.#clients.push(client);
    return client;
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

export class NodeClient implements Client {
  readonly language = 'node';
  readonly #events = new EventLog<ClientEvent>();

  constructor(readonly connection: NatsConnection) {
    void this.#watch();
    void connection.closed().then(() => this.#events.add('closed'));
  }

  async #watch(): Promise<void> {
    const names = { disconnect: 'disconnected', reconnect: 'reconnected', ldm: 'lame-duck' } as const;
    for await (const status of this.connection.status()) {
      if (status.type in names) this.#events.add(names[status.type as keyof typeof names]);
    }
  }

  async subscribe(subject: string, options: { queue?: string; max?: number } = {}): Promise<Inbox> {
    const inbox = new NodeInbox((callback) => this.connection.subscribe(subject, { ...options, callback }));
    await this.connection.flush();
    return inbox;
  }

  async echo(subject: string, options: { queue?: string } = {}): Promise<void> {
    this.connection.subscribe(subject, {
      ...options,
      callback: (error, message) => {
        if (!error) message.respond(message.data, message.headers ? { headers: message.headers } : {});
      },
    });
    await this.connection.flush();
  }

  async publish(subject: string, payload: Payload): Promise<void> {
    await named(
      (async () => {
        this.connection.publish(subject, bytesOf(payload), withHeaders(payload));
        await this.connection.flush();
      })(),
    );
  }

  async publishNumbered(subject: string, prefix: string, count: number): Promise<void> {
    for (let number = 0; number < count; number++) this.connection.publish(subject, `${prefix}${number}`);
    await this.connection.flush();
  }

  async request(subject: string, payload: Payload, timeoutMs = 10_000): Promise<Received> {
    const options = { timeout: timeoutMs, ...withHeaders(payload) };
    return recordOf(await named(this.connection.request(subject, bytesOf(payload), options)));
  }

  flush(): Promise<void> {
    return this.connection.flush();
  }

  event(event: ClientEvent): Promise<void> {
    return this.#events.next(event);
  }

  async drain(): Promise<void> {
    await this.connection.drain();
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

class NodeInbox implements Inbox {
  readonly #messages: Received[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #subscription: Subscription;

  constructor(subscribe: (callback: (error: Error | null, message: Msg) => void) => Subscription) {
    this.#subscription = subscribe((error, message) => {
      if (error) return;
      this.#messages.push(recordOf(message));
      for (const look of this.#waiting) look();
    });
  }

  received(count: number): Promise<Received[]> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.#messages.length < count) return;
        this.#waiting.delete(look);
        resolve([...this.#messages]);
      };
      this.#waiting.add(look);
      look();
    });
  }

  async drain(): Promise<Received[]> {
    await this.#subscription.drain();
    return [...this.#messages];
  }

  async unsubscribe(): Promise<void> {
    this.#subscription.unsubscribe();
  }
}

function bytesOf(payload: Payload): Uint8Array {
  return payload.size === undefined ? Buffer.from(payload.text ?? '') : patterned(payload.size);
}

function withHeaders(payload: Payload): { headers?: MsgHdrs } {
  if (!payload.headers) return {};
  const headers = makeHeaders();
  for (const [key, values] of Object.entries(payload.headers)) {
    for (const value of values) headers.append(key, value);
  }
  return { headers };
}

function recordOf(message: Msg): Received {
  const headers: Headers = {};
  for (const key of message.headers?.keys() ?? []) headers[key] = message.headers?.values(key) ?? [];
  const data = Buffer.from(message.data);
  return {
    subject: message.subject,
    reply: message.reply ?? '',
    size: data.length,
    payload: data.length <= 1024 ? data.toString() : `sha256:${createHash('sha256').update(data).digest('hex')}`,
    headers,
  };
}

async function named<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw new ClientError(kindOf(error as Error), (error as Error).message);
  }
}

function kindOf(error: Error): ErrorKind {
  if (error instanceof AuthorizationError) return 'authorization';
  if (error instanceof NoRespondersError) return 'no-responders';
  if (error instanceof RequestError && error.isNoResponders()) return 'no-responders';
  if (error instanceof TimeoutError) return 'timeout';
  if (/max_payload/i.test(error.message)) return 'max-payload';
  return 'other';
}
