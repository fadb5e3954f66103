/** Section 1.6 and 1.12: subscribing, unsubscribing and subject rules. */
import { beforeAll, describe, expect } from 'vitest';
import { settled } from '../support/deadline.js';
import { closedReason, getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { err, msg, pub } from '../support/raw.js';
import { useServer } from '../support/server.js';

const invalid = err('Invalid Subject');

describe('a plain server', () => {
  const server = useServer({ monitor: true });
  const subscriptions = async () => (await getJson<{ subscriptions: number }>(server, '/varz')).subscriptions;
  /** The server's own: the reference has some. */
  let own = 0;
  beforeAll(async () => {
    own = await subscriptions();
  });

  for (const subject of ['.', '.a', 'a.', 'a..b', '>.a', 'a.>.b', '..']) {
    proves(['1.6-01', '1.12-01', '1.11-17'], `SUB ${subject} is refused, the connection stays`, async () => {
      for (const pedantic of [true, false]) {
        const client = await server.open({ pedantic });
        await client.exchange(`SUB ${subject} 1\r\n`, invalid);
        await client.exchange('SUB ok 1\r\nPUB ok 1\r\nx\r\n', msg('ok', 1, 'x'));
      }
    });
  }

  proves('1.12-01', 'wildcards are such only as whole tokens', async () => {
    const client = await server.open();
    const subjects = ['foo*', 'fo>o', '*.>', '>', 'a.*b', '**', '>>', '*'];
    await client.exchange(subjects.map((subject, i) => `SUB ${subject} ${i}\r\n`).join(''), '');
    const sidsFor = async (subject: string) => {
      client.send(pub(subject, ''));
      return (await client.ping()).map((frame) => subjects[Number(frame.sid)]).sort();
    };
    expect(await sidsFor('foox')).toEqual(['*', '>']);
    expect(await sidsFor('foo*')).toEqual(['*', '>', 'foo*']);
    expect(await sidsFor('fo>o')).toEqual(['*', '>', 'fo>o']);
    expect(await sidsFor('a.xb')).toEqual(['*.>', '>']);
    expect(await sidsFor('a.*b')).toEqual(['*.>', '>', 'a.*b']);
    expect(await sidsFor('**')).toEqual(['*', '**', '>']);
    expect(await sidsFor('>>')).toEqual(['*', '>', '>>']);
  });

  proves('1.12-03', 'foo.> needs a token more, foo.* exactly one', async () => {
    const client = await server.open();
    await client.exchange('SUB foo.> 1\r\nSUB foo.* 2\r\n', '');
    await client.exchange(pub('foo', 'x') + pub('foo.', 'x') + pub('fo', 'x'), '');
    await client.exchange(pub('foo.a.b', 'x'), msg('foo.a.b', 1, 'x'));
  });

  proves('1.12-05', 'queue names may contain wildcard characters', async () => {
    const client = await server.open();
    await client.exchange(`SUB a q.* 1\r\n${pub('a', 'x')}UNSUB 1\r\n`, msg('a', 1, 'x'));
    await client.exchange(`SUB a > 2\r\nSUB a > 2x\r\nUNSUB 2x\r\n${pub('a', 'y')}`, msg('a', 2, 'y'));
  });

  proves('1.12-06', 'reserved prefixes are ordinary subscribe subjects', async () => {
    const client = await server.open();
    for (const subject of ['_R_.x', '$SYS.x', '$JS.x', '_GR_.x', '$NRG.x', '$SYS.>', '_INBOX.>']) {
      await client.exchange(`SUB ${subject} 1\r\nUNSUB 1\r\n`, '');
    }
    await client.exchange(`SUB $JS.x 1\r\n${pub('$JS.x', 'x')}`, msg('$JS.x', 1, 'x'));
  });

  proves('1.6-02', 'a live sid used again is ignored and acknowledged', async () => {
    const client = await server.connect();
    await client.exchange('CONNECT {"verbose":true}\r\nSUB a 1\r\nSUB b 1\r\n', '+OK\r\n+OK\r\n+OK\r\n');
    await client.exchange(pub('b', 'x') + pub('a', 'y'), `+OK\r\n+OK\r\n${msg('a', 1, 'y')}`);
    await client.exchange(
      `UNSUB 1\r\n${pub('a', '')}SUB b 1\r\n${pub('b', 'z')}`,
      `${'+OK\r\n'.repeat(4)}${msg('b', 1, 'z')}`,
    );
  });

  proves('1.6-02', 'a live sid used again is ignored even where its subject is invalid', async () => {
    const client = await server.connect();
    await client.exchange('CONNECT {"verbose":true}\r\nSUB a 1\r\nSUB a..b 1\r\n', '+OK\r\n+OK\r\n+OK\r\n');
    await client.exchange('SUB a..b 2\r\n', invalid);
    await client.exchange('UNSUB 1\r\nSUB a..b 1\r\n', `+OK\r\n${invalid}`);
  });

  proves(['1.6-04', '1.11-21'], 'the queue group _sys_ is refused', async () => {
    const client = await server.open();
    await client.exchange(
      'SUB x _sys_ 1\r\n',
      err('Permissions Violation for Subscription to "x" using queue "_sys_"'),
    );
    await client.exchange(pub('x', 'x'), '');
  });

  proves('1.6-05', 'UNSUB of an unknown sid is accepted', async () => {
    const client = await server.connect();
    await client.exchange('CONNECT {"verbose":true}\r\nUNSUB 77\r\nUNSUB 77 5\r\n', '+OK\r\n+OK\r\n+OK\r\n');
    await client.exchange(
      `SUB a 77\r\n${pub('a', '')}${pub('a', '')}`,
      `+OK\r\n+OK\r\n${msg('a', 77, '')}+OK\r\n${msg('a', 77, '')}`,
    );
  });

  proves('1.6-06', 'UNSUB max counts from SUB: the last one is delivered', async () => {
    const client = await server.open();
    const one = pub('a', 'x');
    const got = msg('a', 1, 'x');
    await client.exchange(`SUB a 1\r\n${one}UNSUB 1 3\r\n${one}${one}${one}`, got.repeat(3));
    await client.exchange(`SUB a 1\r\nUNSUB 1 1\r\n${one}SUB a 1\r\n${one}${one}`, got.repeat(3));
  });

  for (const max of ['1', '2', '0', 'x', '-1', '1234567890', '0000000009']) {
    proves('1.6-07', `UNSUB with max ${max} after two deliveries removes at once`, async () => {
      const client = await server.open();
      const one = pub('a', 'x');
      await client.exchange(`SUB a 1\r\n${one}${one}UNSUB 1 ${max}\r\n${one}`, msg('a', 1, 'x').repeat(2));
    });
  }

  proves('1.6-08', 'a later UNSUB replaces the max', async () => {
    const client = await server.open();
    const one = pub('a', 'x');
    await client.exchange(`SUB a 1\r\nUNSUB 1 1\r\nUNSUB 1 3\r\n${one.repeat(4)}`, msg('a', 1, 'x').repeat(3));
    await client.exchange(`SUB a 2\r\nUNSUB 2 5\r\n${one}UNSUB 2 2\r\n${one.repeat(3)}`, msg('a', 2, 'x').repeat(2));
    await client.exchange(`SUB a 3\r\nUNSUB 3 5\r\n${one}UNSUB 3\r\n${one}`, msg('a', 3, 'x'));
  });

  proves('1.6-09', 'a disconnect removes all subscriptions', async () => {
    // Those of the tests before go as well, a moment after their clients.
    await settled(async () => expect(await subscriptions()).toBe(own));
    const client = await server.open();
    client.send('SUB gone.a 1\r\nSUB gone.* q 2\r\nSUB gone.> 3\r\n');
    await client.ping();
    expect(await subscriptions()).toBe(own + 3);
    client.destroy();
    expect(await closedReason(server, client.info.client_id)).toBe('Client Closed');
    await settled(async () => expect(await subscriptions()).toBe(own));
    const other = await server.open({ headers: true, no_responders: true });
    await other.exchange(
      `SUB r 1\r\n${pub('gone.a', '', 'r')}`,
      'HMSG r 1 38 38\r\nNATS/1.0 503\r\nNats-Subject: gone.a\r\n\r\n\r\n',
    );
  });

  proves('1.6-12', 'a sid is any token without blanks', async () => {
    const client = await server.open();
    for (const sid of ['a', '0', '-1', '"x"', '00001', 'äö'.normalize(), 's'.repeat(1000), '{}', '*']) {
      const bytes = (text: string) => Buffer.from(text, 'utf8');
      client.send(bytes(`SUB s ${sid}\r\nPUB s 1\r\nx\r\nUNSUB ${sid}\r\nPING\r\n`));
      await client.expect(bytes(`MSG s ${sid} 1\r\nx\r\nPONG\r\n`));
    }
  });
});

describe('a server with limits and permissions', () => {
  const server = useServer({
    config:
      'max_subscriptions: 2\nmax_sub_tokens: 3\nauthorization { timeout: 60, users: [\n' +
      '{user: u, password: p, permissions: {subscribe: {deny: ["no.>"]}}}\n' +
      '{user: v, password: p, permissions: {subscribe: {allow: ["ok.>"]}}}\n] }\n',
  });

  proves(['1.12-04', '1.11-22'], 'max_sub_tokens counts the tokens', async () => {
    const client = await server.open({ user: 'u', pass: 'p' });
    await client.exchange('SUB a.b.c 1\r\n', '');
    await client.exchange(
      'SUB a.b.c.d 2\r\n',
      err('Permissions Violation for Subscription to "a.b.c.d", too many tokens'),
    );
    await client.exchange('SUB a.b.* 3\r\n', '');
  });

  proves(
    ['1.6-03', '1.11-07', '1.11-20'],
    'permission, then tokens, then count, then validity; none closes',
    async () => {
      const client = await server.open({ user: 'u', pass: 'p' });
      const denied = (subject: string) => err(`Permissions Violation for Subscription to "${subject}"`);
      await client.exchange('SUB no.a.b.c 1\r\nSUB no.x 1\r\n', denied('no.a.b.c') + denied('no.x'));
      const bound = await server.open({ user: 'v', pass: 'p' });
      await bound.exchange('SUB no.. 1\r\nSUB no.a.b..c 1\r\n', denied('no..') + denied('no.a.b..c'));
      await client.exchange('SUB a.. 1\r\n', invalid);
      await client.exchange(
        'SUB a.b.. 1\r\n',
        err('Permissions Violation for Subscription to "a.b..", too many tokens'),
      );
      await client.exchange('SUB a 1\r\nSUB b 2\r\n', '');
      await client.exchange('SUB c 3\r\nSUB a.. 4\r\n', err('maximum subscriptions exceeded').repeat(2));
      await client.exchange('SUB no.x 4\r\n', denied('no.x'));
      await client.exchange(
        'SUB a.b.. 4\r\n',
        err('Permissions Violation for Subscription to "a.b..", too many tokens'),
      );
      await client.exchange('UNSUB 1\r\nSUB c 3\r\n', '');
      await client.exchange(pub('c', 'x'), msg('c', 3, 'x'));
    },
  );

  proves('1.11-07', 'at the limit a live sid used again is still refused or ignored without harm', async () => {
    const client = await server.open({ user: 'u', pass: 'p' });
    await client.exchange('SUB a 1\r\nSUB b 2\r\n', '');
    client.send('SUB a 1\r\n');
    await client.ping();
    await client.exchange(pub('a', 'x'), msg('a', 1, 'x'));
  });
});
