/** Section 4.3: services that accounts export and import. Answers have a file of their own: services-responses.test.ts. */
import { expect } from 'vitest';
import { type AccountTexts, openAll, reloadAccounts, startWithAccounts } from '../support/accounts.js';
import type { Frame } from '../support/frames.js';
import { proves } from '../support/proves.js';
import { err, msg, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach } from '../support/server.js';
import { answer, exporting, HEADERS, importing, request, requestInfo } from '../support/services.js';

endServersAfterEach();

/** Clients of A and B, or of other accounts. */
async function clients(all: AccountTexts, ...names: string[]) {
  const server = await startWithAccounts(all);
  const opened = await openAll(server, names.length > 0 ? names : ['A', 'B'], HEADERS);
  return { server, clients: opened as [RawClient, RawClient, RawClient, RawClient] };
}

function subscribed(subjects: readonly string[]): string {
  return subjects.map((subject, index) => `SUB ${subject} ${index + 1}\r\n`).join('');
}

/** A request is answered: which subject the service gets, and what it is told of who asks. */
async function asks(client: RawClient, service: RawClient, subject: string): Promise<Frame> {
  await client.exchange('SUB inbox.* 9\r\n', '');
  client.send(request(subject, 'inbox.1', 'question'));
  const asked = await service.next();
  expect(asked.payload?.toString()).toBe('question');
  expect(asked.reply).toMatch(/^_R_\.\w{6}\.\w{6,}$/);
  service.send(answer(asked, 'fine'));
  await client.expect(msg('inbox.1', 9, 'fine'));
  await client.exchange('UNSUB 9\r\n', '');
  return asked;
}

proves('4.3-16', 'a request to a service of another account is answered', async () => {
  const { clients: all } = await clients({ A: exporting('x'), B: importing('A x'), C: '' }, 'A', 'B', 'C');
  const [a, b, c] = all;
  await a.exchange('SUB x 1\r\n', '');
  await c.exchange('SUB > 1\r\n', '');
  for (let times = 0; times < 3; times += 1) {
    const asked = await asks(b, a, 'x');
    expect([asked.subject, asked.sid]).toEqual(['x', '1']);
    expect(requestInfo(asked)).toEqual({ acc: 'B', rtt: expect.any(Number) });
  }
  await c.exchange('', '');
});

proves('4.3-17', 'services have other names in the importing account', async () => {
  const { clients: all } = await clients({
    A: exporting('>'),
    B: importing('A a', 'A b c.d', 'A e.* f.*', 'A g.*.* h.$2.x.$1', 'A i.> j.>', 'A k l.*', 'A m.* n.{{wildcard(1)}}'),
  });
  const [a, b] = all;
  await a.exchange(subscribed([...'abcdefghijklmn'].flatMap((name) => [name, `${name}.>`])), '');
  for (const [local, there] of [
    ['a', 'a'],
    ['c.d', 'b'],
    ['f.1', 'e.1'],
    ['h.2.x.1', 'g.1.2'],
    ['j.1.2', 'i.1.2'],
    ['l.1', 'k'],
    ['l.2', 'k'],
    ['n.1', 'm.1'],
  ] as const) {
    expect((await asks(b, a, local)).subject, local).toBe(there);
  }
  await b.exchange(pub('b', 'x') + pub('e.1', 'x') + pub('h.1.2', 'x') + pub('l', 'x'), '');
  await a.exchange('', '');
});

proves('4.3-16', 'a message without a reply subject reaches the service as well', async () => {
  const { clients: all } = await clients({ A: exporting('x'), B: importing('A x') });
  const [a, b] = all;
  await a.exchange('SUB x 1\r\n', '');
  await b.exchange(pub('x', '!'), '');
  const asked = await a.next('HMSG');
  expect([asked.subject, asked.reply, asked.payload?.toString()]).toEqual(['x', undefined, '!']);
  expect(requestInfo(asked).acc).toBe('B');
});

