/** Queue groups and plain subscribers on one subject, spread over connections and over the three clients. */
import { describe, expect, test } from 'vitest';
import { useServer } from '../support/server.js';
import type { Inbox, Language, Received } from './peers/peer.js';
import { LANGUAGES, usePeers } from './peers/tools.js';
import { urlOf } from './support.js';

const EACH = 400;

describe('two queue groups and plain subscribers on one subject', () => {
  const server = useServer();
  const peerOf = usePeers();

  test.for<[Language, Language[]]>([
    ['node', ['node', 'node', 'node']],
    ['python', ['python', 'node', 'python']],
    ['go', ['go', 'python', 'node']],
  ])('published by %s, subscribed by %s', async ([publishing, subscribing], ctx) => {
    const groups: Record<string, Inbox[]> = { red: [], blue: [] };
    const plain: Inbox[] = [];
    const clients = [];
    for (const language of subscribing) {
      const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
      clients.push(client);
      // Two members of red and one of blue on each connection, and a plain subscriber in two forms.
      groups.red?.push(await client.subscribe('work.items', { queue: 'red' }));
      groups.red?.push(await client.subscribe('work.*', { queue: 'red' }));
      groups.blue?.push(await client.subscribe('work.items', { queue: 'blue' }));
      plain.push(await client.subscribe('work.items'), await client.subscribe('work.>'));
    }
    const publishers = [];
    for (const prefix of ['a', 'b']) {
      const publisher = await (await peerOf(ctx, publishing)).connect({ url: urlOf(server) });
      clients.push(publisher);
      publishers.push(publisher.publishNumbered('work.items', prefix, EACH));
    }
    await Promise.all(publishers);
    const sent = ['a', 'b'].flatMap((prefix) => Array.from({ length: EACH }, (_, number) => `${prefix}${number}`));

    for (const inbox of plain) {
      const got = await inbox.received(sent.length);
      expect(payloads(got)).toEqual([...sent].sort());
      for (const prefix of ['a', 'b']) expect(inOrder(got, prefix)).toBe(true);
    }
    // A drained subscription has handled all that was delivered to it, so what is counted below is final.
    for (const [name, members] of Object.entries(groups)) {
      const shares = await Promise.all(members.map((member) => member.drain()));
      expect(payloads(shares.flat()), `group ${name}`).toEqual([...sent].sort());
      for (const share of shares) expect(share.length, `a share of group ${name}`).toBeGreaterThan(0);
    }
    await Promise.all(clients.map((client) => client.close()));
  });

  test('a group whose members are of all three clients loses nothing when a member leaves', async (ctx) => {
    const clients = [];
    const members: Inbox[] = [];
    for (const language of LANGUAGES) {
      const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
      clients.push(client);
      members.push(await client.subscribe('jobs', { queue: 'mixed' }));
    }
    const publisher = await (await peerOf(ctx, 'node')).connect({ url: urlOf(server) });
    await publisher.publishNumbered('jobs', 'before', EACH);
    const first = await (members[0] as Inbox).drain();
    await clients[0]?.close();
    await publisher.publishNumbered('jobs', 'after', EACH);
    const others = await Promise.all(members.slice(1).map((member) => member.drain()));

    const numbers = Array.from({ length: EACH }, (_, number) => number);
    const sent = numbers.flatMap((number) => [`before${number}`, `after${number}`]);
    expect(payloads([...first, ...others.flat()])).toEqual(sent.sort());
    expect(first.every((message) => message.payload.startsWith('before'))).toBe(true);
    await Promise.all([publisher, ...clients.slice(1)].map((client) => client.close()));
  });
});

function payloads(messages: Received[]): string[] {
  return messages.map((message) => message.payload).sort();
}

function inOrder(messages: Received[], prefix: string): boolean {
  const numbers = messages
    .filter((message) => message.payload.startsWith(prefix))
    .map((message) => Number(message.payload.slice(prefix.length)));
  return numbers.every((number, index) => number === index);
}
