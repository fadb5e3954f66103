/** Section 4.3: the answers of services to requests of other accounts. */
import { expect } from 'vitest';
import { openAll, startWithAccounts } from '../support/accounts.js';
import type { Frame } from '../support/frames.js';
import { proves } from '../support/proves.js';
import { err, msg, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach, type TestServer } from '../support/server.js';
import { answer, exporting, HEADERS, importing, request } from '../support/services.js';

endServersAfterEach();

interface Parts {
  server: TestServer;
  /** Answers on x. */
  service: RawClient;
  client: RawClient;
}

/** B imports the service x of A. `fields`: what the export says. */
async function serviceWith(...fields: string[]): Promise<Parts> {
  const all = { A: exporting(['x', ...fields].join(', ')), B: importing('A x'), C: '' };
  const server = await startWithAccounts(all);
  const [service, client] = (await openAll(server, ['A', 'B'], HEADERS)) as [RawClient, RawClient];
  await service.exchange('SUB x 1\r\n', '');
  await client.exchange('SUB inbox 9\r\nSUB other 8\r\n', '');
  return { server, service, client };
}

async function asks({ client, service }: Parts, reply = 'inbox'): Promise<Frame> {
  await client.exchange(request('x', reply, '?'), '');
  return service.next('HMSG');
}

proves('4.3-24', 'a second answer reaches nobody', async () => {
  const parts = await serviceWith();
  const { service, client } = parts;
  const asked = await asks(parts);
  await service.exchange(answer(asked, 'one') + answer(asked, 'two'), '');
  await client.exchange('', msg('inbox', 9, 'one'));
  const [next, last] = [await asks(parts), await asks(parts, 'other')];
  await service.exchange(answer(last, 'last') + answer(next, 'next') + answer(last, 'again'), '');
  await client.exchange('', msg('other', 8, 'last') + msg('inbox', 9, 'next'));
});

proves('4.3-24', 'an answer may have headers and a reply subject of its own', async () => {
  const parts = await serviceWith();
  const { service, client } = parts;
  const asked = await asks(parts);
  await service.exchange(`HPUB ${asked.reply} more 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n`, '');
  const answered = await client.next('HMSG');
  expect(answered.headers?.toString()).toBe('NATS/1.0\r\nA: b\r\n\r\n');
  expect([answered.subject, answered.payload?.toString()]).toEqual(['inbox', 'hi']);
});

proves('4.3-24', 'an answer after the threshold reaches nobody', async () => {
  const parts = await serviceWith('threshold: "50ms"', 'latency: m');
  const { server, service, client } = parts;
  const [meter] = (await openAll(server, ['A'])) as [RawClient];
  await meter.exchange('SUB m 1\r\n', '');
  const asked = await asks(parts);
  expect((await meter.next('MSG')).payload?.toString()).toContain('"status":504');
  await service.exchange(answer(asked, 'late'), '');
  await client.exchange('', '');
  await service.exchange(answer(await asks(parts), 'in time'), '');
  await client.exchange('', msg('inbox', 9, 'in time'));
});

proves('4.3-24', 'when nobody waits for an answer any more, it reaches nobody', async () => {
  const parts = await serviceWith();
  const { service, client } = parts;
  const asked = await asks(parts);
  await client.exchange('UNSUB 9\r\n', '');
  await service.exchange(answer(asked, 'late'), '');
  await client.exchange('SUB inbox 9\r\n', '');
  await service.exchange(answer(asked, 'later'), '');
  await client.exchange('', '');
  const other = await asks(parts, 'other');
  await client.exchange('SUB other 7\r\nUNSUB 8\r\n', '');
  await service.exchange(answer(other, 'to the other'), '');
  await client.exchange('', msg('other', 7, 'to the other'));
});