proves('4.3-16', 'headers stay, and a service without headers gets none', async () => {
  const { server, clients: all } = await clients({ A: exporting('x'), B: importing('A x') });
  const [a, b] = all;
  const plain = await server.open({ user: 'A', pass: 'p' });
  for (const client of [a, plain]) await client.exchange('SUB x 1\r\n', '');
  await b.exchange('HPUB x 18 19\r\nNATS/1.0\r\nA: b\r\n\r\n!\r\n', '');
  expect((await a.next('HMSG')).headers?.toString()).toMatch(
    /^NATS\/1\.0\r\nA: b\r\nNats-Request-Info: \{.*\}\r\n\r\n$/,
  );
  expect((await plain.next('MSG')).payload?.toString()).toBe('!');
});

proves(
  '4.3-18',
  'of a queue group one member gets a request, of others everyone; the first answer counts',
  async () => {
    const { server, clients: all } = await clients({ A: exporting('x'), B: importing('A x') });
    const [one, b] = all;
    const [two, three] = (await openAll(server, ['A', 'A'], HEADERS)) as [RawClient, RawClient];
    for (const client of [one, two]) await client.exchange('SUB x q 1\r\n', '');
    await b.exchange('SUB inbox 9\r\n', '');
    await b.exchange(request('x', 'inbox', '!').repeat(20), '');
    const [some, others] = [await one.ping(), await two.ping()];
    expect(some.length + others.length).toBe(20);
    for (const asked of some) one.send(answer(asked, 'one'));
    for (const asked of others) two.send(answer(asked, 'two'));
    expect((await b.take(20)).map(({ subject }) => subject)).toEqual(Array(20).fill('inbox'));
    await three.exchange('SUB x 3\r\n', '');
    await b.exchange(request('x', 'inbox', '?'), '');
    const asked = [...(await one.ping()), ...(await two.ping()), ...(await three.ping())];
    expect(asked.map(({ sid }) => sid).sort()).toEqual(['1', '3']);
    await three.exchange(answer(asked[0] as Frame, 'first'), '');
    await one.exchange(answer(asked[1] as Frame, 'second'), '');
    await b.exchange('', msg('inbox', 9, 'first'));
  },
);

proves('4.3-19', 'the account may answer as well, and subscribe to what it asks others', async () => {
  const { server, clients: all } = await clients({ A: exporting('x'), B: importing('A x y') });
  const [a, b] = all;
  const [own] = (await openAll(server, ['B'], HEADERS)) as [RawClient];
  await a.exchange('SUB x 1\r\n', '');
  await own.exchange('SUB y 2\r\nSUB x 3\r\n', '');
  await b.exchange('SUB inbox 9\r\n', '');
  await b.exchange(request('y', 'inbox', '!'), '');
  const [there, here] = [await a.next('HMSG'), await own.next('MSG')];
  expect([there.subject, here.subject, here.sid, here.reply]).toEqual(['x', 'y', '2', 'inbox']);
  await own.exchange(answer(here, 'own'), '');
  await a.exchange(answer(there, 'other'), '');
  await b.exchange('', msg('inbox', 9, 'own') + msg('inbox', 9, 'other'));
  // What A asks itself stays there.
  const [asker] = (await openAll(server, ['A'], HEADERS)) as [RawClient];
  await asker.exchange(request('x', 'inbox', '?'), '');
  await a.exchange('', msg('x', 1, '?', 'inbox'));
  await own.exchange('', '');
});

proves('1.8-03', 'a request that reaches nobody is answered with a 503', async () => {
  const { server, clients: all } = await clients({ A: exporting('x.*'), B: importing('A x.* y.*') });
  const [a, b] = all;
  await b.exchange('SUB inbox 9\r\n', '');
  const none = 'HMSG inbox 9 35 35\r\nNATS/1.0 503\r\nNats-Subject: y.1\r\n\r\n\r\n';
  await b.exchange(request('y.1', 'inbox', '!'), none);
  await b.exchange(pub('y.1', '!'), '');
  await a.exchange('SUB x.1 1\r\n', '');
  await b.exchange(request('y.1', 'inbox', '!'), '');
  await b.exchange(request('y.2', 'inbox', '!'), none.replace('y.1', 'y.2'));
  const plain = await server.open({ user: 'B', pass: 'p', headers: true });
  await plain.exchange(`SUB inbox 9\r\n${request('y.2', 'inbox', '!')}`, '');
});

