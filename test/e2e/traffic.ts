/**
 * Pairs of a publisher and a subscriber that send as fast as they can, without a client library: load to be
 * interrupted. Owns its sockets; never says what the server should have done.
 */
import { connect, type Socket } from 'node:net';
import { withDeadline } from '../support/deadline.js';

const BATCH = Buffer.from('PUB load 16\r\n0123456789abcdef\r\n'.repeat(2000));
/** Until so much has arrived, the load does not count as running. */
const RUNNING_BYTES = 1_000_000;

export class Traffic {
  readonly #publishers: Socket[] = [];
  readonly #subscribers: Socket[] = [];
  /** Settles once every connection is closed. */
  readonly closed: Promise<unknown>;

  /** Settles once messages flow between all pairs. */
  static async start(port: number, pairs: number): Promise<Traffic> {
    const traffic = new Traffic(port, pairs);
    const flowing = Promise.all(traffic.#subscribers.map((socket) => received(socket, RUNNING_BYTES)));
    for (const publisher of traffic.#publishers) pump(publisher);
    await withDeadline(flowing, 'the load to run');
    return traffic;
  }

  private constructor(port: number, pairs: number) {
    for (let pair = 0; pair < pairs; pair++) {
      this.#publishers.push(open(port, 'CONNECT {"verbose":false}\r\n'));
      this.#subscribers.push(open(port, 'CONNECT {"verbose":false}\r\nSUB load 1\r\n'));
    }
    this.closed = Promise.all([...this.#publishers, ...this.#subscribers].map(closing));
  }

  stopReading(): void {
    for (const subscriber of this.#subscribers) subscriber.pause();
  }

  end(): void {
    for (const socket of [...this.#publishers, ...this.#subscribers]) socket.destroy();
  }
}

function open(port: number, greeting: string): Socket {
  const socket = connect(port, '127.0.0.1');
  // A server that goes away resets those that still write to it.
  socket.on('error', () => {});
  socket.resume();
  socket.write(greeting);
  return socket;
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function pump(socket: Socket): void {
  while (!socket.destroyed && socket.writable && socket.write(BATCH));
  socket.once('drain', () => pump(socket));
}

function received(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let got = 0;
    socket.on('data', (chunk: Buffer) => {
      got += chunk.length;
      if (got >= bytes) resolve();
    });
  });
}
