/** Events with scripted listeners: what is told, what costs nothing, and when the timers tell something. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InternalClient, PublishOptions } from '../internal/index.js';
import { FakeSource } from '../monitor/testing/fake-source.js';
import { connection } from '../native/testing/fake-addon.js';
import { SystemEvents } from './events.js';
import type { SystemHost } from './host.js';

interface Published {
  subject: string;
  account: string | undefined;
  event: Record<string, unknown> & { client: Record<string, unknown>; conns: number };
}

let published: Published[];
let heard: Set<string>;
let asked: string[];
let broadcasts: number;
let flushes: number;
let statsReads: number;
let stopping: boolean;
let events: SystemEvents;

beforeEach(() => {
  published = [];
  heard = new Set();
  asked = [];
  broadcasts = 0;
  flushes = 0;
  statsReads = 0;
  stopping = false;
  let number = 0;
  const source = new FakeSource();
  const { stats } = source;
  source.stats = () => {
    statsReads += 1;
    if (stopping) throw new Error('the broker has stopped');
    return stats.call(source);
  };
  const client = {
    publish: (subject: string, data: string, { account }: PublishOptions) =>
      void published.push({ subject, account, event: JSON.parse(data) }),
    flush: async () => {
      flushes += 1;
    },
  };
  const host = {
    serverId: 'ME',
    client: client as unknown as InternalClient,
    options: () => source.options,
    source: () => source,
    advertisedHost: () => 'here',
    nextEventNumber: () => {
      number += 1;
      return number;
    },
    hasListeners: (account: string, ...subjects: string[]) => {
      asked.push(...subjects);
      return subjects.some((subject) => heard.has(`${account} ${subject}`));
    },
    log: () => {},
  } as unknown as SystemHost;
  events = new SystemEvents(host, () => {
    broadcasts += 1;
  });
});
afterEach(() => {
  events.close();
  vi.useRealTimers();
});

const listen = (...subjects: string[]) => subjects.forEach((subject) => void heard.add(`SYS ${subject}`));
const settled = () => vi.waitFor(() => expect(published.length).toBeGreaterThan(0));

describe('clients', () => {
  it('are told to those who listen, and nothing is written for nobody', async () => {
    events.follow('SYS');
    events.connected(connection(1, { account: 'OTHER' }));
    expect(asked).toEqual([
      ...['$SYS.ACCOUNT.OTHER.CONNECT', '$SYS.SERVER.ACCOUNT.OTHER.CONNS', '$SYS.ACCOUNT.OTHER.SERVER.CONNS'],
    ]);
    listen('$SYS.ACCOUNT.OTHER.SERVER.CONNS', '$SYS.ACCOUNT.OTHER.DISCONNECT');
    await nextTurn();
    events.connected(connection(2, { account: 'OTHER' }));
    events.disconnected(connection(1, { account: 'OTHER', stopMs: 1000, reason: 'Kicked' }));
    await vi.waitFor(() => expect(published).toHaveLength(3));
    expect(published.map(({ subject, account }) => [subject, account])).toEqual([
      ['$SYS.ACCOUNT.OTHER.SERVER.CONNS', 'SYS'],
      ['$SYS.ACCOUNT.OTHER.SERVER.CONNS', 'SYS'],
      ['$SYS.ACCOUNT.OTHER.DISCONNECT', 'SYS'],
    ]);
    expect(published[0]?.event.conns).toBe(1);
    expect(published[2]?.event).toMatchObject({ reason: 'Kicked', timestamp: '1970-01-01T00:00:01Z' });
  });

  it('that come together are asked for once, and the figures of accounts are read once', async () => {
    events.follow('SYS');
    listen('$SYS.ACCOUNT.OTHER.CONNECT', '$SYS.ACCOUNT.OTHER.SERVER.CONNS');
    for (let cid = 1; cid <= 100; cid += 1) events.connected(connection(cid, { account: 'OTHER' }));
    await vi.waitFor(() => expect(published).toHaveLength(200));
    expect(asked).toHaveLength(3 + 3);
    expect(statsReads).toBe(1);
  });

  it('are asked for again in the next task, when somebody may listen by then', async () => {
    events.follow('SYS');
    events.connected(connection(1, { account: 'OTHER' }));
    await nextTurn();
    listen('$SYS.ACCOUNT.OTHER.CONNECT');
    events.connected(connection(2, { account: 'OTHER' }));
    await settled();
    expect(published.map(({ event }) => event.client.id)).toEqual([2]);
  });

  it('are not told where there is no system account', () => {
    events.connected(connection(1));
    events.disconnected(connection(1));
    expect(asked).toEqual([]);
  });

  it('in $G have no connections of an account', async () => {
    events.follow('SYS');
    listen('$SYS.ACCOUNT.$G.CONNECT', '$SYS.SERVER.ACCOUNT.$G.CONNS');
    events.connected(connection(1, { account: '$G' }));
    await settled();
    expect(published.map(({ subject }) => subject)).toEqual(['$SYS.ACCOUNT.$G.CONNECT']);
  });

  it('are all told, in order, however many come at once', async () => {
    events.follow('SYS');
    listen('$SYS.ACCOUNT.OTHER.CONNECT');
    let turns = 0;
    const count = () => {
      turns += 1;
      if (published.length < 10_000) setImmediate(count);
    };
    setImmediate(count);
    for (let cid = 1; cid <= 10_000; cid += 1) events.connected(connection(cid, { account: 'OTHER' }));
    await vi.waitFor(() => expect(published).toHaveLength(10_000), 10_000);
    expect(published.map(({ event }) => event.client.id)).toEqual(Array.from({ length: 10_000 }, (_, at) => at + 1));
    expect(turns).toBeGreaterThan(1);
    expect(flushes).toBe(2);
  });

  it('that stay after a reload are told once more, in accounts that someone listens to', async () => {
    events.follow('SYS');
    let listed = 0;
    const all = () => {
      listed += 1;
      return [connection(1, { account: 'A' }), connection(2, { account: 'B' }), connection(3)];
    };
    events.reloaded(all, ['A', 'B', '$G']);
    expect(listed).toBe(0);
    listen('$SYS.ACCOUNT.B.CONNECT', '$SYS.ACCOUNT.B.SERVER.CONNS');
    events.reloaded(all, ['A', 'B', '$G']);
    await settled();
    expect(published.map(({ subject, event }) => [subject, event.client.id])).toEqual([['$SYS.ACCOUNT.B.CONNECT', 2]]);
  });
});

describe('timers', () => {
  it('send statistics often at first, then every ten seconds, while someone listens', () => {
    vi.useFakeTimers();
    events.follow('SYS');
    vi.advanceTimersByTime(250);
    expect(broadcasts).toBe(0);
    listen('$SYS.SERVER.ME.STATSZ');
    // After 750, 1750, 3750, 7750 ms; 15.75 s; then every 10 s.
    for (const [ms, count] of [
      [499, 0],
      [1, 1],
      [1000, 2],
      [2000, 3],
      [4000, 4],
      [8000, 5],
      [9999, 5],
      [1, 6],
      [10_000, 7],
    ] as const) {
      vi.advanceTimersByTime(ms);
      expect(broadcasts).toBe(count);
    }
    events.close();
    vi.advanceTimersByTime(60_000);
    expect(broadcasts).toBe(7);
  });

  it('sends them once where a system account went away and came back', () => {
    vi.useFakeTimers();
    for (const account of ['SYS', undefined, 'SYS']) events.follow(account);
    listen('$SYS.SERVER.ME.STATSZ');
    vi.advanceTimersByTime(250);
    expect(broadcasts).toBe(1);
    events.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tell the connections of every account that has any', async () => {
    vi.useFakeTimers();
    events.follow('SYS');
    listen('$SYS.SERVER.ACCOUNT.OTHER.CONNS', '$SYS.SERVER.ACCOUNT.UNUSED.CONNS', '$SYS.SERVER.ACCOUNT.$G.CONNS');
    vi.advanceTimersByTime(30_000);
    vi.useRealTimers();
    await settled();
    expect(published.map(({ subject }) => subject)).toEqual(['$SYS.SERVER.ACCOUNT.OTHER.CONNS']);
  });
});

it('tells nothing after the end was announced', async () => {
  events.follow('SYS');
  await events.shutdown();
  expect([published, flushes]).toEqual([[], 0]);
});

it('tells what happened before the end', async () => {
  events.follow('SYS');
  listen('$SYS.SERVER.ME.SHUTDOWN', '$SYS.ACCOUNT.OTHER.CONNECT');
  for (const cid of [1, 2]) {
    events.connected(connection(cid, { account: 'OTHER' }));
    // The second one waits while there is a pause after the first.
    while (published.length === 0) await nextTurn();
  }
  expect(published).toHaveLength(1);
  // No figures can be read by then.
  listen('$SYS.ACCOUNT.OTHER.SERVER.CONNS');
  stopping = true;
  await events.shutdown();
  expect(published.map(({ subject }) => subject)).toEqual([
    ...['$SYS.ACCOUNT.OTHER.CONNECT', '$SYS.ACCOUNT.OTHER.CONNECT', '$SYS.SERVER.ME.SHUTDOWN'],
  ]);
});

it('announces the end and waits until that is delivered', async () => {
  events.follow('SYS');
  listen('$SYS.SERVER.ME.LAMEDUCK', '$SYS.SERVER.ME.SHUTDOWN', '$SYS.ACCOUNT.OTHER.CONNECT');
  await events.lameDuck();
  expect(published.map(({ subject, event }) => [subject, event.id])).toEqual([['$SYS.SERVER.ME.LAMEDUCK', 'NSERVER']]);
  expect(flushes).toBe(1);
  events.connected(connection(1, { account: 'OTHER' }));
  expect(events.announcesShutdown).toBe(false);
  await events.shutdown();
  expect(published).toHaveLength(1);
});