proves('4.3-20', 'an import of what another account imports: requests go on, answers come back', async () => {
  const { clients: all } = await clients(
    { A: exporting('a.*'), B: `${exporting('b.*')}\n${importing('A a.* b.*')}`, C: importing('B b.* c.*') },
    'A',
    'B',
    'C',
  );
  const [a, b, c] = all;
  await a.exchange('SUB a.* 1\r\n', '');
  await b.exchange('SUB c.* 2\r\nSUB a.* 3\r\n', '');
  const asked = await asks(c, a, 'c.1');
  expect(asked.subject).toBe('a.1');
  expect(requestInfo(asked)).toEqual({ acc: 'C', svc: 'B', rtt: expect.any(Number) });
  await b.exchange('SUB b.* 4\r\n', '');
  expect((await asks(c, a, 'c.2')).subject).toBe('a.2');
  expect((await b.next()).subject).toBe('b.2');
});

proves('4.3-20', 'a chain that comes back to where it was ends there', async () => {
  const { clients: all } = await clients({
    A: `${exporting('a')}\n${importing('B b a')}`,
    B: `${exporting('b')}\n${importing('C c b')}`,
    C: `${exporting('c')}\n${importing('A a c')}`,
  });
  const [a, b] = all;
  await a.exchange('SUB a 1\r\n', '');
  await b.exchange(`SUB inbox 9\r\n${request('b', 'inbox', '!')}`, '');
  const asked = await a.next('HMSG');
  expect(asked.subject).toBe('a');
  await a.exchange(answer(asked, 'once'), '');
  await b.exchange('', msg('inbox', 9, 'once'));
});

proves('4.3-21', 'mappings apply in the account that asks, and in the one that answers', async () => {
  const { clients: all } = await clients({
    A: `${exporting('x.*')}\nmappings { "x.old": "x.new", "x.away": "z.away" }`,
    B: `${importing('A x.* y.*')}\nmappings { "q.*": "y.$1" }`,
  });
  const [a, b] = all;
  await a.exchange(subscribed(['q.*', 'x.*', 'y.*', 'z.*']), '');
  expect((await asks(b, a, 'q.1')).subject).toBe('x.1');
  expect((await asks(b, a, 'y.old')).subject).toBe('x.new');
  expect((await asks(b, a, 'q.old')).subject).toBe('x.new');
  expect((await asks(b, a, 'y.away')).subject).toBe('z.away');
});

proves('4.3-22', 'permissions are those of the account that a client is in', async () => {
  const publish = 'default_permissions { publish: { deny: "y.secret" }, subscribe: "inbox" }';
  const only = 'default_permissions { publish: "none", subscribe: "x.*" }';
  const { clients: all } = await clients(
    {
      A: exporting('x.*'),
      B: `${importing('A x.* y.*')}\n${publish}`,
      C: `${exporting('x.*')}\n${only}`,
      D: importing('C x.*'),
    },
    'A',
    'B',
    'C',
    'D',
  );
  const [a, b, c, d] = all;
  await a.exchange('SUB x.* 1\r\n', '');
  await b.exchange(request('y.secret', 'inbox', '!'), err('Permissions Violation for Publish to "y.secret"'));
  await b.exchange(`SUB inbox 9\r\n${request('y.open', 'inbox', '!')}`, '');
  const asked = await a.next('HMSG');
  await a.exchange(answer(asked, 'fine'), '');
  await b.exchange('', msg('inbox', 9, 'fine'));
  await c.exchange('SUB x.* 1\r\n', '');
  await d.exchange(`SUB inbox 9\r\n${request('x.1', 'inbox', '!')}`, '');
  const refused = await c.next('HMSG');
  await c.exchange(answer(refused, 'no'), err(`Permissions Violation for Publish to "${refused.reply}"`));
  await d.exchange('', '');
});

proves('4.3-22', 'allow_responses lets a service answer', async () => {
  const { clients: all } = await clients({
    A: `${exporting('x')}\ndefault_permissions { publish: "none", subscribe: "x", allow_responses: true }`,
    B: importing('A x'),
  });
  const [a, b] = all;
  await a.exchange('SUB x 1\r\n', '');
  const asked = await asks(b, a, 'x');
  await a.exchange(answer(asked, 'again'), err(`Permissions Violation for Publish to "${asked.reply}"`));
});

