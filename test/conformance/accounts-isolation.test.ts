/**
 * Section 4.3 as a property: random accounts, users, subscriptions and messages on raw sockets, judged by the obvious
 * model. A message is seen by every matching subscription of its account, by one member of each queue group there, and
 * by nobody else; a request without a service in its account is answered with a 503.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Frame } from '../support/frames.js';
import { proves } from '../support/proves.js';
import { pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer, writeConfig } from '../support/server.js';

endServersAfterEach();

const ACCOUNTS = ['$G', 'A', 'B', 'C'];
const TOKENS = ['a', 'b'];
/** Users of each account, who have their own names as passwords. */
const userOf = (account: string, number: number) => `${account.replace('$', '')}${number}`;
const USERS = 2;
const ROUNDS = 40;
const RELOADS = 12;

interface Subscription {
  client: number;
  pattern: string;
  queue: string | undefined;
}

interface Message {
  client: number;
  subject: string;
  /** Wants an answer, which nobody gives. */
  asks: boolean;
}

/** Subscriptions that have to see a message, by number; and groups of them, of which one member has to. */
interface Receivers {
  plain: number[];
  groups: number[][];
}

const token = fc.constantFrom(...TOKENS);
const subject = fc.array(token, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join('.'));
const pattern = fc
  .tuple(fc.array(fc.constantFrom(...TOKENS, '*'), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, open]) => (open ? [...tokens.slice(0, -1), '>'] : tokens).join('.'));
const client = fc.nat({ max: ACCOUNTS.length * USERS - 1 });
const subscription = fc.record({ client, pattern, queue: fc.constantFrom(undefined, undefined, 'q', 'r') });
const message = fc.record({ client, subject, asks: fc.boolean() });

/** What each client is called, and the account it is in. */
const CLIENTS = ACCOUNTS.flatMap((account) =>
  Array.from({ length: USERS }, (_, number) => ({ account, user: userOf(account, number) })),
);
const accountOf = (client: number) => CLIENTS[client]?.account as string;

function config(): string {
  const users = (account: string) => {
    const names = CLIENTS.filter((client) => client.account === account).map(({ user }) => user);
    return names.map((name) => `{ user: ${name}, password: ${name} }`).join(', ');
  };
  const named = ACCOUNTS.slice(1).map((account) => `${account} { users: [ ${users(account)} ] }`);
  return `authorization { timeout: 60, users: [ ${users('$G')} ] }\naccounts {\n${named.join('\n')}\n}\n`;
}

/** Token by token. */
function matches(subject: string, pattern: string): boolean {
  const [tokens, wanted] = [subject.split('.'), pattern.split('.')];
  const fits = (part: string[]) => part.every((token, at) => token === '*' || token === tokens[at]);
  if (wanted.at(-1) === '>') return tokens.length >= wanted.length && fits(wanted.slice(0, -1));
  return tokens.length === wanted.length && fits(wanted);
}

function receiversOf({ client, subject }: Message, subscriptions: readonly Subscription[]): Receivers {
  const reached = subscriptions.flatMap((sub, sid) =>
    accountOf(sub.client) === accountOf(client) && matches(subject, sub.pattern) ? [{ ...sub, sid }] : [],
  );
  const sids = (wanted: string | undefined) => reached.filter(({ queue }) => queue === wanted).map(({ sid }) => sid);
  return { plain: sids(undefined), groups: [sids('q'), sids('r')].filter((group) => group.length > 0) };
}

/** The subscriptions that saw a message; every client is asked, the publisher first. */
async function publish(clients: readonly RawClient[], message: Message, subject: string): Promise<Seen> {
  const publisher = clients[message.client] as RawClient;
  publisher.send(pub(subject, subject, message.asks ? 'reply.x' : undefined));
  const ofPublisher = await publisher.ping();
  const frames: Frame[] = [...ofPublisher.filter(({ op }) => op === 'MSG')];
  for (const client of clients) if (client !== publisher) frames.push(...(await client.ping()));
  for (const { payload } of frames) expect(payload?.toString()).toBe(subject);
  const unanswered = ofPublisher.filter(({ op }) => op === 'HMSG');
  return { sids: frames.map(({ sid }) => Number(sid)), unanswered: unanswered.map(({ sid }) => sid) };
}

interface Seen {
  sids: number[];
  unanswered: unknown[];
}

function check({ sids, unanswered }: Seen, { plain, groups }: Receivers, asks: boolean): void {
  const ofGroups = groups.map((group) => sids.filter((sid) => group.includes(sid)));
  expect(ofGroups.map((one) => one.length)).toEqual(groups.map(() => 1));
  const others = sids.filter((sid) => !ofGroups.flat().includes(sid));
  expect(others.sort((a, b) => a - b)).toEqual(plain);
  const nobody = plain.length === 0 && groups.length === 0;
  expect(unanswered).toEqual(asks && nobody ? ['reply'] : []);
}

