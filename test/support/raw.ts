/**
 * A NATS connection at byte level: sends exactly what a test says and compares exactly what comes back.
 * Owns one socket. Answers the server's own PINGs unless told not to, so a test that takes longer than
 * the first ping still sees only its own traffic. Never repairs or hides anything else.
 */
import { connect, type Socket } from 'node:net';
import { DEADLINE_MS, withDeadline } from './deadline.js';
import { type Frame, FrameParser } from './frames.js';

export interface RawOptions {
  host?: string;
  /** False: server PINGs stay visible and unanswered. */
  autoPong?: boolean;
  /** False: INFO is left in the stream. */
  readInfo?: boolean;
}

export type ServerInfo = Record<string, unknown> & { client_id: number; max_payload: number; server_id: string };

const open = new Set<RawClient>();

/** Ends every connection that is still open. */
export function closeAllClients(): void {
  for (const client of open) client.destroy();
}

export class RawClient {
  /** The first INFO. */
  info!: ServerInfo;
  readonly #socket: Socket;
  readonly #parser = new FrameParser();
  readonly #frames: Frame[] = [];
  #closed = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, autoPong: boolean) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of this.#parser.push(chunk)) {
          if (autoPong && frame.op === 'PING') socket.write('PONG\r\n');
          else this.#frames.push(frame);
        }
      } catch (error) {
        this.#failure = error as Error;
      }
      this.#wake?.();
    });
    // A reset after the server closed is an ordinary way to learn of the close.
    socket.on('error', () => this.#end());
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#end());
    open.add(this);
  }

  static async connect(port: number, options: RawOptions = {}): Promise<RawClient> {
    const socket = connect({ port, host: options.host ?? '127.0.0.1' });
    const client = new RawClient(socket, options.autoPong ?? true);
    await withDeadline(
      new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      }),
      'the TCP connection',
    );
    if (options.readInfo ?? true) client.info = JSON.parse((await client.next('INFO')).args) as ServerInfo;
    return client;
  }

  /** The socket, for tests that stop reading or cut the connection themselves. */
  get socket(): Socket {
    return this.#socket;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How many frames wait to be read. */
  get buffered(): number {
    return this.#frames.length;
  }

  send(data: string | Buffer): void {
    this.#socket.write(data);
  }

  /** Sends and waits until the kernel took it all: a producer's own back-pressure. */
  async sendDrained(data: string | Buffer): Promise<void> {
    if (this.#closed) throw new Error('the server closed the connection');
    await new Promise<void>((resolve) => {
      this.#socket.write(data, () => resolve());
    });
  }

  /** The next frame, which must have this op when one is given. */
  async next(op?: Frame['op']): Promise<Frame> {
    const [frame] = await this.take(1);
    if (op && frame?.op !== op) throw new Error(`expected ${op}, got ${show(frame?.raw)}`);
    return frame as Frame;
  }

  async take(count: number): Promise<Frame[]> {
    await this.#until(() => this.#frames.length >= count, `${count} frames`);
    return this.#frames.splice(0, count);
  }

  /** Exactly these bytes come next. Frames are compared as they came, byte by byte. */
  async expect(bytes: string | Buffer): Promise<void> {
    const wanted = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1');
    let got: Buffer = Buffer.alloc(0);
    while (got.length < wanted.length) {
      try {
        got = Buffer.concat([got, (await this.next()).raw]);
      } catch (error) {
        throw new Error(`expected ${show(wanted)}, got ${show(got)} and then: ${(error as Error).message}`);
      }
      if (!wanted.subarray(0, got.length).equals(got)) throw new Error(`expected ${show(wanted)}, got ${show(got)}`);
    }
  }

  /** The server closes the connection and sends nothing more before. */
  async expectClosed(): Promise<void> {
    await this.#until(() => this.#closed || this.#frames.length > 0, 'the close');
    const left = Buffer.concat([...this.#frames.map((frame) => frame.raw), this.#parser.rest]);
    if (left.length > 0) throw new Error(`expected the close, got ${show(left)}`);
  }

  /** The server closes; whatever it sends before does not matter. Returns that. */
  async drainUntilClosed(): Promise<Frame[]> {
    await this.#until(() => this.#closed, 'the close');
    return this.#frames.splice(0);
  }

  /** Collects frames up to and with the first that fits. */
  async readUntil(fits: (frame: Frame) => boolean, what = 'a certain frame'): Promise<Frame[]> {
    let at = -1;
    await this.#until(() => {
      at = this.#frames.findIndex(fits);
      return at >= 0;
    }, what);
    return this.#frames.splice(0, at + 1);
  }

  /** Round trip: everything sent before is processed. Returns the frames that came before the PONG. */
  async ping(): Promise<Frame[]> {
    this.send('PING\r\n');
    const frames = await this.readUntil((frame) => frame.op === 'PONG', 'PONG');
    return frames.slice(0, -1);
  }

  /** Sends, then a PING, and expects exactly these bytes before the PONG. */
  async exchange(send: string | Buffer, expected: string): Promise<void> {
    this.send(send);
    this.send('PING\r\n');
    await this.expect(`${expected}PONG\r\n`);
  }

  destroy(): void {
    this.#socket.destroy();
    open.delete(this);
  }

  /** Ends our side in order and waits until the server's side is gone too. */
  async close(): Promise<void> {
    this.#socket.end();
    await this.drainUntilClosed();
    this.destroy();
  }

  #end(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async #until(done: () => boolean, what: string): Promise<void> {
    if (this.#wake) throw new Error('only one reader at a time may wait on a connection');
    const end = Date.now() + DEADLINE_MS;
    while (!done()) {
      if (this.#failure) throw this.#failure;
      if (this.#closed) throw new Error(`the server closed the connection before ${what} (${this.#seen()})`);
      const left = end - Date.now();
      if (left <= 0) throw new Error(`gave up waiting for ${what} (${this.#seen()})`);
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const timer = setTimeout(() => this.#wake?.(), left);
      await woken;
      this.#wake = undefined;
      clearTimeout(timer);
    }
  }

  #seen(): string {
    const frames = this.#frames.slice(0, 5).map((frame) => show(frame.raw));
    return `waiting frames: ${this.#frames.length}${frames.length ? `: ${frames.join(' ')}` : ''}, rest ${show(this.#parser.rest)}`;
  }
}

/** Opens a connection with CONNECT done; verbose and pedantic off unless asked for. */
export async function openClient(
  port: number,
  connectFields: Record<string, unknown> = {},
  options: RawOptions = {},
): Promise<RawClient> {
  const client = await RawClient.connect(port, options);
  client.send(connectLine(connectFields));
  await client.ping();
  return client;
}

export function connectLine(fields: Record<string, unknown> = {}): string {
  return `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...fields })}\r\n`;
}

export function pub(subject: string, payload: string, reply = ''): string {
  return `PUB ${subject} ${reply ? `${reply} ` : ''}${Buffer.byteLength(payload)}\r\n${payload}\r\n`;
}

export function msg(subject: string, sid: string | number, payload: string, reply = ''): string {
  return `MSG ${subject} ${sid} ${reply ? `${reply} ` : ''}${Buffer.byteLength(payload)}\r\n${payload}\r\n`;
}

export function err(text: string): string {
  return `-ERR '${text}'\r\n`;
}

function show(bytes: Buffer | undefined): string {
  if (!bytes) return 'nothing';
  const text = JSON.stringify(bytes.toString('latin1'));
  return text.length > 300 ? `${text.slice(0, 300)}… (${bytes.length} bytes)` : text;
}
