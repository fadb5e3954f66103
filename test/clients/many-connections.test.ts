/** Five thousand connections at once, each subscribed, each served. */
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { withDeadline } from '../support/deadline.js';
import { getJson } from '../support/monitor.js';
import { useServer } from '../support/server.js';
import { descriptorLimit, missingTool } from './support.js';

const CONNECTIONS = 5_000;
/** So many connects are under way at once: fewer than any listener's backlog. */
const AT_ONCE = 100;

describe('five thousand connections', () => {
  const server = useServer({ monitor: true });

  test('each subscribes and receives its own message and the common one', { timeout: 60_000 }, async (ctx) => {
    if (descriptorLimit() < CONNECTIONS + 1_000) missingTool(ctx, `ulimit -n ${CONNECTIONS + 1_000}`);
    const clients: Subscriber[] = [];
    try {
      const openNext = async (): Promise<void> => {
        while (clients.length < CONNECTIONS) {
          const client = new Subscriber(server.port, clients.length);
          clients.push(client);
          await client.until('PONG');
        }
      };
      await withDeadline(Promise.all(Array.from({ length: AT_ONCE }, openNext)), 'all connections', 40_000);
      const varz = await getJson<{ connections: number }>(server, '/varz');
      expect(varz.connections).toBe(CONNECTIONS);

      const publisher = await server.open();
      const own = clients.map((client) => `PUB own.${client.number} 5\r\nhello\r\n`);
      await publisher.sendDrained(own.join(''));
      await publisher.sendDrained('PUB common 3\r\nall\r\n');
      await publisher.ping();
      const received = Promise.all(clients.map((client) => client.until('common 2 3\r\nall\r\n')));
      await withDeadline(received, 'the common message at every connection', 20_000);
      const wrong = clients.filter(
        (client) => client.after('PONG\r\n') !== `MSG own.${client.number} 1 5\r\nhello\r\nMSG common 2 3\r\nall\r\n`,
      );
      expect(wrong.map((client) => client.text)).toEqual([]);
    } finally {
      for (const client of clients) client.socket.destroy();
    }
  });
});

/** One connection with as little around it as can be: five thousand of them share this process. */
class Subscriber {
  text = '';
  readonly socket: Socket;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(
    port: number,
    readonly number: number,
  ) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.write(`CONNECT {"verbose":false}\r\nSUB own.${number} 1\r\nSUB common 2\r\nPING\r\n`);
    this.socket.on('data', (chunk: string) => {
      // The server asks for life signs of its own; they are answered and forgotten.
      if (chunk.endsWith('PING\r\n')) this.socket.write('PONG\r\n');
      this.text += chunk.replace('PING\r\n', '');
      this.#wake?.();
    });
    this.socket.on('error', (error) => this.#fail(error));
    this.socket.on('end', () => this.#fail(new Error(`connection ${number} was closed after ${this.text}`)));
  }

  after(mark: string): string {
    return this.text.slice(this.text.indexOf(mark) + mark.length);
  }

  async until(part: string): Promise<void> {
    while (!this.text.includes(part)) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#wake?.();
  }
}
