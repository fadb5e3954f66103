/** Section 4.3: streams that accounts export and import. What differs on purpose is said at the tests it concerns. */
import { expect } from 'vitest';
import { openAll, reloadAccounts, startWithAccounts } from '../support/accounts.js';
import { proves } from '../support/proves.js';
import { err, msg, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach } from '../support/server.js';

endServersAfterEach();

const exported = (...streams: string[]) =>
  `exports: [ ${streams.map((stream) => `{ stream: "${stream}" }`).join(', ')} ]`;
const imported = (...entries: [subject: string, more?: string][]) =>
  `imports: [ ${entries.map(([subject, more = '']) => `{ stream: { account: A, subject: "${subject}" } ${more} }`).join(', ')} ]`;

/** Until the subject is well known, as one message and as a burst. */
async function brings(from: RawClient, to: RawClient, published: string, ...expected: string[]): Promise<void> {
  for (const times of [1, 1, 3]) {
    await from.exchange(pub(published, 'x').repeat(times), '');
    await to.exchange('', expected.join('').repeat(times));
  }
}

proves('4.3-10', 'a stream import brings messages of another account, and nothing goes the other way', async () => {
  const server = await startWithAccounts({ A: exported('a.>'), B: imported(['a.*']), C: '' });
  const [a, b, c] = (await openAll(server, ['A', 'B', 'C'])) as [RawClient, RawClient, RawClient];
  for (const client of [a, b, c]) await client.exchange('SUB > 1\r\n', '');
  await a.exchange(pub('a.b', 'x') + pub('a.b.c', 'y'), msg('a.b', 1, 'x') + msg('a.b.c', 1, 'y'));
  await b.exchange('', msg('a.b', 1, 'x'));
  await b.exchange(pub('a.b', 'z'), msg('a.b', 1, 'z'));
  for (const client of [a, c]) await client.exchange('', '');
  await a.exchange('UNSUB 1\r\n', '');
  await b.exchange('UNSUB 1\r\nSUB a.b 2\r\n', '');
  await brings(a, b, 'a.b', msg('a.b', 2, 'x'));
});

proves('4.3-11', 'imported subjects have other names: prefix, wildcards and $1', async () => {
  const all = {
    A: exported('>'),
    B: imported(['a.*', ', prefix: p'], ['b.*.*', ', to: "q.$2.x.$1"'], ['c.*', ', to: "r.*"'], ['d', ', to: s.t']),
  };
  const server = await startWithAccounts({
    ...all,
    C: imported(['e.>', ', to: "u.>"'], ['f.*', ', to: "v.{{wildcard(1)}}"']),
  });
  const [a, b, c] = (await openAll(server, ['A', 'B', 'C'])) as [RawClient, RawClient, RawClient];
  for (const client of [b, c]) await client.exchange('SUB > 1\r\n', '');
  await brings(a, b, 'a.1', msg('p.a.1', 1, 'x'));
  await brings(a, b, 'b.1.2', msg('q.2.x.1', 1, 'x'));
  await brings(a, b, 'c.1', msg('r.1', 1, 'x'));
  await brings(a, b, 'd', msg('s.t', 1, 'x'));
  await brings(a, c, 'e.1.2', msg('u.1.2', 1, 'x'));
  await brings(a, c, 'f.1', msg('v.1', 1, 'x'));
  await b.exchange('UNSUB 1\r\nSUB q.2.x.* 2\r\nSUB a.* 3\r\n', '');
  await brings(a, b, 'b.1.2', msg('q.2.x.1', 2, 'x'));
  await brings(a, b, 'b.2.1');
  await brings(a, b, 'a.1');
});

proves('4.3-12', 'a queue group of an importing account is one of its own', async () => {
  const server = await startWithAccounts({ A: exported('x'), B: imported(['x', ', to: y']), C: imported(['x']) });
  const [a, b, b2, c] = (await openAll(server, ['A', 'B', 'B', 'C'])) as [RawClient, RawClient, RawClient, RawClient];
  for (const client of [b, b2]) await client.exchange('SUB y q 1\r\n', '');
  await c.exchange('SUB x 2\r\n', '');
  await a.exchange(pub('x', '!').repeat(20), '');
  const [some, others] = [await b.ping(), await b2.ping()];
  expect(some.length + others.length).toBe(20);
  for (const { args } of [...some, ...others]) expect(args).toBe('y 1 1');
  await c.exchange('', msg('x', 2, '!').repeat(20));
});

proves(
  '4.3-15',
  'UNSUB max counts imported messages, and those of the account, together',
  async () => {
    const server = await startWithAccounts({ A: exported('x'), B: imported(['x']) });
    const [a, b] = (await openAll(server, ['A', 'B'])) as [RawClient, RawClient];
    await b.exchange(`SUB x 1\r\nUNSUB 1 3\r\n${pub('x', 'own')}`, msg('x', 1, 'own'));
    await a.exchange(pub('x', '!').repeat(5), '');
    await b.exchange('', msg('x', 1, '!').repeat(2));
    await b.exchange(pub('x', 'own'), '');
  },
  { oursOnly: 'the reference delivers imported messages without limit' },
);