proves('4.3-23', 'accounts that are not allowed do not reach the service', async () => {
  const exported = 'exports: [ { service: "x", accounts: [ B ] }, { service: "y.*", account_token_position: 2 } ]';
  const { server, clients: all } = await clients({ A: exported, B: importing('A x', 'A y.B'), C: '' }, 'A', 'B', 'C');
  const [a, b, c] = all;
  await a.exchange(subscribed(['x', 'y.*']), '');
  expect((await asks(b, a, 'x')).subject).toBe('x');
  expect((await asks(b, a, 'y.B')).subject).toBe('y.B');
  await c.exchange(pub('x', '!') + pub('y.B', '!'), '');
  await a.exchange('', '');
  for (const refused of ['A x', 'A y.B']) {
    const line = await reloadAccounts(server, { A: exported, B: '', C: importing(refused) });
    expect(line).toContain(`Error adding service import "${refused.slice(2)}": service import not authorized`);
  }
});

proves('7.4-15', 'services that a reload adds, changes or removes apply to connected clients', async () => {
  const A = exporting('x.*');
  const { server, clients: all } = await clients({ A, B: '' });
  const [a, b] = all;
  await a.exchange('SUB x.* 1\r\n', '');
  await b.exchange(pub('x.1', '!'), '');
  await reloadAccounts(server, { A, B: importing('A x.1') });
  expect((await asks(b, a, 'x.1')).subject).toBe('x.1');
  await reloadAccounts(server, { A, B: importing('A x.* y.*') });
  await b.exchange(pub('x.1', '!'), '');
  expect((await asks(b, a, 'y.2')).subject).toBe('x.2');
  await reloadAccounts(server, { A, B: '' });
  await b.exchange(pub('y.1', '!') + pub('x.1', '!'), '');
  await a.exchange('', '');
});

proves('7.4-15', 'what a reload says about answers applies to connected clients', async () => {
  const B = importing('A x');
  const { server, clients: all } = await clients({ A: exporting('x'), B });
  const [a, b] = all;
  await a.exchange('SUB x 1\r\nSUB m 2\r\n', '');
  await b.exchange('SUB inbox 9\r\n', '');
  const answers = async (...texts: string[]) => {
    await b.exchange(request('x', 'inbox', '?'), '');
    const asked = await a.next('HMSG');
    a.send(texts.map((text) => answer(asked, text)).join(''));
  };
  await answers('one', 'two');
  await b.expect(msg('inbox', 9, 'one'));
  await reloadAccounts(server, { A: exporting('x, response: chunked'), B });
  await answers('one', 'two', '', 'three');
  await b.expect(msg('inbox', 9, 'one') + msg('inbox', 9, 'two') + msg('inbox', 9, ''));
  await reloadAccounts(server, { A: exporting('x, latency: m'), B });
  await answers('one', 'two');
  await b.expect(msg('inbox', 9, 'one'));
  expect((await a.next('MSG')).payload?.toString()).toContain('"status":200');
  await a.exchange('', '');
  await b.exchange('', '');
});

proves('7.4-15', 'a reload that withdraws a service that is imported is refused, and changes nothing', async () => {
  const B = importing('A x');
  const { server, clients: all } = await clients({ A: exporting('x'), B });
  const [a, b] = all;
  await a.exchange('SUB x 1\r\n', '');
  const refused = /Failed to reload.*Error adding service import "x": service import not authorized/;
  expect(await reloadAccounts(server, { A: exporting('y'), B })).toMatch(refused);
  expect(await reloadAccounts(server, { A: exporting('x, accounts: [ A ]'), B })).toMatch(refused);
  await asks(b, a, 'x');
});

proves('4.3-24', 'an answer that is on its way when a reload ends the import still arrives', async () => {
  const A = exporting('x');
  const { server, clients: all } = await clients({ A, B: importing('A x') });
  const [a, b] = all;
  await a.exchange('SUB x 1\r\n', '');
  await b.exchange(`SUB inbox 9\r\n${request('x', 'inbox', '?')}`, '');
  const asked = await a.next('HMSG');
  await reloadAccounts(server, { A, B: '' });
  await a.exchange(answer(asked, 'late'), '');
  await b.exchange('', msg('inbox', 9, 'late'));
});
