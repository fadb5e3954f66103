/** What every client library promises about messages: sizes, headers, replies, order, flush and drain. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { useServer } from '../support/server.js';
import { type Client, patterned } from './peers/peer.js';
import { LANGUAGES, usePeers } from './peers/tools.js';
import { urlOf } from './support.js';

const MIB = 1024 * 1024;
const digest = `sha256:${createHash('sha256').update(patterned(MIB)).digest('hex')}`;

describe.for(LANGUAGES)('messages with the %s client', (language) => {
  const server = useServer();
  const peerOf = usePeers();

  test('a payload of max_payload passes both ways and by request, one byte more is refused', async (ctx) => {
    const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
    const other = await (await peerOf(ctx, 'node')).connect({ url: urlOf(server) });
    const mine = await client.subscribe('large');
    await client.publish('large', { size: MIB });
    await other.publish('large', { size: MIB });
    for (const message of await mine.received(2)) {
      expect({ size: message.size, payload: message.payload }).toEqual({ size: MIB, payload: digest });
    }
    await other.echo('large.echo');
    expect((await client.request('large.echo', { size: MIB })).payload).toBe(digest);
    await expect(client.publish('large', { size: MIB + 1 })).rejects.toMatchObject({ kind: 'max-payload' });
    await client.flush();
    await Promise.all([client.close(), other.close()]);
  });

  test('headers survive the way to each of the clients and back', async (ctx) => {
    const headers = { Simple: ['value'], 'X-Long': ['v'.repeat(3000)], 'x-mixed-Case': ['a b: c, "d"'] };
    const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
    for (const answering of LANGUAGES) {
      const other = await (await peerOf(ctx, answering)).connect({ url: urlOf(server) });
      await other.echo('headers.echo');
      const reply = await client.request('headers.echo', { text: 'body', headers });
      expect({ payload: reply.payload, headers: reply.headers }, answering).toEqual({ payload: 'body', headers });
      const empty = await client.request('headers.echo', { text: '', headers: { Only: ['headers'] } });
      expect({ size: empty.size, headers: empty.headers }).toEqual({ size: 0, headers: { Only: ['headers'] } });
      await other.close();
    }
    await client.close();
  });

  test.runIf(language !== 'python')('a header with several values keeps them all, in order', async (ctx) => {
    const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
    const inbox = await client.subscribe('headers.many');
    await client.publish('headers.many', { text: 'x', headers: { Tag: ['one', 'two', 'one'] } });
    expect((await inbox.received(1))[0]?.headers).toEqual({ Tag: ['one', 'two', 'one'] });
    await client.close();
  });

  test('a request without a responder fails at once as no responders, one without an answer as a timeout', async (ctx) => {
    const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
    // The long timeout proves that the error is the server's: the library alone would wait for it.
    await expect(client.request('nobody.here', { text: 'x' }, 60_000)).rejects.toMatchObject({ kind: 'no-responders' });
    const silent = await client.subscribe('silent');
    await expect(client.request('silent', { text: 'anyone?' }, 100)).rejects.toMatchObject({ kind: 'timeout' });
    expect((await silent.received(1))[0]?.reply).toMatch(/^_INBOX\./);
    await silent.unsubscribe();
    await client.flush();
    await expect(client.request('silent', { text: 'x' }, 60_000)).rejects.toMatchObject({ kind: 'no-responders' });
    await client.close();
  });

  test('10,000 messages of each of three publishers keep their order', async (ctx) => {
    const subscriber = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
    const inbox = await subscriber.subscribe('ordered.>');
    const publishers: Client[] = [];
    for (const publishing of LANGUAGES) {
      publishers.push(await (await peerOf(ctx, publishing)).connect({ url: urlOf(server) }));
    }
    await Promise.all(publishers.map((client, index) => client.publishNumbered(`ordered.${index}`, '', 10_000)));
    const got = await inbox.received(30_000);
    expect(got.length).toBe(30_000);
    for (const index of publishers.keys()) {
      const numbers = got.filter((message) => message.subject === `ordered.${index}`).map((message) => message.payload);
      expect(numbers).toEqual(Array.from({ length: 10_000 }, (_, number) => String(number)));
    }
    await Promise.all([subscriber, ...publishers].map((client) => client.close()));
  });

  test('a flush means that all published before has been handled', async (ctx) => {
    const publisher = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
    const watcher = await (await peerOf(ctx, 'node')).connect({ url: urlOf(server) });
    const inbox = await watcher.subscribe('flushed');
    await publisher.publishNumbered('flushed', '', 2_000);
    // The publisher has its PONG; what the watcher asks for after that stands behind all its messages.
    await watcher.flush();
    expect((await inbox.received(0)).length).toBe(2_000);
    await Promise.all([publisher.close(), watcher.close()]);
  });

  test('a drained connection has taken all that was sent before, then closes', async (ctx) => {
    const draining = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
    const publisher = await (await peerOf(ctx, 'node')).connect({ url: urlOf(server) });
    const inbox = await draining.subscribe('drained');
    const member = await draining.subscribe('drained', { queue: 'group' });
    await publisher.publishNumbered('drained', '', 1_000);
    await draining.drain();
    await draining.event('closed');
    expect((await inbox.received(0)).length).toBe(1_000);
    expect((await member.received(0)).length).toBe(1_000);
    await expect(publisher.request('drained', { text: 'x' }, 60_000)).rejects.toMatchObject({ kind: 'no-responders' });
    await publisher.close();
  });

  test('a subscription with a maximum gets exactly that many', async (ctx) => {
    const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server) });
    const publisher = await (await peerOf(ctx, 'node')).connect({ url: urlOf(server) });
    const limited = await client.subscribe('limited', { max: 7 });
    const open = await client.subscribe('limited');
    await publisher.publishNumbered('limited', '', 50);
    expect((await open.received(50)).length).toBe(50);
    await client.flush();
    expect((await limited.received(7)).map((message) => message.payload)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    await Promise.all([client.close(), publisher.close()]);
  });
});
