/** The server is restarted in place; all three clients come back by themselves and go on receiving. */
import { describe, expect, test } from 'vitest';
import { withDeadline } from '../support/deadline.js';
import { portToKeep } from '../support/port.js';
import { endServersAfterEach } from '../support/server.js';
import type { Client, Inbox } from './peers/peer.js';
import { LANGUAGES, usePeers } from './peers/tools.js';
import { startAgain, urlOf } from './support.js';

describe('a restart with clients that reconnect', () => {
  endServersAfterEach();
  const peerOf = usePeers();

  test('subscriptions of the Node, Python and Go clients go on after each of two restarts', async (ctx) => {
    const port = await portToKeep();
    let server = await startAgain(port);
    const url = urlOf(server);
    const subscribers: { client: Client; plain: Inbox; member: Inbox }[] = [];
    for (const language of LANGUAGES) {
      const client = await (await peerOf(ctx, language)).connect({ url });
      const plain = await client.subscribe('news.*');
      const member = await client.subscribe('news.today', { queue: `readers-of-${language}` });
      await client.echo(`echo.${language}`);
      subscribers.push({ client, plain, member });
    }
    const publish = async (text: string) => {
      const publisher = await (await peerOf(ctx, 'node')).connect({ url });
      await publisher.publish('news.today', { text });
      return publisher;
    };
    await (await publish('before')).close();

    const expected = ['before'];
    for (const restart of ['first', 'second']) {
      for (const { plain } of subscribers) await plain.received(expected.length);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      for (const { client } of subscribers) await happened(client, 'disconnected');
      server = await startAgain(port);
      expect(server.port).toBe(port);
      for (const { client } of subscribers) {
        await happened(client, 'reconnected');
        await client.flush();
      }
      const publisher = await publish(restart);
      expected.push(restart);
      for (const { client, plain, member } of subscribers) {
        const texts = (await plain.received(expected.length)).map((message) => message.payload);
        expect(texts, client.language).toEqual(expected);
        expect((await member.received(expected.length)).map((message) => message.payload)).toEqual(expected);
        const reply = await publisher.request(`echo.${client.language}`, { text: restart });
        expect(reply.payload).toBe(restart);
      }
      await publisher.close();
    }
    await Promise.all(subscribers.map(({ client }) => client.close()));
  });
});

function happened(client: Client, event: 'disconnected' | 'reconnected'): Promise<void> {
  return withDeadline(client.event(event), `the ${client.language} client to be ${event}`, 15_000);
}
