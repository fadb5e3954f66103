/** Wildcard subscribers of all three clients see exactly what their pattern says. */
import { describe, expect, test } from 'vitest';
import { useServer } from '../support/server.js';
import type { Client } from './peers/peer.js';
import { LANGUAGES, usePeers } from './peers/tools.js';
import { urlOf } from './support.js';

const SUBJECTS = ['m', 'm.eu', 'm.eu.paris', 'm.eu.paris.temp', 'm.us.boston', 'm.us.boston.temp', 'other.eu.paris'];

const PATTERNS: Record<string, string[]> = {
  'm.eu.paris': ['m.eu.paris'],
  'm.*': ['m.eu'],
  'm.*.*': ['m.eu.paris', 'm.us.boston'],
  'm.*.boston': ['m.us.boston'],
  'm.*.*.temp': ['m.eu.paris.temp', 'm.us.boston.temp'],
  'm.>': ['m.eu', 'm.eu.paris', 'm.eu.paris.temp', 'm.us.boston', 'm.us.boston.temp'],
  'm.eu.>': ['m.eu.paris', 'm.eu.paris.temp'],
  '*.eu.*': ['m.eu.paris', 'other.eu.paris'],
  '*': ['m'],
};

describe('wildcard subscribers', () => {
  const server = useServer();
  const peerOf = usePeers();

  test.for(LANGUAGES)('%s publishes, all clients subscribe', async (language, ctx) => {
    const clients: Client[] = [];
    for (const subscribing of LANGUAGES) {
      clients.push(await (await peerOf(ctx, subscribing)).connect({ url: urlOf(server) }));
    }
    const publisher = clients[LANGUAGES.indexOf(language)] as Client;
    const inboxes = [];
    for (const client of clients) {
      const everything = await client.subscribe('>');
      for (const pattern of Object.keys(PATTERNS)) {
        inboxes.push({ client, pattern, inbox: await client.subscribe(pattern) });
      }
      inboxes.push({ client, pattern: '>', inbox: everything });
    }
    for (const subject of SUBJECTS) await publisher.publish(subject, { text: `to ${subject}` });

    for (const { client, pattern, inbox } of inboxes) {
      const got = await inbox.drain();
      // Inboxes of the libraries' own requests would show up under `>` as well.
      const seen = got.filter((message) => SUBJECTS.includes(message.subject));
      expect(seen.map((message) => message.subject).sort(), `${client.language} on ${pattern}`).toEqual(
        [...(PATTERNS[pattern] ?? SUBJECTS)].sort(),
      );
      for (const message of seen) expect(message.payload).toBe(`to ${message.subject}`);
    }
    await Promise.all(clients.map((client) => client.close()));
  });

  test.for(LANGUAGES)(
    '%s: after an unsubscribe nothing more comes, the other pattern goes on',
    async (language, ctx) => {
      const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
      const gone = await client.subscribe('s.*');
      const kept = await client.subscribe('s.>');
      await client.publish('s.one', { text: 'first' });
      await gone.received(1);
      await gone.unsubscribe();
      await client.publish('s.two', { text: 'second' });
      expect((await kept.received(2)).map((message) => message.payload)).toEqual(['first', 'second']);
      expect((await gone.received(0)).map((message) => message.payload)).toEqual(['first']);
      await client.close();
    },
  );
});
