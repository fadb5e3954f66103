/**
 * Section 1.10: subscribers that stop reading. Publishers send in pieces and wait for their own PONG, so
 * what the server holds grows step by step and no healthy subscriber can fall behind.
 */
import { expect } from 'vitest';
import { settled } from '../support/deadline.js';
import { closedReason, connz, getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer } from '../support/server.js';

endServersAfterEach();

const PIECE = 64 * 1024;
/** More than any kernel keeps for one loopback connection by default. */
const ENOUGH = 64 * 1024 * 1024;
/** For those who are stuck on purpose: however long the machine takes, nobody is cut off for that. */
const NEVER = 'write_deadline: "1h"\n';
const payload = 'x'.repeat(1000);
const perPiece = Math.floor(PIECE / payload.length);

interface Counters {
  slow_consumers: number;
  stalled_clients: number;
  slow_consumer_stats: { clients: number };
}

const varz = (server: TestServer) => getJson<Counters>(server, '/varz');

/** What waits in the server for a client. */
async function pendingBytes(server: TestServer, client: RawClient): Promise<number> {
  const { connections } = await connz(server);
  return Number(connections.find(({ cid }) => cid === client.info.client_id)?.pending_bytes);
}

/** More than a few pieces on their way: its socket takes no more. */
async function isStuck(server: TestServer, client: RawClient): Promise<boolean> {
  return (await pendingBytes(server, client)) > 500_000;
}

/** A subscriber whose socket is not read from now on. */
async function stuckSubscriber(server: TestServer): Promise<RawClient> {
  const client = await server.open();
  await client.exchange('SUB slow 1\r\n', '');
  client.socket.pause();
  return client;
}

/** Publishes piece by piece until `enough` says so; returns how many messages were sent. */
async function publishUntil(publisher: RawClient, enough: () => Promise<boolean> | boolean): Promise<number> {
  const piece = pub('slow', payload).repeat(perPiece);
  for (let sent = 0; sent * payload.length < ENOUGH; sent += perPiece) {
    if (await enough()) return sent;
    await publisher.sendDrained(piece);
    await publisher.ping();
  }
  throw new Error(`published ${ENOUGH} bytes and nothing happened`);
}

proves(['1.10-05', '1.10-12', '1.11-25'], 'pending bytes over max_pending', async () => {
  const server = await TestServer.start({ monitor: true, config: `max_pending: 1MB\nmax_payload: 64KB\n${NEVER}` });
  const stuck = await stuckSubscriber(server);
  const healthy = await server.open();
  await healthy.exchange('SUB slow 1\r\n', '');
  const publisher = await server.open();
  let received = 0;
  const pattern = /Slow Consumer Detected: MaxPending of 1048576 Exceeded/;
  const sent = await publishUntil(publisher, async () => {
    received += (await healthy.ping()).length;
    return server.log.some((line) => pattern.test(line));
  });
  received += (await healthy.ping()).length;
  expect(received).toBe(sent);
  expect(server.log.find((line) => pattern.test(line))).toContain('[INF]');
  expect(await closedReason(server, stuck.info.client_id)).toBe('Slow Consumer (Pending Bytes)');
  stuck.socket.resume();
  const frames = await stuck.drainUntilClosed();
  expect(frames.filter((frame) => frame.op !== 'MSG')).toEqual([]);
  const counters = await varz(server);
  expect(counters.slow_consumers).toBeGreaterThanOrEqual(1);
  expect(counters.slow_consumer_stats.clients).toBe(counters.slow_consumers);
});

proves('1.10-06', 'a flush past write_deadline', async () => {
  const server = await TestServer.start({ monitor: true, config: 'write_deadline: "300ms"\n' });
  const stuck = await stuckSubscriber(server);
  const publisher = await server.open();
  const pattern = /Slow Consumer Detected: WriteDeadline of 300ms exceeded with \d+ chunks of \d+ total bytes\./;
  const cutOff = () => server.log.some((line) => pattern.test(line));
  await publishUntil(publisher, async () => cutOff() || (await isStuck(server, stuck)));
  expect(await server.waitForLog(pattern)).toContain('[INF]');
  expect(await closedReason(server, stuck.info.client_id)).toBe('Slow Consumer (Write Deadline)');
  stuck.socket.resume();
  const frames = await stuck.drainUntilClosed();
  expect(frames.filter((frame) => frame.op !== 'MSG')).toEqual([]);
  expect((await varz(server)).slow_consumers).toBeGreaterThanOrEqual(1);
});

proves('1.10-07', 'write_timeout retry keeps a connection that makes progress', async () => {
  // So much time it has after the first complaint to make progress again.
  const config = 'write_deadline: "4s"\nwrite_timeout: retry\n';
  const server = await TestServer.start({ monitor: true, config });
  const stuck = await stuckSubscriber(server);
  const publisher = await server.open();
  const sent = await publishUntil(publisher, () => isStuck(server, stuck));
  await server.waitForLog(/Slow Consumer/);
  stuck.socket.resume();
  const frames = await stuck.ping();
  expect(frames.length).toBe(sent);
});

proves('1.10-08', 'a slow subscriber costs its publisher pauses before it is cut off', async () => {
  // A quarter of max_pending, many pieces, lies between the first pause and the cut.
  const server = await TestServer.start({ monitor: true, config: `max_pending: 24MB\n${NEVER}` });
  const stuck = await stuckSubscriber(server);
  const publisher = await server.open();
  await publishUntil(publisher, async () => (await varz(server)).stalled_clients > 0);
  expect((await varz(server)).slow_consumers).toBe(0);
  // They are counted on the subscriber that caused them.
  const entry = (await connz(server)).connections.find(({ cid }) => cid === stuck.info.client_id);
  expect(entry?.stalls).toBeGreaterThan(0);
});

proves('1.10-09', 'no_fast_producer_stall drops for the full subscriber only', async () => {
  const server = await TestServer.start({
    monitor: true,
    config: `max_pending: 2MB\nno_fast_producer_stall: true\n${NEVER}`,
  });
  const stuck = await stuckSubscriber(server);
  const healthy = await server.open();
  await healthy.exchange('SUB slow 1\r\n', '');
  const publisher = await server.open();
  let received = 0;
  let last = -1;
  let full = 0;
  const sent = await publishUntil(publisher, async () => {
    received += (await healthy.ping()).length;
    const pending = await pendingBytes(server, stuck);
    // Full is when more messages no longer add to what is held.
    full = pending > 0 && pending === last ? full + 1 : 0;
    last = pending;
    return full >= 3;
  });
  received += (await healthy.ping()).length;
  expect(received).toBe(sent);
  stuck.socket.resume();
  const got = (await stuck.ping()).length;
  expect(got).toBeLessThan(sent);
  expect(got).toBeGreaterThan(0);
  expect((await varz(server)).slow_consumers).toBe(0);
});

proves('1.10-11', 'pending bytes return to zero after everything was read', async () => {
  const server = await TestServer.start({ monitor: true, config: NEVER });
  const stuck = await stuckSubscriber(server);
  const publisher = await server.open();
  const sent = await publishUntil(publisher, () => isStuck(server, stuck));
  stuck.socket.resume();
  expect((await stuck.ping()).length).toBe(sent);
  await settled(async () => expect(await pendingBytes(server, stuck)).toBe(0));
});
