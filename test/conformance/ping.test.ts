/** Section 1.9: PING, PONG and stale connections. */
import { describe, expect } from 'vitest';
import { closedReason, getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { err } from '../support/raw.js';
import { useServer } from '../support/server.js';

describe('a server that pings often and has no patience', () => {
  const server = useServer({ monitor: true, config: 'ping_interval: "200ms"\nping_max: 2\n' });

  proves(['1.9-02', '1.11-10'], 'a client that never answers is pinged and then closed as stale', async () => {
    const client = await server.connect({ autoPong: false });
    client.send('CONNECT {"verbose":false}\r\n');
    await client.expect('PING\r\nPING\r\n');
    await client.expect(err('Stale Connection'));
    await client.expectClosed();
    expect(await closedReason(server, client.info.client_id)).toBe('Stale Connection');
    const varz = await getJson<{ stale_connections: number; stale_connection_stats: object }>(server, '/varz');
    expect(varz.stale_connections).toBeGreaterThanOrEqual(1);
    expect(varz.stale_connection_stats).toMatchObject({ clients: varz.stale_connections });
  });
});

describe('a server that pings often and has some patience', () => {
  // As many unanswered pings as a busy machine needs; an answer takes them all back.
  const PATIENCE = 20;
  const server = useServer({ config: `ping_interval: "150ms"\nping_max: ${PATIENCE}\n` });

  proves('1.9-02', 'a client that answers stays', async () => {
    const client = await server.connect({ autoPong: false });
    client.send('CONNECT {"verbose":false}\r\n');
    for (let round = 0; round < PATIENCE + 5; round++) {
      await client.expect('PING\r\n');
      client.send('PONG\r\n');
    }
    // Nothing but more of those that nobody came to read.
    expect((await client.ping()).filter((frame) => frame.op !== 'PING')).toEqual([]);
  });

  proves('1.9-01', 'ticks are skipped for a busy client', async () => {
    const quiet = await server.connect({ autoPong: false });
    const busy = await server.connect({ autoPong: false });
    for (const client of [quiet, busy]) {
      client.send('CONNECT {"verbose":false}\r\n');
      await client.expect('PING\r\n');
      client.send('PONG\r\n');
    }
    const chatter = setInterval(() => busy.send('PUB x 0\r\n\r\n'), 20);
    try {
      // The quiet client's pings are the clock. Where the chatter comes late the busy one gets some, too, never as many.
      for (let lead = 0; lead < 5; ) {
        await quiet.expect('PING\r\n');
        quiet.send('PONG\r\n');
        lead += 1;
        for (; busy.buffered > 0; lead -= 1) {
          await busy.expect('PING\r\n');
          busy.send('PONG\r\n');
        }
      }
    } finally {
      clearInterval(chatter);
    }
  });

  proves('1.9-03', 'PING is answered at once, even before CONNECT', async () => {
    const client = await server.connect();
    client.send('PING\r\n');
    await client.expect('PONG\r\n');
    await client.exchange('PING\r\nPING\r\n', 'PONG\r\nPONG\r\n');
  });
});