proves(
  ['4.3-09', '4.3-01', '4.3-03'],
  'nothing crosses accounts, and nothing is missing in one',
  async () => {
    const server = await TestServer.start({ config: config() });
    const clients: RawClient[] = [];
    for (const { user } of CLIENTS) {
      const client = await server.open({ user, pass: user, headers: true, no_responders: true });
      await client.exchange('SUB reply.* reply\r\n', '');
      clients.push(client);
    }
    let round = 0;
    const rounds = fc.asyncProperty(
      fc.array(subscription, { maxLength: 12 }),
      fc.array(message, { maxLength: 12 }),
      async (subscriptions, messages) => {
        // A fresh part of the subject space each time: nothing of an earlier round may show.
        round += 1;
        const prefix = `r${round}.`;
        for (const [sid, { client, pattern, queue = '' }] of subscriptions.entries()) {
          clients[client]?.send(`SUB ${prefix}${pattern} ${queue} ${sid}\r\n`);
        }
        for (const client of clients) expect(await client.ping()).toEqual([]);
        for (const message of messages) {
          const seen = await publish(clients, message, prefix + message.subject);
          check(seen, receiversOf(message, subscriptions), message.asks);
        }
        for (const [sid, { client }] of subscriptions.entries()) clients[client]?.send(`UNSUB ${sid}\r\n`);
      },
    );
    await fc.assert(rounds, { numRuns: ROUNDS });
  },
  { timeout: 120_000 },
);

const NAMES = ['u', 'v', 'w', 'x', 'y', 'z'];
const NOWHERE = 'nowhere';
/** The account of each user; some have none. */
const placement = fc.array(fc.constantFrom('A', 'A', 'B', 'B', 'C', NOWHERE), {
  minLength: NAMES.length,
  maxLength: NAMES.length,
});

/** One user stays where it is, so that somebody always may connect. */
function placed(accounts: readonly string[]): string {
  const blocks = ['A', 'B', 'C'].map((account) => {
    const names = NAMES.filter((_, at) => accounts[at] === account);
    const users = names.map((name) => `{ user: ${name}, password: ${name} }`).join(', ');
    return names.length === 0 ? '' : `${account} { users: [ ${users} ] }\n`;
  });
  return `authorization { timeout: 60, users: [ { user: stays, password: stays } ] }\naccounts {\n${blocks.join('')}}\n`;
}

async function reload(server: TestServer, config: string): Promise<void> {
  const from = server.log.length;
  writeConfig(server.dir, config);
  server.kill('SIGHUP');
  await server.waitForLog(/Reloaded server configuration|Failed to reload/, from);
}

/** A client of that user with a subscription, and nothing to read. */
async function join(server: TestServer, user: string): Promise<RawClient> {
  const client = await server.open({ user, pass: user });
  await client.exchange('SUB x 1\r\n', '');
  return client;
}

interface Present {
  client: RawClient;
  account: string | undefined;
}

/** Everyone publishes its own number, and hears those of its account. */
async function checkEveryone(present: readonly Present[]): Promise<void> {
  for (const [number, { client }] of present.entries()) client.send(pub('x', `${number}`));
  const heard: Frame[][] = [];
  // All have published when the last one has its PONG; a second one brings what came after the first.
  for (const { client } of present) heard.push(await client.ping());
  for (const [at, { client }] of present.entries()) heard[at]?.push(...(await client.ping()));
  for (const [at, { account }] of present.entries()) {
    const expected = present.flatMap((one, number) => (one.account === account ? [`${number}`] : []));
    expect(heard[at]?.map(({ payload }) => payload?.toString()).sort()).toEqual(expected);
  }
}

proves(
  ['4.3-09', '7.4-07', '7.4-08', '7.4-09'],
  'nothing crosses accounts and nobody is cut off by mistake while reloads move users',
  async () => {
    let before = NAMES.map(() => 'A');
    const server = await TestServer.start({ config: placed(before) });
    const clients: (RawClient | undefined)[] = [];
    for (const name of NAMES) clients.push(await join(server, name));
    const stays = await join(server, 'stays');
    const rounds = fc.asyncProperty(placement, async (after) => {
      await reload(server, placed(after));
      for (const [at, client] of clients.entries()) {
        if (before[at] === after[at]) continue;
        await client?.drainUntilClosed();
        clients[at] = after[at] === NOWHERE ? undefined : await join(server, NAMES[at] as string);
      }
      before = after;
      const present = [
        ...clients.map((client, at) => ({ client, account: after[at] })),
        { client: stays, account: '$G' },
      ];
      await checkEveryone(present.filter((one): one is Present => one.client !== undefined));
    });
    // Each round starts where the last one ended: a smaller case would not be the same one.
    await fc.assert(rounds, { numRuns: RELOADS, endOnFailure: true });
  },
  { timeout: 120_000 },
);
