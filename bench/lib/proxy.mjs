/**
 * A proxy between clients and a NATS server that recognises messages and, as the caller decides, passes, drops, repeats,
 * reorders or delays each. For tests that nats-bench detects these faults.
 */
import { connect, createServer } from 'node:net';

/**
 * @param {number} serverPort on loopback
 * @param {{alter?: (frame: Buffer, number: number) => Buffer[], delayMs?: number, stallAfter?: number}} options
 *   `alter` gets every message on its way to a client, counted from 1 over all clients, and returns what the client
 *   gets in its place; after `stallAfter` messages nothing is read from the server any more
 */
export async function startProxy(
  serverPort,
  { alter = (frame) => [frame], delayMs = 0, stallAfter = Number.POSITIVE_INFINITY } = {},
) {
  const sockets = new Set();
  const held = [];
  const stalled = new Set();
  let resumed = false;
  let count = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    const send = delayMs > 0 ? delayed(client, delayMs, held) : (bytes) => client.write(bytes);
    const split = splitter();
    upstream.on('data', (chunk) => {
      const out = [];
      for (const { frame, isMessage } of split(chunk)) out.push(...(isMessage ? alter(frame, ++count) : [frame]));
      if (out.length > 0) send(Buffer.concat(out));
      if (count >= stallAfter && !resumed) {
        stalled.add(upstream);
        upstream.pause();
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    /** Messages seen so far. */
    messages: () => count,
    /** Ends what `stallAfter` began. */
    resume() {
      resumed = true;
      for (const socket of stalled) socket.resume();
    },
    /** How long each piece was really held, in ms: what `delayMs` became on this machine. */
    held,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Bytes leave `ms` after they came, not later than the machine can help: timers are too coarse for the last part. */
function delayed(socket, ms, held) {
  const waiting = [];
  let running = false;
  const work = () => {
    const now = performance.now();
    while (waiting.length > 0 && waiting[0].due <= now) {
      const { bytes, due } = waiting.shift();
      if (!socket.destroyed) socket.write(bytes);
      held.push(performance.now() - due + ms);
    }
    if (waiting.length === 0) {
      running = false;
      return;
    }
    const left = waiting[0].due - performance.now();
    if (left > 3) setTimeout(work, left - 2);
    else setImmediate(work);
  };
  return (bytes) => {
    waiting.push({ bytes, due: performance.now() + ms });
    if (!running) {
      running = true;
      work();
    }
  };
}

/** Cuts a stream from a server into protocol lines and messages. */
function splitter() {
  let rest = Buffer.alloc(0);
  return function* split(chunk) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf('\r\n');
      if (end === -1) return;
      const isMessage = /^H?MSG /.test(rest.toString('latin1', 0, 5));
      let length = end + 2;
      if (isMessage) {
        length += Number(rest.toString('latin1', 0, end).split(' ').at(-1)) + 2;
        if (rest.length < length) return;
      }
      yield { frame: rest.subarray(0, length), isMessage };
      rest = rest.subarray(length);
    }
  };
}
