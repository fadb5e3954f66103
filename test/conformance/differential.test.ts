/**
 * Section 1.7: the same random ops, sent to the server under test and to the reference, must give each
 * connection the same frames. What the protocol leaves free is taken out of the comparison: the order of
 * messages between two barriers, the subscription that gets a 503, and which member of a queue group got a message.
 */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Frame } from '../support/frames.js';
import { compares } from '../support/proves.js';
import { Random } from '../support/random.js';
import { openClient, type RawClient } from '../support/raw.js';
import { referenceCommand, TestServer } from '../support/server.js';

const CONNECTIONS = 3;
const reference = referenceCommand();

const SUBS = [
  'a',
  'b',
  'a.b',
  'a.*',
  '*.b',
  'a.>',
  '>',
  '*',
  'a.b.c',
  '*.*.*',
  'a..b',
  '.',
  'a.>.b',
  'a*',
  'r.1',
  'r.*',
];
const PUBS = ['a', 'b', 'a.b', 'a.c', 'c.b', 'a.b.c', 'x.y.z', 'a*', 'a.*', '>', 'a.', '.a', 'a..b', 'nobody', 'r.1'];
const REPLIES = ['', '', 'r.1', 'r.2', 'none', '_R_.x', '$JS.ACK.y'];
const BLANKS = [' ', ' ', '  ', '\t', ' \t '];
// Never pedantic: the reference repeats its complaint when a message is split between two reads.
const PROFILES: Record<string, unknown>[] = [
  { echo: true, headers: true, no_responders: true },
  { echo: false, headers: true, no_responders: true },
  { echo: false, headers: false, protocol: 0 },
  { echo: true, headers: false, verbose: true },
];

interface Step {
  connection: number;
  bytes: string;
}

type Profile = Record<string, unknown>;

function script(seed: number, steps: number): { profiles: Profile[]; steps: Step[] } {
  const random = new Random(seed);
  const next = (below: number) => random.below(below);
  const pick = <T>(list: readonly T[]): T => random.pick(list);
  const profiles = Array.from({ length: CONNECTIONS }, () => pick(PROFILES));
  const list = Array.from({ length: steps }, () => {
    const connection = next(CONNECTIONS);
    return { connection, bytes: op(profiles[connection] as Profile) };
  });
  return { profiles, steps: list };

  function op(profile: Profile): string {
    const blank = pick(BLANKS);
    const sid = next(8);
    const kind = next(20);
    if (kind < 5) {
      // A queue name belongs to one connection and one subscription each, so that its member is certain.
      return `SUB${blank}${pick(SUBS)}${blank}${sid}\r\n`;
    }
    if (kind < 6) return `SUB${blank}${pick(SUBS)}${blank}only-${next(1e9)}${blank}${sid}\r\n`;
    if (kind < 8) return `UNSUB${blank}${sid}\r\n`;
    if (kind < 10) return `UNSUB${blank}${sid}${blank}${pick(['1', '2', '3', '5', '0', 'x'])}\r\n`;
    if (kind < 11) return pick(['PING\r\n', 'pong\n', '+OK\r\n', 'PING and more\r\n', 'INFO {}\r\n']);
    const payload = 'x'.repeat(next(40)) + next(1000);
    const reply = pick(REPLIES);
    const middle = `${blank}${pick(PUBS)}${blank}${reply ? reply + blank : ''}`;
    if (kind < 14 && profile.headers) {
      const header = pick(['NATS/1.0\r\nA: b\r\n\r\n', 'NATS/1.0\r\n\r\n', '', 'odd']);
      const total = header.length + payload.length;
      return `HPUB${middle}${header.length}${blank}${total}\r\n${header}${payload}\r\n`;
    }
    return `${pick(['PUB', 'pub'])}${middle}${pick(['', '0', '00'])}${payload.length}\r\n${payload}\r\n`;
  }
}

/**
 * Plays a script. Whenever the sending connection changes (and every so many steps) comes a barrier, so that
 * both servers see the connections in the same order.
 */
async function play(server: TestServer, seed: number, steps: number, barrierEvery: number): Promise<string[][]> {
  const { profiles, steps: list } = script(seed, steps);
  const clients: RawClient[] = [];
  for (const profile of profiles) clients.push(await openClient(server.port, profile));
  const seen: string[][] = clients.map(() => []);
  const pongsDue = clients.map(() => 0);
  let busy = -1;
  for (const [at, step] of list.entries()) {
    if (busy >= 0 && (busy !== step.connection || at % barrierEvery === 0)) await barrier();
    busy = step.connection;
    if (step.bytes.startsWith('PING')) pongsDue[busy] = (pongsDue[busy] ?? 0) + 1;
    clients[busy]?.send(step.bytes);
  }
  await barrier();
  for (const client of clients) client.destroy();
  return seen;

  /** The connection that sent comes first: then all it caused is on its way before the others are asked. */
  async function barrier(): Promise<void> {
    const order = [busy, ...clients.keys()].filter((n, i, all) => all.indexOf(n) === i);
    for (const n of order) {
      const frames: Frame[] = [];
      clients[n]?.send('PING\r\n');
      for (let due = (pongsDue[n] ?? 0) + 1; due > 0; due--) {
        frames.push(...((await clients[n]?.readUntil((frame) => frame.op === 'PONG', 'PONG')) ?? []));
      }
      pongsDue[n] = 0;
      seen[n]?.push(...normal(frames));
    }
  }
}

/** Messages sorted, everything else in its order in front. Which of several subscriptions gets a 503 is free. */
function normal(frames: Frame[]): string[] {
  const text = frames.map((frame) =>
    frame.headers?.toString('latin1').startsWith('NATS/1.0 503')
      ? `HMSG 503 ${frame.headers}`
      : frame.raw.toString('latin1'),
  );
  const isMessage = (line: string) => line.startsWith('MSG') || line.startsWith('HMSG');
  return [...text.filter((line) => !isMessage(line)), ...text.filter(isMessage).sort()];
}

describe('differential', () => {
  let ours: TestServer;
  let theirs: TestServer;

  beforeAll(async () => {
    if (!reference) return;
    ours = await TestServer.start();
    theirs = await TestServer.start({}, reference);
  });
  afterAll(async () => {
    await ours?.stop();
    await theirs?.stop();
  });

  for (let seed = 1; seed <= 40; seed++) {
    compares('1.7-12', `random ops, seed ${seed}: the same frames as the reference`, async () => {
      const barrierEvery = 1 + (seed % 7) * 3;
      const wanted = await play(theirs, seed, 150, barrierEvery);
      const got = await play(ours, seed, 150, barrierEvery);
      expect(got).toEqual(wanted);
      expect(wanted.flat().filter((line) => line.includes('MSG ')).length).toBeGreaterThan(10);
    });
  }
});
