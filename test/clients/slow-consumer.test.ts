/** A subscriber that stops reading is cut off; everyone else gets every message and the publisher goes on. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { until, withDeadline } from '../support/deadline.js';
import { getJson } from '../support/monitor.js';
import { endServersAfterEach, TestServer, underReference } from '../support/server.js';
import { NodePeer } from './peers/node.js';
import { urlOf } from './support.js';

const MESSAGE = 16 * 1024;
/** Published between two looks at the healthy subscribers, well under their max_pending. */
const ROUND = 16;
const ROUNDS = 512;
/** More than max_pending plus all that the kernel's socket buffers take, by far. */
const TOTAL = ROUND * ROUNDS;

describe('a subscriber that stops reading', () => {
  endServersAfterEach();

  test('is cut off as a slow consumer; others are unharmed, the publisher is not held, memory is bounded', async () => {
    // Longer than the whole test may take: whoever waited for it would be seen. The reference does wait for it: it
    // keeps a connection that it has given up, and pauses its publishers, until the write that hangs runs out of time.
    const deadline = underReference ? '1s' : '2m';
    const config = `max_pending: 4MB\nwrite_deadline: "${deadline}"`;
    const server = await TestServer.start({ config, monitor: true });
    const stuck = await server.open();
    stuck.send('SUB flood 1\r\nSUB flood group 2\r\n');
    await stuck.ping();
    stuck.socket.pause();

    const peer = new NodePeer();
    const healthy = [];
    for (let index = 0; index < 3; index++) healthy.push(await peer.connect({ url: urlOf(server) }));
    const counts = healthy.map(() => 0);
    let wake = () => {};
    for (const [index, client] of healthy.entries()) {
      client.connection.subscribe('flood', {
        callback: (_, message) => {
          // Each message says its number: one lost or swapped would be noticed at once.
          const number = Buffer.from(message.data.subarray(0, 4)).readUInt32BE();
          if (number === counts[index]) counts[index] = number + 1;
          wake();
        },
      });
      await client.flush();
    }
    const publisher = await peer.connect({ url: urlOf(server) });
    const before = peakMemory(server.pid);
    let sent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let index = 0; index < ROUND; index++) {
        // A buffer of its own: the library keeps it until it is written.
        const payload = Buffer.alloc(MESSAGE, 'x');
        payload.writeUInt32BE(sent++);
        publisher.connection.publish('flood', payload);
      }
      const all = new Promise<void>((resolve) => {
        wake = () => {
          if (counts.every((count) => count === sent)) resolve();
        };
        wake();
      });
      await withDeadline(all, `all ${sent} messages at the healthy subscribers, which have ${counts}`);
    }
    expect(counts).toEqual([TOTAL, TOTAL, TOTAL]);
    await publisher.flush();

    await server.waitForLog(/Slow Consumer/);
    const varz = await until(async () => {
      const now = await getJson<{ slow_consumers: number; connections: number }>(server, '/varz');
      return now.connections === healthy.length + 1 ? now : undefined;
    }, 'the stuck connection to leave the list');
    expect(varz.slow_consumers).toBeGreaterThanOrEqual(1);
    // What the kernel had taken comes out, then the end, far short of all.
    stuck.socket.resume();
    const got = await stuck.drainUntilClosed();
    expect(got.length).toBeLessThan(TOTAL);
    // Half of what was published: one copy kept for the stuck subscriber would break it.
    expect(peakMemory(server.pid) - before).toBeLessThan((TOTAL * MESSAGE) / 2);
    await peer.end();
  });

  test('does not hold up requests between other clients while its bytes wait', async () => {
    const server = await TestServer.start({ config: 'max_pending: 256MB\nwrite_deadline: "2m"' });
    const stuck = await server.open();
    stuck.send('SUB bulk 1\r\n');
    await stuck.ping();
    stuck.socket.pause();

    const peer = new NodePeer();
    const publisher = await peer.connect({ url: urlOf(server) });
    const service = await peer.connect({ url: urlOf(server) });
    await service.echo('echo');
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 16; index++) publisher.connection.publish('bulk', Buffer.alloc(64 * 1024));
      await publisher.flush();
      expect((await publisher.request('echo', { text: String(round) })).payload).toBe(String(round));
    }
    // It was slow, but never over its limit: once it reads again, it has everything.
    stuck.socket.resume();
    const frames = await stuck.take(20 * 16);
    expect(frames.every((frame) => frame.op === 'MSG')).toBe(true);
    await peer.end();
  });
});

/** The largest resident memory of a process so far, in bytes. */
function peakMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
