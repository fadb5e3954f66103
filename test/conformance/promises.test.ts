/**
 * Section 1.6: what a client may rely on across connections. Once a client has the PONG after its SUB, every
 * later message from any connection arrives; after the PONG of its UNSUB none does. Publishers and
 * subscribers sit on eight connections, so that a server with several loops is asked across them.
 */
import { expect } from 'vitest';
import { proves } from '../support/proves.js';
import { pub, type RawClient } from '../support/raw.js';
import { useServer } from '../support/server.js';

const server = useServer();
const CONNECTIONS = 8;
const ROUNDS = 300;

async function connections(count = CONNECTIONS): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => server.open()));
}

const others = (clients: RawClient[], me: number) => clients.filter((_, i) => i !== me);

proves('1.6-13', 'eight connections: after the PONG of a SUB, messages of all others arrive', async () => {
  const clients = await connections();
  for (let round = 0; round < ROUNDS; round++) {
    const who = round % CONNECTIONS;
    const subscriber = clients[who] as RawClient;
    const subject = `sub.${round}`;
    await subscriber.exchange(`SUB ${subject} ${round}\r\n`, '');
    await Promise.all(
      others(clients, who).map((publisher) => {
        publisher.send(pub(subject, 'x'));
        return publisher.ping();
      }),
    );
    expect(await subscriber.ping()).toHaveLength(CONNECTIONS - 1);
    await subscriber.exchange(`UNSUB ${round}\r\n`, '');
  }
});

proves('1.6-13', 'the same where the subject was published before, with wildcards and queue groups', async () => {
  const clients = await connections();
  const subs = ['hot.a', 'hot.*', '>', 'hot.a g', 'hot.> g'];
  // All connections have looked the subject up before: nothing remembered may hide the new subscription.
  for (let round = 0; round < ROUNDS; round++) {
    const who = (round * 3) % CONNECTIONS;
    const subscriber = clients[who] as RawClient;
    const publishers = others(clients, who);
    for (const publisher of publishers) publisher.send(pub('hot.a', 'before'));
    await Promise.all(publishers.map((publisher) => publisher.ping()));
    await subscriber.exchange(`SUB ${subs[round % subs.length]} s\r\n`, '');
    for (const publisher of publishers) publisher.send(pub('hot.a', 'after'));
    await Promise.all(publishers.map((publisher) => publisher.ping()));
    const frames = await subscriber.ping();
    expect(frames.map((frame) => frame.payload?.toString())).toEqual(Array(CONNECTIONS - 1).fill('after'));
    await subscriber.exchange('UNSUB s\r\n', '');
  }
});

proves('1.6-14', 'eight connections: after the PONG of an UNSUB, no message arrives from anywhere', async () => {
  const clients = await connections();
  for (let round = 0; round < ROUNDS; round++) {
    const who = (round * 5) % CONNECTIONS;
    const subscriber = clients[who] as RawClient;
    const publishers = others(clients, who);
    await subscriber.exchange('SUB off.x 1\r\n', '');
    // Published while the UNSUB is under way: these may arrive before the PONG, never after.
    for (const publisher of publishers) publisher.send(pub('off.x', 'x').repeat(20));
    subscriber.send('UNSUB 1\r\n');
    await subscriber.ping();
    for (const publisher of publishers) publisher.send(pub('off.x', 'late').repeat(5));
    await Promise.all(publishers.map((publisher) => publisher.ping()));
    await subscriber.exchange('', '');
  }
});

proves('1.6-13', 'many subscriptions come and go while others publish: each sees its own messages', async () => {
  const clients = await connections();
  const noise = clients.slice(4);
  let stop = false;
  const noisy = noise.map(async (client, n) => {
    for (let i = 0; !stop; i++) {
      client.send(`SUB churn.${n}.${i % 50} ${i}\r\n${pub(`churn.${(n + 1) % 4}.${i % 50}`, 'n')}UNSUB ${i}\r\n`);
      if (i % 50 === 0) await client.ping();
    }
  });
  const pairs = clients.slice(0, 4).map(async (client, n) => {
    const partner = clients[(n + 1) % 4] as RawClient;
    for (let i = 0; i < ROUNDS; i++) {
      const subject = `pair.${n}.${i}`;
      client.send(`SUB ${subject} ${subject}\r\nUNSUB ${subject} 1\r\n`);
      await lockedPing(client);
      partner.send(pub(subject, `${i}`));
      await lockedPing(partner);
    }
  });
  await Promise.all(pairs);
  stop = true;
  await Promise.all(noisy);
  for (const [n, client] of clients.slice(0, 4).entries()) {
    const frames = [...(collected.get(client) ?? []), ...(await client.ping())];
    const got = frames.filter((frame) => frame.op === 'MSG').map((frame) => frame.subject);
    expect(got).toEqual(Array.from({ length: ROUNDS }, (_, i) => `pair.${n}.${i}`));
  }
});

// Two loops of the test use one connection: their round trips take turns and keep what came.
const collected = new Map<RawClient, Awaited<ReturnType<RawClient['ping']>>>();
const turns = new Map<RawClient, Promise<void>>();
async function lockedPing(client: RawClient): Promise<void> {
  const turn = (turns.get(client) ?? Promise.resolve()).then(async () => {
    const frames = await client.ping();
    collected.set(client, [...(collected.get(client) ?? []), ...frames]);
  });
  turns.set(client, turn);
  await turn;
}
