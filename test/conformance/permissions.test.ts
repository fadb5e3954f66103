/** Section 4.2: what users may publish and subscribe to. */
import { describe, expect } from 'vitest';
import { until } from '../support/deadline.js';
import { proves } from '../support/proves.js';
import { err, msg, pub, type RawClient } from '../support/raw.js';
import { useServer } from '../support/server.js';

const noPub = (subject: string) => err(`Permissions Violation for Publish to "${subject}"`);
const noSub = (subject: string, queue?: string) =>
  err(`Permissions Violation for Subscription to "${subject}"${queue ? ` using queue "${queue}"` : ''}`);

const users = `
default_permissions: { publish: { deny: "default.no" }, subscribe: { allow: ["default.>", "_INBOX.>"] } }
users: [
  { user: free, password: p, permissions: { } }
  { user: default, password: p }
  { user: pub, password: p, permissions: { publish: { allow: ["a.*", "b.>", "lit"], deny: ["a.no", "b.*.no"] } } }
  { user: empty, password: p, permissions: { publish: { allow: [] }, subscribe: { allow: [] } } }
  { user: short, password: p, permissions: { publish: "x.>", subscribe: ["y.>", "z"] } }
  { user: sub, password: p, permissions: { subscribe: { allow: ["bar.*", "deep.>"], deny: ["bar.d", "deep.*.no"] } } }
  { user: deny, password: p, permissions: { subscribe: { deny: ["d.no", "d.*.q", "w.>"] } } }
  { user: wild, password: p, permissions: { subscribe: { deny: ["x.*", "*", "q.* g"] } } }
  { user: queue, password: p, permissions: { subscribe: {
      allow: ["q1 grp", "q2", "q3 v1.*", "q4 >", "q5.* grp"], deny: ["q2 bad", "q2 evil.*"] } } }
  { user: qdeny, password: p, permissions: { subscribe: { deny: ["s.d g1", "t.* g.*"] } } }
  { user: resp, password: p, permissions: { subscribe: "svc.>", allow_responses: { max: 2, expires: "1h" } } }
  { user: resp1, password: p, permissions: { subscribe: "svc.>", publish: "log", allow_responses: true } }
  { user: respmany, password: p, permissions: { subscribe: "svc.>", allow_responses: { max: -1, expires: "1h" } } }
  { user: respshort, password: p, permissions: { subscribe: "svc.>", allow_responses: { max: -1, expires: "30ms" } } }
]`;

