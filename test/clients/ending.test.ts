/** The end of the server: signals with clients connected, and lame duck mode as the clients see it. */
import { describe, expect, test } from 'vitest';
import { withDeadline } from '../support/deadline.js';
import { endServersAfterEach } from '../support/server.js';
import { LANGUAGES, usePeers } from './peers/tools.js';
import { startServer, urlOf } from './support.js';

describe('the end of the server', () => {
  endServersAfterEach();
  const peerOf = usePeers();

  test.for(['SIGTERM', 'SIGINT'] as const)('%s with connected and busy clients: exit code 0', async (signal, ctx) => {
    const server = await startServer();
    const clients = [];
    for (const language of LANGUAGES) {
      const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
      await client.echo('busy');
      await client.request('busy', { text: language });
      clients.push(client);
    }
    // A half-open frame and a silent connection must not hold the end up either.
    const raw = await server.open();
    raw.send('PUB busy 1000\r\nonly a part');
    await server.connect();
    server.kill(signal);
    const exit = await withDeadline(server.exited, `the server to end after ${signal}`);
    expect(exit).toEqual({ code: 0, signal: null });
    for (const client of clients) {
      await withDeadline(client.event('disconnected'), `the ${client.language} client to notice`);
      await client.close();
    }
    expect(server.log.filter((line) => /\[(ERR|FTL)\]/.test(line))).toEqual([]);
  });

  test('lame duck mode: every client is told, new ones are refused, then exit code 0', async (ctx) => {
    const server = await startServer('lame_duck_duration: "30s"\nlame_duck_grace_period: "10ms"');
    const clients = [];
    for (const language of LANGUAGES) {
      const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
      await client.echo('still.here');
      await client.flush();
      clients.push(client);
    }
    server.kill('SIGUSR2');
    for (const client of clients) {
      await withDeadline(client.event('lame-duck'), `the ${client.language} client to be told of lame duck mode`);
    }
    await expect(server.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    for (const client of clients) {
      await withDeadline(client.event('disconnected'), `the ${client.language} client to be closed`, 15_000);
    }
    expect(await withDeadline(server.exited, 'the server to end after lame duck mode', 15_000)).toEqual({
      code: 0,
      signal: null,
    });
    await Promise.all(clients.map((client) => client.close()));
  });
});