proves(
  '4.2-10',
  'permissions of the importing user are about the names that the account has for subjects',
  async () => {
    const permissions = 'default_permissions { subscribe: { deny: "y.secret" }, publish: "z" }';
    const server = await startWithAccounts({
      A: exported('x.*'),
      B: `${imported(['x.*', ', to: "y.*"'])}\n${permissions}`,
    });
    const [a, b] = (await openAll(server, ['A', 'B'])) as [RawClient, RawClient];
    await b.exchange('SUB y.secret 1\r\n', err('Permissions Violation for Subscription to "y.secret"'));
    await b.exchange('SUB y.* 2\r\nSUB x.* 3\r\n', '');
    await a.exchange(pub('x.secret', '!') + pub('x.open', '!'), '');
    await b.exchange('', msg('y.open', 2, '!'));
  },
);

proves('4.3-11', 'a message that the exporting account maps is imported by its new subject', async () => {
  const server = await startWithAccounts({
    A: `${exported('x.*', 'm')}\nmappings { m: x.m }`,
    B: imported(['x.*', ', prefix: p'], ['m']),
  });
  const [a, b] = (await openAll(server, ['A', 'B'])) as [RawClient, RawClient];
  await b.exchange('SUB > 1\r\n', '');
  await brings(a, b, 'm', msg('p.x.m', 1, 'x'));
});

proves('4.3-13', 'an import is no chain: what an account imports others do not import from it', async () => {
  const fromB = 'imports: [ { stream: { account: B, subject: x } } ]';
  const server = await startWithAccounts({ A: exported('x'), B: `${exported('x')}\n${imported(['x'])}`, C: fromB });
  const [a, b, c] = (await openAll(server, ['A', 'B', 'C'])) as [RawClient, RawClient, RawClient];
  for (const client of [b, c]) await client.exchange('SUB x 1\r\n', '');
  await brings(a, b, 'x', msg('x', 1, 'x'));
  await c.exchange('', '');
  await b.exchange(pub('x', '!'), msg('x', 1, '!'));
  await c.exchange('', msg('x', 1, '!'));
});

proves('4.3-14', 'imports that overlap, and one from the account itself, bring a message as often', async () => {
  const server = await startWithAccounts({
    A: `${exported('a.>')}\n${imported(['a.b', ', to: c'])}`,
    B: imported(['a.*'], ['a.>', ', prefix: p']),
  });
  const [a, b] = (await openAll(server, ['A', 'B'])) as [RawClient, RawClient];
  await a.exchange('SUB c 1\r\n', '');
  await a.exchange(pub('a.b', 'x'), msg('c', 1, 'x'));
  await b.exchange('SUB > 1\r\n', '');
  await a.exchange(pub('a.b', 'x'), msg('c', 1, 'x'));
  const subjects = (await b.ping()).map(({ args }) => args);
  expect(subjects.sort()).toEqual(['a.b 1 1', 'p.a.b 1 1']);
});

proves('7.4-12', 'imports that a reload adds, changes or removes apply to connected clients', async () => {
  const A = exported('x.*');
  const server = await startWithAccounts({ A, B: imported(['x.1']) });
  const [a, b] = (await openAll(server, ['A', 'B'])) as [RawClient, RawClient];
  await b.exchange('SUB > 1\r\n', '');
  await brings(a, b, 'x.1', msg('x.1', 1, 'x'));
  await reloadAccounts(server, { A, B: imported(['x.2', ', prefix: p']) });
  await brings(a, b, 'x.1');
  await brings(a, b, 'x.2', msg('p.x.2', 1, 'x'));
  await reloadAccounts(server, { A, B: imported(['x.2', ', to: y']) });
  await brings(a, b, 'x.2', msg('y', 1, 'x'));
  await reloadAccounts(server, { A, B: '' });
  await brings(a, b, 'x.2');
});

proves('7.4-12', 'a reload that withdraws an export that is imported is refused, and changes nothing', async () => {
  const B = imported(['x.1']);
  const server = await startWithAccounts({ A: exported('x.*'), B });
  const [a, b] = (await openAll(server, ['A', 'B'])) as [RawClient, RawClient];
  await b.exchange('SUB > 1\r\n', '');
  const refused = /Failed to reload.*Error adding stream import "x.1": stream import not authorized/;
  expect(await reloadAccounts(server, { A: exported('y'), B })).toMatch(refused);
  expect(await reloadAccounts(server, { A: 'exports: [ { stream: "x.*", accounts: [A] } ]', B })).toMatch(refused);
  await brings(a, b, 'x.1', msg('x.1', 1, 'x'));
});
