/**
 * Requests in the system account from inside the process: whatever they contain, the server answers what it can and goes
 * on.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect } from '@nats-io/transport-node';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withDeadline } from '../support/deadline.js';

type Library = typeof import('../../src/index.js');

const NAMES = [
  ...['SERVER.PING', 'SERVER.PING.STATSZ', 'SERVER.PING.VARZ', 'SERVER.PING.CONNZ', 'SERVER.PING.SUBSZ'],
  ...['SERVER.PING.ACCOUNTZ', 'SERVER.PING.HEALTHZ', 'SERVER.PING.IPQUEUESZ', 'SERVER.PING.JSZ', 'SERVER.PING.RAFTZ'],
  ...['SERVER.PING.GATEWAYZ', 'SERVER.PING.LEAFZ', 'SERVER.PING.ROUTEZ', 'SERVER.PING.EXPVARZ', 'SERVER.ID.KICK'],
  ...['SERVER.ID.LDM', 'SERVER.ID.RELOAD', 'ACCOUNT.$G.CONNZ', 'ACCOUNT.$G.SUBSZ', 'ACCOUNT.$G.INFO'],
  ...['ACCOUNT.$G.STATZ', 'ACCOUNT.$G.CONNS', 'ACCOUNT.PING.STATZ', 'ACCOUNT.NSUBS', 'USER.X.INFO'],
];
const KEYS = [
  ...['sort', 'auth', 'subscriptions', 'subscriptions_detail', 'offset', 'limit', 'cid', 'state', 'user', 'acc'],
  ...['account', 'filter_subject', 'test', 'subject', 'queue', 'accounts', 'include_unused', 'all', 'filter', 'tags'],
  ...['server_name', 'exact_match', 'details', 'stream', '__proto__', 'constructor'],
];
const value = fc.oneof(
  fc.constantFrom(true, false, null, 0, 1, -1, 2, 1e308, -1e308, 2 ** 53, 0.5, '', '$G', '>', 'a.*', 'cid', 'stop'),
  fc.double(),
  fc.string({ maxLength: 8 }),
  fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
);
const body = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 6 }).map((o) => JSON.stringify(o)),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);

test('a program asks and listens without a connection', async () => {
  const library = (await import(pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href)) as Library;
  const broker = await library.Broker.start({ host: '127.0.0.1', port: 0 });
  const heard = new Promise<{ client: object }>((resolve) => {
    void broker.subscribe('$SYS.ACCOUNT.*.CONNECT', { account: '$SYS' }, (message) => resolve(message.json()));
  });
  const client = await connect({ servers: broker.url, name: 'me' });
  expect(await withDeadline(heard, 'the event')).toMatchObject({ client: { acc: '$G', name: 'me' } });
  const answer = await broker.request('$SYS.REQ.SERVER.PING.VARZ', '', { account: '$SYS' });
  expect(answer.json()).toMatchObject({ data: { server_id: broker.serverId, connections: 1 } });
  await client.close();
  await broker.stop();
});

test('any request is answered or ignored, and never more', { timeout: 60_000 }, async () => {
  const library = (await import(pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href)) as Library;
  const broker = await library.Broker.start({ host: '127.0.0.1', port: 0 });
  const failures: unknown[] = [];
  broker.on('handlerError', (error) => failures.push(error));
  const client = await connect({ servers: broker.url });
  client.subscribe('a.*', { queue: 'q' });
  await client.flush();
  const answers: string[] = [];
  await broker.subscribe('answers', { account: '$SYS' }, (message) => void answers.push(message.text()));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...NAMES), body, async (name, text) => {
      answers.length = 0;
      const subject = `$SYS.REQ.${name.replace('.ID.', `.${broker.serverId}.`)}`;
      broker.publish(subject, text, { account: '$SYS', reply: 'answers' });
      // Answered after the one before.
      const after = await broker.request('$SYS.REQ.SERVER.PING.IDZ', '', { account: '$SYS', timeoutMs: 10_000 });
      expect(after.json()).toMatchObject({ id: broker.serverId });
      await broker.flush();
      // A body that can't be read is refused by both subjects that are meant, as in nats-server.
      expect(answers.length).toBeLessThanOrEqual(name === 'ACCOUNT.PING.STATZ' ? 2 : 1);
      for (const answer of answers) JSON.parse(answer);
    }),
    { numRuns: 400 },
  );
  expect(failures).toEqual([]);
  await client.close();
  await broker.stop();
});
