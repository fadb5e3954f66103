/** `shutdown_grace`: what SIGTERM does when clients get time to move elsewhere. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptConnection } from '../support/attempt.js';
import { msg, pub } from '../support/raw.js';
import { endServersAfterEach, runToExit, TestServer, writeConfig } from '../support/server.js';

endServersAfterEach();

const ENDED = { code: 0, signal: null };

const texts = (server: TestServer) => server.log.map((line) => line.replace(/^\[\d+\] \S+ \S+ /, ''));

test('clients are told, and served until they move; the exit code is 0', async () => {
  const server = await TestServer.start({ config: 'shutdown_grace: 1h\n' });
  const moves = await server.open({ protocol: 1 });
  await moves.next('INFO');
  const stays = await server.open({ protocol: 1 });
  await stays.next('INFO');
  server.kill('SIGTERM');
  for (const client of [moves, stays]) {
    expect(JSON.parse((await client.next('INFO')).args)).toMatchObject({ ldm: true });
  }
  expect(await attemptConnection(server.port)).toBe('ECONNREFUSED');
  await stays.exchange(`SUB a 1\r\n${pub('a', 'x')}`, msg('a', 1, 'x'));
  await moves.close();
  await server.waitForLog('1 client of 2 remain');
  // Whoever sends it twice does not mean something else.
  server.kill('SIGTERM');
  await stays.exchange(pub('a', 'y'), msg('a', 1, 'y'));
  await stays.close();
  expect(await server.exited).toEqual(ENDED);
  const lines = texts(server);
  const from = lines.indexOf('[INF] Trapped "terminated" signal');
  expect(lines.slice(from).filter((line, i) => i === 0 || !line.includes('Trapped'))).toEqual([
    '[INF] Trapped "terminated" signal',
    '[INF] Entering lame duck mode, stop accepting new clients',
    '[INF] Shutting down within 1h0m0s, 2 clients to move elsewhere',
    '[INF] 1 client of 2 remain',
    '[INF] All clients are gone',
    '[INF] Initiating Shutdown...',
    '[INF] Server Exiting..',
  ]);
});

test('clients that do not move are closed; the exit code is 0', async () => {
  const server = await TestServer.start({ config: 'shutdown_grace: 2s\n' });
  const clients = [await server.open({ protocol: 1 }), await server.open()];
  await clients[0]?.next('INFO');
  server.kill('SIGTERM');
  expect(JSON.parse((await clients[0]?.next('INFO'))?.args ?? '')).toMatchObject({ ldm: true });
  for (const client of clients) await client.expectClosed();
  expect(await server.exited).toEqual(ENDED);
  // When each of them is closed depends on the machine; the rest is proven with a clock of its own.
  expect(texts(server)).toContain('[INF] Shutting down within 2s, 2 clients to move elsewhere');
});

test('it is over as soon as the last client has moved', async () => {
  const server = await TestServer.start({ config: 'shutdown_grace: "1h"\n' });
  const client = await server.open();
  server.kill('SIGTERM');
  await server.waitForLog(/Shutting down within 1h0m0s, 1 client to move elsewhere/);
  await client.close();
  expect(await server.exited).toEqual(ENDED);
});

test('without clients it ends at once, and SIGINT does so in any case', async () => {
  const idle = await TestServer.start({ config: 'shutdown_grace: "1h"\n' });
  idle.kill('SIGTERM');
  expect(await idle.exited).toEqual(ENDED);
  const server = await TestServer.start({ config: 'shutdown_grace: "1h"\n' });
  const client = await server.open();
  server.kill('SIGTERM');
  await server.waitForLog(/Entering lame duck mode/);
  server.kill('SIGINT');
  await client.expectClosed();
  expect(await server.exited).toEqual(ENDED);
});

test('a client that reads nothing is not waited for', async () => {
  const server = await TestServer.start({ config: 'shutdown_grace: 1s\n' });
  const stuck = await server.open();
  await stuck.exchange('SUB a 1\r\nPING\r\n', 'PONG\r\n');
  stuck.socket.pause();
  const sender = await server.open();
  sender.send(pub('a', 'x'.repeat(100_000)).repeat(100));
  await sender.ping();
  server.kill('SIGTERM');
  expect(await server.exited).toEqual(ENDED);
  stuck.destroy();
});

test('it is reloaded', async () => {
  const server = await TestServer.start({ config: 'shutdown_grace: 1h\n' });
  writeConfig(server.dir, '# nothing\n');
  server.kill('SIGHUP');
  await server.waitForLog(/Reloaded: shutdown_grace = 0s/);
  await server.waitForLog(/Reloaded server configuration/);
  const client = await server.open();
  server.kill('SIGTERM');
  await client.expectClosed();
  expect(await server.exited).toEqual(ENDED);
  expect(server.log.join('\n')).not.toContain('lame duck');
});

test.each(['shutdown_grace: 10\n', 'shutdown_grace: "soon"\n', 'shutdown_grace: "-1s"\n'])(
  '%j is refused',
  async (config) => {
    const dir = mkdtempSync(join(tmpdir(), 'nats-grace-'));
    const { exit, stderr } = await runToExit(['-a', '127.0.0.1', '-p', '-1', '-c', writeConfig(dir, config)]);
    rmSync(dir, { recursive: true });
    expect(stderr).toMatch(/server\.conf:1:\d+: .*shutdown_grace/);
    expect(exit.code).toBe(1);
  },
);
