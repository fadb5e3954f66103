/** Out of descriptors: accepting rests, those already in go on, and those who wait get in when others leave. */
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { withDeadline } from '../support/deadline.js';
import { endServersAfterEach } from '../support/server.js';
import { usePeers } from './peers/tools.js';
import { startWithDescriptors, urlOf } from './support.js';

/** Room for the runtime's own descriptors and for some tens of clients. */
const LIMIT = Number(process.env.NATS_TURBO_TEST_DESCRIPTORS ?? 120);
const KNOCKING = LIMIT + 60;

describe(`a server with ${LIMIT} descriptors`, () => {
  endServersAfterEach();
  const peerOf = usePeers(['node']);

  test('serves whom it has while it can accept no one, and accepts again when others leave', async (ctx) => {
    const server = await startWithDescriptors(LIMIT);
    const client = await (await peerOf(ctx, 'node')).connect({ url: urlOf(server) });
    await client.echo('echo');

    const door = new Door(server.port, KNOCKING);
    try {
      await withDeadline(door.allConnected, 'the kernel to take all connections');
      // From here on the kernel holds connections that the server can't accept: more knock than it has descriptors.
      await server.waitForLog(/too many open files|EMFILE|Too many open files/);
      for (let round = 0; round < 300; round++) {
        expect((await client.request('echo', { text: String(round) })).payload).toBe(String(round));
      }
      expect(door.greeted).toBeLessThan(LIMIT);
      expect(door.greeted).toBeGreaterThan(0);
      expect(door.refused, 'connections cut off instead of left waiting').toBe(0);
      // Everyone who got in leaves at once from now on, so the line moves up until nobody waits.
      door.leaveWhenGreeted();
      await withDeadline(door.allGreeted, `all ${KNOCKING} connections to be greeted`, 20_000);
    } finally {
      door.close();
    }
    const late = await server.open();
    late.send('SUB late 1\r\n');
    await late.ping();
    await client.publish('late', { text: 'welcome' });
    await late.expect('MSG late 1 7\r\nwelcome\r\n');
    expect((await client.request('echo', { text: 'still here' })).payload).toBe('still here');
    expect(server.exit).toBeUndefined();
    await client.close();
  });
});

/** Many connections that only wait for their INFO. */
class Door {
  greeted = 0;
  refused = 0;
  readonly allConnected: Promise<unknown>;
  readonly allGreeted: Promise<unknown>;
  readonly #sockets: Socket[];
  readonly #inside = new Set<Socket>();
  #leaving = false;

  constructor(port: number, count: number) {
    this.#sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
    this.allConnected = Promise.all(
      this.#sockets.map((socket) => new Promise<void>((resolve) => socket.once('connect', resolve))),
    );
    this.allGreeted = Promise.all(this.#sockets.map((socket) => this.#greeting(socket)));
  }

  #greeting(socket: Socket): Promise<void> {
    socket.on('error', () => {});
    socket.once('close', () => {
      if (!this.#inside.has(socket)) this.refused += 1;
    });
    return new Promise((resolve) => {
      socket.once('data', () => {
        this.greeted += 1;
        this.#inside.add(socket);
        if (this.#leaving) socket.destroy();
        resolve();
      });
    });
  }

  leaveWhenGreeted(): void {
    this.#leaving = true;
    for (const socket of this.#inside) socket.destroy();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
