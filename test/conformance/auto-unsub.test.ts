/** Section 1.6: UNSUB max stays exact when publishers sit on many connections. */
import { expect } from 'vitest';
import { proves } from '../support/proves.js';
import { pub, type RawClient } from '../support/raw.js';
import { useServer } from '../support/server.js';

const server = useServer();
const PUBLISHERS = 8;

async function many(count: number): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => server.open()));
}

/** Everyone publishes `each` numbered messages at once; ends when all are processed. */
async function flood(publishers: RawClient[], subject: string, each: number): Promise<void> {
  const bytes = publishers.map((_, who) => {
    let batch = '';
    for (let i = 0; i < each; i++) batch += pub(subject, `${who}:${i}`);
    return batch;
  });
  publishers.forEach((publisher, who) => {
    publisher.send(bytes[who] as string);
  });
  await Promise.all(publishers.map((publisher) => publisher.ping()));
}

const bodies = (frames: { payload?: Buffer }[]) => frames.map((frame) => frame.payload?.toString() as string);

for (const max of [1, 2, 7, 100, 1999]) {
  proves('1.6-10', `max ${max}: eight publishers, exactly ${max} messages`, async () => {
    const publishers = await many(PUBLISHERS);
    const subscriber = await server.open();
    for (let round = 0; round < 10; round++) {
      await subscriber.exchange(`SUB exact ${round}\r\nUNSUB ${round} ${max}\r\n`, '');
      await flood(publishers, 'exact', 250);
      expect(await subscriber.ping()).toHaveLength(max);
      await subscriber.exchange(pub('exact', 'late'), '');
    }
  });
}

proves('1.6-10', 'the max may be set while publishers run', async () => {
  const publishers = await many(PUBLISHERS);
  const subscriber = await server.open();
  const max = 1500;
  for (let round = 0; round < 10; round++) {
    await subscriber.exchange(`SUB run ${round}\r\n`, '');
    const flooded = flood(publishers, 'run', 500);
    const early = await subscriber.take(20);
    subscriber.send(`UNSUB ${round} ${max}\r\n`);
    const middle = await subscriber.ping();
    await flooded;
    const all = [...early, ...middle, ...(await subscriber.ping())];
    // Delivered before the server saw the UNSUB: then it ends at once; else exactly max.
    expect(all.length).toBe(Math.max(max, early.length + middle.length));
    expect(new Set(bodies(all)).size).toBe(all.length);
    await subscriber.exchange(pub('run', 'late'), '');
  }
});

proves('1.6-10', 'several subscriptions of several connections, each with its own max', async () => {
  const publishers = await many(4);
  const subscribers = await many(4);
  for (const [n, subscriber] of subscribers.entries()) {
    for (let s = 0; s < 5; s++) subscriber.send(`SUB multi.* ${s}\r\nUNSUB ${s} ${1 + s * 100 + n}\r\n`);
    await subscriber.ping();
  }
  await flood(publishers, 'multi.x', 400);
  for (const [n, subscriber] of subscribers.entries()) {
    const counts = [0, 0, 0, 0, 0];
    for (const frame of await subscriber.ping()) counts[Number(frame.sid)] = (counts[Number(frame.sid)] ?? 0) + 1;
    expect(counts).toEqual([0, 1, 2, 3, 4].map((s) => 1 + s * 100 + n));
  }
});

proves('1.6-11', 'queue members that end leave no message behind', async () => {
  const publishers = await many(PUBLISHERS);
  const limited = await many(4);
  const rest = await server.open();
  for (let round = 0; round < 10; round++) {
    for (const member of limited) await member.exchange(`SUB work g ${round}\r\nUNSUB ${round} 100\r\n`, '');
    await rest.exchange(`SUB work g ${round}\r\n`, '');
    await flood(publishers, 'work', 250);
    const seen: string[] = [];
    for (const member of limited) {
      const frames = await member.ping();
      expect(frames.length).toBeLessThanOrEqual(100);
      seen.push(...bodies(frames));
    }
    seen.push(...bodies(await rest.ping()));
    expect(seen.length).toBe(PUBLISHERS * 250);
    expect(new Set(seen).size).toBe(PUBLISHERS * 250);
    await rest.exchange(`UNSUB ${round}\r\n`, '');
    for (const member of limited) await member.exchange(`UNSUB ${round}\r\n`, '');
  }
});

proves('1.6-11', 'members with a max only: together they take exactly what they may', async () => {
  const publishers = await many(PUBLISHERS);
  const members = await many(5);
  for (let round = 0; round < 10; round++) {
    for (const member of members) await member.exchange(`SUB cap g ${round}\r\nUNSUB ${round} 60\r\n`, '');
    await flood(publishers, 'cap', 100);
    const seen: string[] = [];
    for (const member of members) {
      const frames = await member.ping();
      expect(frames).toHaveLength(60);
      seen.push(...bodies(frames));
    }
    expect(new Set(seen).size).toBe(300);
  }
});