describe('permissions', () => {
  const server = useServer({ config: `authorization { timeout: 60${users}}\n` });
  const as = (user: string, fields = {}) => server.open({ user, pass: 'p', ...fields });

  proves(['4.2-01', '4.2-02', '1.11-18'], 'publish allow and deny', async () => {
    const client = await as('pub');
    for (const subject of ['a.x', 'b.x', 'b.x.y.z', 'lit', 'b.no', 'a.*', 'b.>'])
      await client.exchange(pub(subject, ''), '');
    for (const subject of ['a', 'a.x.y', 'c', 'a.no', 'b.x.no', 'lit.x', 'A.x', 'b']) {
      await client.exchange(pub(subject, ''), noPub(subject));
    }
  });

  proves('4.2-02', 'a refused message is not delivered and a reply is not checked', async () => {
    const watcher = await as('free');
    await watcher.exchange('SUB > 1\r\n', '');
    const client = await as('pub');
    await client.exchange(pub('c', 'x') + pub('lit', 'y', 'not.allowed'), noPub('c'));
    await watcher.exchange('', msg('lit', 1, 'y', 'not.allowed'));
  });

  proves('4.2-01', 'what one client may publish grants nothing to another that just published', async () => {
    const watcher = await as('free');
    await watcher.exchange('SUB > 1\r\n', '');
    const [free, limited] = [await as('free'), await as('pub')];
    // Subjects seen for the first time, the second time, and in turns: whatever is remembered of one is not the other's.
    for (let round = 0; round < 6; round++) {
      await limited.exchange(pub('lit', 'l'), '');
      await free.exchange(pub('secret', 's'), '');
      await limited.exchange(pub('secret', 'x'), noPub('secret'));
      await limited.exchange(pub('secret', 'x') + pub('secret', 'x'), noPub('secret') + noPub('secret'));
      await watcher.exchange('', msg('lit', 1, 'l') + msg('secret', 1, 's'));
    }
  });

  proves('4.2-01', 'an empty list in the configuration is no list', async () => {
    const client = await as('empty');
    await client.exchange(`SUB a 1\r\n${pub('a', 'x')}`, msg('a', 1, 'x'));
  });

  proves('4.2-01', 'no permissions is everything', async () => {
    const free = await as('free');
    await free.exchange(`SUB > 1\r\n${pub('a', 'x')}`, msg('a', 1, 'x'));
  });

  proves('4.2-01', 'short forms are allow lists', async () => {
    const client = await as('short');
    await client.exchange(`${pub('x.a', '')}SUB y.a 1\r\nSUB z 2\r\n`, '');
    await client.exchange(`${pub('y.a', '')}SUB x.a 3\r\n`, noPub('y.a') + noSub('x.a'));
  });

  proves('4.2-09', 'default_permissions for users without their own', async () => {
    const client = await as('default');
    await client.exchange(pub('default.no', '') + pub('any', ''), noPub('default.no'));
    await client.exchange('SUB default.a 1\r\nSUB other 2\r\n', noSub('other'));
    const own = await as('pub');
    await own.exchange('SUB other 2\r\n', '');
  });

  proves(['4.2-01', '4.2-06', '1.11-20'], 'subscribe allow and deny', async () => {
    const client = await as('sub');
    await client.exchange('SUB bar.a 1\r\nSUB bar.* 2\r\nSUB deep.a.b 3\r\nSUB deep.> 4\r\nSUB deep.*.x 5\r\n', '');
    for (const subject of ['bar', 'bar.a.b', 'other', 'bar.d', 'deep.a.no', 'deep']) {
      await client.exchange(`SUB ${subject} 9\r\n`, noSub(subject));
    }
    await client.exchange(pub('bar.b', 'x'), msg('bar.b', 2, 'x'));
  });

  proves('4.2-11', 'a wildcard subscription outside allow is refused', async () => {
    const client = await as('sub');
    for (const subject of ['>', '*', '*.a', '*.*', 'other.>'])
      await client.exchange(`SUB ${subject} 9\r\n`, noSub(subject));
  });

  proves('4.2-03', 'a wildcard subscription wider than an allow entry is accepted', async () => {
    const free = await as('free');
    const client = await as('sub');
    await client.exchange('SUB bar.> 1\r\n', '');
    await client.exchange('SUB bar.*.> 9\r\n', noSub('bar.*.>'));
    await free.exchange(['bar.a', 'bar.d', 'bar.b'].map((s) => pub(s, 'x')).join(''), '');
    await client.exchange('', msg('bar.a', 1, 'x') + msg('bar.b', 1, 'x'));
    const short = await as('short');
    await short.exchange('SUB y.*.> 1\r\nSUB y.> 2\r\n', '');
  });

  proves(
    '4.2-03',
    'what is not allowed is not delivered to a wider subscription, and counts for no limit',
    async () => {
      const free = await as('free');
      const client = await as('sub');
      await client.exchange('SUB bar.> 1\r\nUNSUB 1 2\r\n', '');
      await free.exchange(['bar.a.b', 'bar.a', 'bar.b.c', 'bar.b', 'bar.c'].map((s) => pub(s, 'x')).join(''), '');
      await client.exchange('', msg('bar.a', 1, 'x') + msg('bar.b', 1, 'x'));
      await client.exchange('SUB bar.> g 2\r\n', '');
      await free.exchange(`SUB bar.> g 2\r\n${pub('bar.a.b', 'x').repeat(20)}`, msg('bar.a.b', 2, 'x').repeat(20));
      await client.exchange('', '');
    },
    { oursOnly: 'the reference delivers subjects that are not allowed to a wider wildcard subscription' },
  );

  proves('4.2-04', 'a denied wildcard refuses a wider subscription', async () => {
    const client = await as('wild');
    await client.exchange('SUB x.> 1\r\nSUB > 1\r\n', noSub('x.>') + noSub('>'));
    await client.exchange('SUB q.> g 1\r\n', noSub('q.>', 'g'));
    await client.exchange('SUB q.> h 1\r\nSUB q.> 2\r\nSUB z.> 3\r\n', '');
  });

  proves('4.2-04', 'a narrower deny filters what is delivered', async () => {
    const free = await as('free');
    const client = await as('sub');
    await client.exchange('SUB bar.* 1\r\nSUB deep.> 2\r\nSUB bar.* q 3\r\nUNSUB 3\r\n', '');
    await free.exchange(['bar.d', 'bar.e', 'deep.a.no', 'deep.a.yes', 'deep.no'].map((s) => pub(s, 'x')).join(''), '');
    await client.exchange('', msg('bar.e', 1, 'x') + msg('deep.a.yes', 2, 'x') + msg('deep.no', 2, 'x'));
    const denied = await as('deny');
    await denied.exchange('SUB d.no 1\r\nSUB d.x.q 2\r\nSUB w.a 3\r\n', noSub('d.no') + noSub('d.x.q') + noSub('w.a'));
    await denied.exchange('SUB w.> 4\r\n', noSub('w.>'));
    await denied.exchange('SUB > 5\r\n', '');
    await free.exchange(['d.no', 'd.a.q', 'w.x', 'd.yes', 'd.a.b'].map((s) => pub(s, 'x')).join(''), '');
    await denied.exchange('', msg('d.yes', 5, 'x') + msg('d.a.b', 5, 'x'));
  });

  proves('4.2-04', 'a queue member that may not have the message is passed over', async () => {
    const free = await as('free');
    const bound = await as('sub');
    await bound.exchange('SUB bar.* g 1\r\n', '');
    await free.exchange('SUB bar.* g 2\r\n', '');
    for (let i = 0; i < 100; i++) free.send(pub('bar.d', `${i}`));
    expect((await free.ping()).length).toBe(100);
    await bound.exchange('', '');
  });

  proves(['4.2-05', '1.11-21'], 'queue entries of allow', async () => {
    const client = await as('queue');
    await client.exchange(
      'SUB q1 grp 1\r\nSUB q2 2\r\nSUB q2 any 3\r\nSUB q3 v1.a 4\r\nSUB q4 any 5\r\nSUB q5.x grp 6\r\n',
      '',
    );
    await client.exchange('SUB q1 7\r\nSUB q1 oth 7\r\n', noSub('q1') + noSub('q1', 'oth'));
    await client.exchange('SUB q3 v2.a 7\r\nSUB q3 7\r\n', noSub('q3', 'v2.a') + noSub('q3'));
    await client.exchange('SUB q2 bad 7\r\nSUB q2 evil.a 7\r\n', noSub('q2', 'bad') + noSub('q2', 'evil.a'));
    await client.exchange('SUB q5.x oth 7\r\n', noSub('q5.x', 'oth'));
  });

  proves('4.2-05', 'queue entries of deny block only that queue', async () => {
    const free = await as('free');
    const client = await as('qdeny');
    await client.exchange('SUB s.d 1\r\nSUB s.d g2 2\r\nSUB s.d g1 3\r\n', noSub('s.d', 'g1'));
    await client.exchange('SUB t.a g.a 4\r\nSUB t.a g 4\r\nSUB s.* g1 5\r\n', noSub('t.a', 'g.a'));
    await free.exchange(pub('s.d', 'x') + pub('s.e', 'y'), '');
    const got = (await client.ping()).map((frame) => `${frame.subject} ${frame.sid}`).sort();
    expect(got).toEqual(['s.d 1', 's.d 2', 's.e 5']);
  });

  /** A responder that got one request with this reply. */
  async function asked(user: string, reply: string): Promise<RawClient> {
    const client = await as(user);
    await client.exchange('SUB svc.> 1\r\n', '');
    const requester = await as('free');
    await requester.exchange(`SUB ${reply} 1\r\n${pub('svc.a', '?', reply)}`, '');
    await client.exchange('', msg('svc.a', 1, '?', reply));
    return client;
  }

  proves('4.2-07', 'allow_responses grants replies up to max', async () => {
    const client = await asked('resp', 'inb.1');
    await client.exchange(pub('inb.2', ''), noPub('inb.2'));
    await client.exchange(pub('inb.1', 'a') + pub('inb.1', 'b') + pub('inb.1', 'c'), noPub('inb.1'));
    const one = await asked('resp1', 'inb.3');
    await one.exchange(pub('inb.3', 'a') + pub('inb.3', 'b') + pub('log', ''), noPub('inb.3'));
    const many = await asked('respmany', 'inb.4');
    await many.exchange(pub('inb.4', 'x').repeat(50), '');
  });

  proves(
    '4.2-07',
    'a request that comes on two subscriptions may be answered as any other',
    async () => {
      const client = await as('resp1');
      await client.exchange('SUB svc.* 1\r\nSUB svc.> q 2\r\n', '');
      const asker = await as('free');
      await asker.exchange(pub('svc.x', '?', 'inb.6'), '');
      expect((await client.ping()).map(({ reply }) => reply)).toEqual(['inb.6', 'inb.6']);
      await client.exchange(pub('inb.6', 'a') + pub('inb.6', 'b'), noPub('inb.6'));
    },
    { oursOnly: 'the reference refuses the first answer, too' },
  );

  proves('4.2-08', 'grants expire', async () => {
    const client = await asked('respshort', 'inb.5');
    await until(async () => {
      client.send(pub('inb.5', ''));
      const [frame] = await client.ping();
      return frame?.raw.toString() === noPub('inb.5') || undefined;
    }, 'the grant to expire');
  });
});