proves('4.3-25', 'a stream of answers goes on until nobody waits', async () => {
  const parts = await serviceWith('response: stream');
  const { service, client } = parts;
  const asked = await asks(parts);
  for (const part of ['one', 'two', 'three']) await service.exchange(answer(asked, part), '');
  await client.exchange('', ['one', 'two', 'three'].map((part) => msg('inbox', 9, part)).join(''));
  await service.exchange(answer(asked, 'x').repeat(100), '');
  expect(await client.ping()).toHaveLength(100);
  await client.exchange('UNSUB 9\r\n', '');
  await service.exchange(answer(asked, 'late'), '');
  await client.exchange('SUB inbox 9\r\n', '');
  await service.exchange(answer(asked, 'later'), '');
  await client.exchange('', '');
});

for (const kind of ['stream', 'chunked']) {
  proves('4.3-25', `${kind}: an empty answer is the last; one with headers is not empty`, async () => {
    const parts = await serviceWith(`response: ${kind}`);
    const { service, client } = parts;
    const asked = await asks(parts);
    await service.exchange(answer(asked, 'one') + answer(asked, 'two'), '');
    await client.exchange('', msg('inbox', 9, 'one') + msg('inbox', 9, 'two'));
    await service.exchange(`HPUB ${asked.reply} 18 18\r\nNATS/1.0\r\nA: b\r\n\r\n\r\n${answer(asked, 'three')}`, '');
    await client.next('HMSG');
    await client.exchange('', msg('inbox', 9, 'three'));
    await service.exchange(answer(asked, '') + answer(asked, 'four'), '');
    await client.exchange('', msg('inbox', 9, ''));
  });
}

proves('4.3-26', 'who guesses the subject of an answer, or knows it in another account, reaches nobody', async () => {
  const parts = await serviceWith();
  const { server, service, client } = parts;
  const strangers = await openAll(server, ['A', 'B', 'C'], HEADERS);
  const asked = await asks(parts);
  const guesses = ['_R_.AAAAAA.AAAAAA', `${asked.reply}.x`, `${asked.reply?.slice(0, -1)}_`, '_R_.x', '_R_'];
  const [, ...others] = strangers as [RawClient, RawClient, RawClient];
  for (const stranger of strangers) await stranger.exchange(guesses.map((guess) => pub(guess, 'guess')).join(''), '');
  for (const stranger of others) await stranger.exchange(answer(asked, 'known elsewhere'), '');
  await client.exchange('', '');
  await service.exchange(answer(asked, 'right'), '');
  await client.exchange('', msg('inbox', 9, 'right'));
});

proves('4.3-26', 'a client can not ask for an answer on such a subject, nor subscribe to it from outside', async () => {
  const parts = await serviceWith();
  const { server, service, client } = parts;
  await client.exchange('SUB _R_.> 7\r\n', '');
  const asked = await asks(parts);
  const refused = err(`Permissions Violation for Publish with Reply of "${asked.reply}"`);
  await client.exchange(request('x', asked.reply ?? '', '?'), refused);
  const [other] = (await openAll(server, ['A'], HEADERS)) as [RawClient];
  await other.exchange(request('x', asked.reply ?? '', '?'), refused);
  await service.exchange(answer(asked, 'right'), '');
  await client.exchange('', msg('inbox', 9, 'right'));
});

proves('4.3-24', 'who asks may be gone when the answer comes, and so may who answers', async () => {
  const parts = await serviceWith();
  const { server, service, client } = parts;
  const asked = await asks(parts);
  const [another] = (await openAll(server, ['B'], HEADERS)) as [RawClient];
  await client.close();
  await service.exchange(answer(asked, 'late'), '');
  await another.exchange('SUB inbox 9\r\n', '');
  await service.exchange(answer(asked, 'later'), '');
  await another.exchange('', '');
  const [second] = (await openAll(server, ['A'], HEADERS)) as [RawClient];
  const waiting = { ...parts, client: another };
  const left = await asks(waiting);
  await service.close();
  await second.exchange(answer(left, 'for a colleague'), '');
  await another.exchange('', msg('inbox', 9, 'for a colleague'));
});
