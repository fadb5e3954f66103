/** What a client sees of a connection that the server ends: the `-ERR`, and a socket that takes nothing more. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect } from 'vitest';
import { withDeadline } from '../support/deadline.js';
import { proves } from '../support/proves.js';
import { connectLine, err, pub } from '../support/raw.js';
import { endServersAfterEach, type ServerOptions, TestServer } from '../support/server.js';

/** A socket that the test reads and writes itself, and that stays open when the server ends its side. */
class BareClient {
  text = '';
  failure: string | undefined;

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.failure ??= error.code;
    });
  }

  static async open(server: TestServer): Promise<BareClient> {
    const client = new BareClient(connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }));
    await client.has('\r\n');
    return client;
  }

  async has(wanted: string): Promise<void> {
    while (!this.text.includes(wanted)) await withDeadline(once(this.socket, 'data'), wanted);
  }

  /** Milliseconds until the socket takes nothing more. */
  async untilRefused(): Promise<number> {
    const since = performance.now();
    while (this.failure === undefined) {
      this.socket.write('PING\r\n');
      await new Promise((resolve) => setImmediate(resolve));
    }
    return performance.now() - since;
  }
}

/** The shortest of some attempts: what others do on the machine does not count. */
async function shortest(attempt: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) least = Math.min(least, await attempt());
  return least;
}

/** It lingers for a second where the peer's system acknowledges nothing. */
const SOON_MS = 500;

interface Ending {
  facts: string;
  name: string;
  options: ServerOptions;
  send: string;
  text: string;
}

const endings: Ending[] = [
  {
    facts: '1.4-06',
    name: 'an unknown operation',
    options: {},
    send: `${connectLine()}NONSENSE\r\n`,
    text: 'Unknown Protocol Operation',
  },
  {
    // Node tells of a reset as of an end when it comes together with data: the reactor's own tests tell them apart.
    facts: '1.11-08',
    name: 'a payload that is too large',
    options: { config: 'max_payload: 1000\n' },
    send: `${connectLine()}${pub('s', 'x'.repeat(1001))}`,
    text: 'Maximum Payload Violation',
  },
  {
    facts: '4.1-08',
    name: 'wrong credentials',
    options: { config: 'authorization { timeout: 60, token: t }\n' },
    send: connectLine({ auth_token: 'x' }),
    text: 'Authorization Violation',
  },
  {
    facts: '1.9-02',
    name: 'a stale connection',
    options: { config: 'ping_interval: "50ms"\nping_max: 2\n' },
    send: connectLine(),
    text: 'Stale Connection',
  },
];

describe('after the last words', () => {
  endServersAfterEach();

  for (const { facts, name, options, send, text } of endings) {
    proves(facts, `the socket takes nothing more: ${name}`, async () => {
      const server = await TestServer.start(options);
      const took = await shortest(async () => {
        const client = await BareClient.open(server);
        client.socket.write(send);
        await client.has(err(text));
        return client.untilRefused();
      });
      expect(took).toBeLessThan(SOON_MS);
    });
  }
});
