/** `failed_login_delay`, an option that nats-server does not have: with the built server and raw clients. */
import { describe, expect, test } from 'vitest';
import { connectLine, err } from '../support/raw.js';
import { endServersAfterEach, TestServer, underReference } from '../support/server.js';

endServersAfterEach();

const config = (delay: string) => `authorization { timeout: 60, user: u, password: p\n${delay} }\n`;

async function fail(server: TestServer): Promise<void> {
  const client = await server.connect();
  client.send(connectLine({ user: 'u', pass: 'wrong' }));
  await client.expect(err('Authorization Violation'));
  await client.expectClosed();
}

const warnings = (server: TestServer) => server.log.filter((line) => line.includes('Repeated authentication failures'));

describe.skipIf(underReference)('failed_login_delay', () => {
  test('says once that clients of an address wait for their turn, and lets in who is right', async () => {
    const server = await TestServer.start({ config: config('failed_login_delay: "50ms"') });
    for (let number = 0; number < 5; number += 1) await fail(server);
    await server.waitForLog(/\[WRN\] Repeated authentication failures from 127\.0\.0\.1: its clients wait/);
    const clients = await Promise.all([1, 2, 3].map(() => server.open({ user: 'u', pass: 'p' })));
    for (const client of clients) await client.ping();
    await fail(server);
    expect(warnings(server)).toHaveLength(1);
  });

  test('is off by default', async () => {
    const server = await TestServer.start({ config: config('') });
    for (let number = 0; number < 20; number += 1) await fail(server);
    await server.open({ user: 'u', pass: 'p' });
    expect(warnings(server)).toEqual([]);
  });
});
