/** Section 1.10: the auth timer and connection limits. */
import { expect } from 'vitest';
import { until } from '../support/deadline.js';
import { closedReason, getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, err, msg, pub } from '../support/raw.js';
import { endServersAfterEach, TestServer } from '../support/server.js';

endServersAfterEach();

proves(['1.10-01', '1.11-03'], 'no CONNECT in time', async () => {
  const server = await TestServer.start({ monitor: true, config: 'authorization { token: t, timeout: 0.3 }\n' });
  // Its own time would be over first. On a busy machine it may take more than one to be in time.
  const inTime = await until(() => server.open({ auth_token: 't' }).catch(() => undefined), 'a client in time');
  const silent = await server.connect();
  await silent.expect(err('Authentication Timeout'));
  await silent.expectClosed();
  expect(await closedReason(server, silent.info.client_id)).toBe('Authentication Timeout');
  await inTime.exchange('', '');
});

proves(['1.10-02', '1.11-05'], 'max_connections', async () => {
  const server = await TestServer.start({ monitor: true, config: 'max_connections: 2\n' });
  const first = await server.open();
  const second = await server.open();
  const third = await server.connect();
  await third.expect(err('maximum connections exceeded'));
  await third.expectClosed();
  expect(await closedReason(server, third.info.client_id)).toBe('Maximum Connections Exceeded');
  await first.exchange('', '');
  second.destroy();
  await until(async () => {
    const next = await server.connect();
    next.send(`${connectLine()}PING\r\n`);
    return (await next.next().catch(() => undefined))?.op === 'PONG' || undefined;
  }, 'the free slot');
});

proves('1.5-01', 'max_payload -1 means any size', async () => {
  const server = await TestServer.start({ monitor: true, config: 'max_payload: -1\n' });
  const client = await server.open({ headers: true });
  expect(client.info.max_payload).toBe(-1);
  expect((await getJson(server, '/varz')).max_payload).toBe(-1);
  const large = 'x'.repeat(3 << 20);
  await client.exchange(`SUB a 1\r\n${pub('a', large)}`, msg('a', 1, large));
});

proves('1.10-03', 'max_connections 0 refuses everyone', async () => {
  const server = await TestServer.start({ config: 'max_connections: 0\n' });
  for (let round = 0; round < 3; round++) {
    const client = await server.connect();
    await client.expect(err('maximum connections exceeded'));
    await client.expectClosed();
  }
});
