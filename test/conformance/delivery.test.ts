/** Section 1.7: delivery to plain subscriptions, queue groups and their order. */
import { describe, expect } from 'vitest';
import { proves } from '../support/proves.js';
import { msg, pub, type RawClient } from '../support/raw.js';
import { useServer } from '../support/server.js';

describe('delivery', () => {
  const server = useServer();

  const sids = async (client: RawClient) => (await client.ping()).map((frame) => frame.sid).sort();

  proves('1.7-01', 'single blanks between the fields of MSG and HMSG', async () => {
    const client = await server.open({ headers: true });
    await client.exchange('SUB  a \t 1\r\nPUB\ta   1\r\nx\r\n', 'MSG a 1 1\r\nx\r\n');
    await client.exchange('PUB  a \t  r\t\t1\r\nx\r\n', 'MSG a 1 r 1\r\nx\r\n');
    await client.exchange('HPUB  a \t 12\t\t13\r\nNATS/1.0\r\n\r\nx\r\n', 'HMSG a 1 12 13\r\nNATS/1.0\r\n\r\nx\r\n');
    await client.exchange('HPUB a  r 12 13\r\nNATS/1.0\r\n\r\nx\r\n', 'HMSG a 1 r 12 13\r\nNATS/1.0\r\n\r\nx\r\n');
  });

  proves('1.7-02', 'headers are stripped for a recipient without them, plain and queue', async () => {
    const publisher = await server.open({ headers: true });
    for (const sub of ['SUB h 1\r\n', 'SUB h q 1\r\n']) {
      const plain = await server.open({ headers: false });
      await plain.exchange(sub, '');
      await publisher.exchange('HPUB h r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nHPUB h 12 12\r\nNATS/1.0\r\n\r\n\r\n', '');
      await plain.exchange('', msg('h', 1, 'hi', 'r') + msg('h', 1, ''));
      plain.destroy();
    }
  });

  proves('1.7-03', 'each plain subscription a copy, each group one member', async () => {
    const subscribers: RawClient[] = [];
    for (let i = 0; i < 4; i++) {
      const client = await server.open();
      await client.exchange('SUB m.a p1\r\nSUB m.* p2\r\nSUB m.> p3\r\nSUB m.a g1 q1\r\nSUB m.* g2 q2\r\n', '');
      subscribers.push(client);
    }
    const publisher = await server.open();
    const rounds = 50;
    for (let i = 0; i < rounds; i++) publisher.send(pub('m.a', `${i}`));
    await publisher.ping();
    const counts = new Map<string, number>();
    for (const client of subscribers) {
      for (const sid of await sids(client)) counts.set(sid as string, (counts.get(sid as string) ?? 0) + 1);
    }
    const count = (sid: string) => counts.get(sid) ?? 0;
    expect([count('p1'), count('p2'), count('p3')]).toEqual([4 * rounds, 4 * rounds, 4 * rounds]);
    expect([count('q1'), count('q2')]).toEqual([rounds, rounds]);
  });

  proves('1.7-13', 'one queue name on several matching subjects is one group', async () => {
    const client = await server.open();
    await client.exchange('SUB m.a g 1\r\nSUB m.* g 2\r\nSUB > g 3\r\nSUB *.a other 4\r\n', '');
    const counts = new Map<string, number>();
    for (let i = 0; i < 3000; i++) client.send(pub('m.a', `${i}`));
    for (const sid of await sids(client)) counts.set(sid as string, (counts.get(sid as string) ?? 0) + 1);
    expect(counts.get('4')).toBe(3000);
    const members = ['1', '2', '3'].map((sid) => counts.get(sid) ?? 0);
    expect(members.reduce((a, b) => a + b)).toBe(3000);
    for (const count of members) expect(count).toBeGreaterThan(600);
  });

  proves('1.7-08', 'plain subscriptions come before queue groups', async () => {
    const client = await server.open();
    await client.exchange('SUB a q 1\r\nSUB a 2\r\nSUB a z 3\r\nSUB a 4\r\n', '');
    for (let round = 0; round < 20; round++) {
      client.send(pub('a', 'x'));
      const order = (await client.ping()).map((frame) => Number(frame.sid));
      expect(order.slice(0, 2).sort()).toEqual([2, 4]);
      expect(order.slice(2).sort()).toEqual([1, 3]);
    }
  });

  const groups: [string, number, boolean][] = [
    ['on three connections', 3, false],
    ['on one connection', 1, false],
    ['on the publisher itself', 1, true],
  ];
  for (const [where, connections, own] of groups) {
    proves('1.7-04', `three members ${where}: each gets more than a fifth of 3000`, async () => {
      const members: RawClient[] = [];
      for (let i = 0; i < connections; i++) members.push(await server.open());
      for (let i = 0; i < 3; i++) members[i % connections]?.send(`SUB share g ${i}\r\n`);
      for (const member of members) await member.ping();
      const publisher = own ? (members[0] as RawClient) : await server.open();
      for (let i = 0; i < 3000; i++) publisher.send(pub('share', `${i}`));
      let frames = await publisher.ping();
      for (const member of members) frames = frames.concat(await member.ping());
      const counts = [0, 0, 0];
      const seen = new Set<string>();
      for (const frame of frames) {
        const at = Number(frame.sid);
        counts[at] = (counts[at] ?? 0) + 1;
        seen.add(frame.payload?.toString() as string);
      }
      expect(seen.size).toBe(3000);
      expect(frames.length).toBe(3000);
      for (const count of counts) expect(count).toBeGreaterThan(600);
    });
  }

  proves('1.7-04', 'members with wildcard subjects share evenly too', async () => {
    const members = [await server.open(), await server.open()];
    for (const member of members) await member.exchange('SUB wild.* g 1\r\n', '');
    const publisher = await server.open();
    for (let i = 0; i < 3000; i++) publisher.send(pub(`wild.${i}`, ''));
    await publisher.ping();
    const counts = [await members[0]?.ping(), await members[1]?.ping()].map((frames) => frames?.length ?? 0);
    expect(counts.reduce((a, b) => a + b)).toBe(3000);
    for (const count of counts) expect(count).toBeGreaterThan(600);
  });

  proves(['1.7-05', '1.7-07'], 'echo off: own subscriptions are skipped, others get the message', async () => {
    const quiet = await server.open({ echo: false });
    await quiet.exchange(`SUB e 1\r\nSUB e alone 2\r\n${pub('e', 'x')}`, '');
    const other = await server.open();
    await quiet.exchange('SUB e.q g 3\r\n', '');
    await other.exchange('SUB e.q g 4\r\n', '');
    for (let i = 0; i < 300; i++) quiet.send(pub('e.q', `${i}`));
    await quiet.exchange('', '');
    expect((await other.ping()).length).toBe(300);
    await other.exchange('UNSUB 4\r\n', '');
    await other.exchange(pub('e', 'y') + pub('e.q', 'z'), '');
    expect(await sids(quiet)).toEqual(['1', '2', '3']);
  });

  proves('1.7-06', 'a connection sees a publisher in order, whatever subscriptions the messages come by', async () => {
    const subscriber = await server.open();
    await subscriber.exchange('SUB seq 1\r\nSUB > 2\r\nSUB seq grp 3\r\n', '');
    const publisher = await server.open();
    const count = 2000;
    let batch = '';
    for (let i = 0; i < count; i++) batch += pub('seq', `${i}`);
    await publisher.sendDrained(batch);
    await publisher.ping();
    const seen = (await subscriber.ping()).filter(({ payload }) => payload).map(({ payload }) => Number(payload));
    expect(seen).toEqual(Array.from({ length: count * 3 }, (_, i) => Math.floor(i / 3)));
  });

  proves('1.7-06', 'four publishers, four subscribers: each sees each publisher in order', async () => {
    const subscribers: RawClient[] = [];
    for (const sub of ['SUB ord.> 1\r\n', 'SUB ord.* 1\r\n', 'SUB ord.* solo 1\r\n', 'SUB *.x 1\r\n']) {
      const client = await server.open();
      await client.exchange(sub, '');
      subscribers.push(client);
    }
    const publishers = await Promise.all([0, 1, 2, 3].map(() => server.open()));
    const each = 5000;
    await Promise.all(
      publishers.map(async (publisher, who) => {
        for (let start = 0; start < each; start += 500) {
          let batch = '';
          for (let i = start; i < start + 500; i++) batch += pub('ord.x', `${who}:${i}`);
          await publisher.sendDrained(batch);
        }
        await publisher.ping();
      }),
    );
    for (const subscriber of subscribers) {
      const next = [0, 0, 0, 0];
      for (const frame of await subscriber.ping()) {
        const [who, i] = (frame.payload?.toString() ?? '').split(':').map(Number);
        expect(i).toBe(next[who as number]);
        next[who as number] = (i as number) + 1;
      }
      expect(next).toEqual([each, each, each, each]);
    }
  });
});
