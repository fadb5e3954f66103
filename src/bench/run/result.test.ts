import { describe, expect, it } from 'vitest';
import type { LoadReport } from '../../native/load-contract.js';
import { parseCommand } from '../flags/parse.js';
import { reportOf } from '../testing/fakes.js';
import { compare, notWhole } from './compare.js';
import { type Observed, type ResultParts, resultOf } from './result.js';

const info = {
  version: '2.15.2',
  runtime: 'go1.26.8',
  label: 'nats-server 2.15.2',
  jetstream: false,
  tlsRequired: false,
  maxPayload: 1024,
};

function observed(report: Partial<LoadReport> = {}, more: Partial<Observed> = {}): Observed {
  const base = {
    connections: 2,
    rates: [],
    costSource: 'process 1',
    fresh: true,
    threads: 1,
    latencyEvery: 1,
  };
  return { report: reportOf(report), ...base, ...more };
}

function result(runs: Observed[], line = 'pubsub', more: Partial<ResultParts> = {}) {
  const command = parseCommand(line.split(' '));
  if (command.action !== 'run') throw new Error('not a run');
  const { verb, argument, flags } = command;
  const work = { verb: verb.name, title: line, argument, flags };
  return resultOf({ work, headline: 'deliveredPerSecond', url: 'nats://x:1', servers: ['x:1'], info, runs, ...more });
}

const ledger = { name: 'x', expected: 10, received: 10, lost: 0, duplicated: 0, reordered: 0, foreign: 0 };
const cost = {
  cpuSeconds: 0.4,
  userSeconds: 0.1,
  systemSeconds: 0.3,
  peakRssBytes: 5e6,
  rssBytes: 4e6,
  voluntarySwitches: 10,
  involuntarySwitches: 4,
};

describe('a result', () => {
  it('adds counts, averages rates', () => {
    const found = result([observed(), observed({ seconds: 1, published: 2000, delivered: 2000 })]);
    expect(found).toMatchObject({ published: 3000, delivered: 3000, seconds: 3 });
    expect(found.deliveredPerSecond).toBe((500 + 2000) / 2);
    expect(found.spread.deliveredPerSecond).toMatchObject({ n: 2, min: 500, max: 2000 });
    expect(found.repeats).toHaveLength(2);
  });

  it('relates cost to messages both ways', () => {
    const found = result([observed({ process: cost })]);
    expect(found.server).toMatchObject({ peakRssBytes: 5e6, voluntarySwitchesPerMillion: 5000 });
    expect(found.server.cpuSecondsPerMillion).toBeCloseTo(200, 6);
  });

  it('takes the cost of a monitoring port where there is no process', () => {
    const varz = { peakRssBytes: 7, cpuPercent: 50 };
    const found = result([observed({ seconds: 4 }, { varz })]);
    expect(found.server.peakRssBytes).toBe(7);
    expect(found.server.cpuSecondsPerMillion).toBeCloseTo(1000, 6);
    const short = result([observed({}, { varz: { peakRssBytes: 7, cpuPercent: null } })]);
    expect(short.server.cpuSecondsPerMillion).toBeNull();
    expect(short.notMeasured.join()).toContain('runs of several seconds');
  });

  it('adds what the books and the stream miss', () => {
    const books = [
      { ...ledger, lost: 2, duplicated: 1 },
      { ...ledger, reordered: 4 },
    ];
    const found = result([observed({ ledgers: books }, { verified: { lost: 3, duplicated: 0 } })]);
    expect(found).toMatchObject({ lost: 5, duplicated: 1, reordered: 4 });
    expect(notWhole(found)).toBe(true);
    expect(notWhole(result([observed()]))).toBe(false);
  });

  it('does not call lost what a stopped run had under way', () => {
    const found = result([observed({ stopped: true, ledgers: [{ ...ledger, lost: 9 }] })]);
    expect(found).toMatchObject({ lost: 0, stopped: true });
    expect(found.notMeasured.join()).toContain('stopped');
  });

  it('calls a request without answer lost, unless the run was stopped', () => {
    const errors = [{ text: 'a request was not answered', count: 3 }];
    expect(result([observed({ errors })], 'request')).toMatchObject({ lost: 3, errors: 0 });
    expect(result([observed({ errors, stopped: true })], 'request')).toMatchObject({ lost: 0, errors: 0 });
  });

  it('counts errors and cut-offs', () => {
    const errors = [{ text: 'a', count: 2 }];
    const found = result([observed({ errors, slowConsumers: 1 }), observed({ errors })]);
    // A cut-off is one of the connections that were closed.
    expect(found).toMatchObject({ errors: 4, slowConsumers: 1, errorTexts: [{ text: 'a', count: 4 }] });
  });

  it('says what it did not measure', () => {
    const tiny = result([observed({ notMeasured: ['latency', 'sequence'] })], 'pubsub --size 4');
    expect(tiny.notMeasured.join()).toMatch(/4 bytes has no room for a send time.*no room for a sequence/);
    expect(tiny).toMatchObject({ duplicated: null, reordered: null, latencyUs: null });
    expect(result([observed({}, { costSource: null })]).notMeasured.join()).toContain('--monitor');
    expect(result([observed()], 'pub').notMeasured.join()).toContain('nobody receives');
  });

  it('says which messages were too small where sizes differ', () => {
    const mixed = result([observed({ notMeasured: ['latency', 'sequence'] })], 'pubsub --size 4..100');
    expect(mixed.notMeasured.slice(0, 2)).toEqual([
      'latency of messages below 16 bytes: they have no room for a send time',
      'duplicates and order of messages below 8 bytes: they have no room for a sequence number',
    ]);
  });

  it('leaves out what strangers sent, and still looks at its own', () => {
    const foreign = { ...ledger, received: 14, foreign: 3, duplicated: 1 };
    const found = result([observed({ ledgers: [foreign] })]);
    expect(found).toMatchObject({ duplicated: 1, reordered: 0, errors: 0 });
    expect(found.notes.join()).toContain('cost the server too: 3');
    expect(result([observed({ ledgers: [foreign] })], 'js consume').duplicated).toBeNull();
  });

  it('finds duplicates by their sum where there is no number to tell them by', () => {
    const surplus = { ledgers: [{ ...ledger, received: 12 }], notMeasured: ['sequence' as const] };
    const found = result([observed(surplus)], 'pubsub --size 4');
    expect(found).toMatchObject({ errors: 2, errorTexts: [{ text: 'more messages came than were sent', count: 2 }] });
    expect(result([observed(surplus)], 'sub').errors).toBe(0);
  });

  it('says when lost connections cut it short', () => {
    const errors = [{ text: 'closed', count: 1 }];
    const notes = (report: Partial<LoadReport>, line: string) => result([observed(report)], line).notes.join();
    expect(notes({ errors, seconds: 1 }, 'pubsub --duration 2s')).toContain('cut short');
    expect(notes({ errors, published: 999 }, 'pubsub --msgs 1000')).toContain('cut short');
    expect(notes({ errors, seconds: 2 }, 'pubsub --duration 2s')).toBe('');
    expect(notes({ errors, published: 1000 }, 'pubsub --msgs 1000')).toBe('');
    expect(notes({ seconds: 1, stopped: true }, 'pubsub --duration 2s')).toBe('stopped before its end');
  });

  it('says over which servers the clients are dealt, and whose cost is missing', () => {
    const found = result([observed({}, { costSource: null })], 'pubsub', { servers: ['x:1', 'y:1'] });
    expect(found.notes.join()).toContain('over 2 servers: x:1, y:1');
    expect(found.notMeasured.join()).toContain('several servers');
  });

  it('says when the generator was the limit', () => {
    expect(result([observed({ generatorCpuSeconds: 1.99 })]).notes.join()).toContain('--threads');
    expect(result([observed({ generatorCpuSeconds: 1 })]).notes).toEqual([]);
  });

  it('tells what each moment brought', () => {
    const timeline = [
      { atMs: 100, published: 5, delivered: 3 },
      { atMs: 200, published: 9, delivered: 9 },
    ];
    expect(result([observed({ timeline })]).timeline).toEqual([
      { atMs: 100, published: 5, delivered: 3 },
      { atMs: 200, published: 4, delivered: 6 },
    ]);
  });

  it('sums up many connections by kind', () => {
    const client = {
      client: 0,
      connection: 0,
      name: 'c',
      role: 'publisher' as const,
      published: 10,
      delivered: 0,
      seconds: 2,
      sendSeconds: 1,
    };
    const few = result([observed({ clients: [client, client] })]);
    expect(few.clients).toHaveLength(2);
    expect(few.clients[0]?.publishedPerSecond).toBe(10);
    const many = result([observed({ clients: Array.from({ length: 100 }, () => client) })]);
    expect(many.clients).toMatchObject([{ published: 1000, publishedPerSecond: 1000 }]);
  });

  it('sums up many pairs, too, although each has a name of its own', () => {
    const one = { role: 'publisher' as const, connection: 0, published: 1, delivered: 0, seconds: 1, sendSeconds: 1 };
    const clients = Array.from({ length: 100 }, (_, client) => ({ ...one, client, name: `publisher ${client + 1}` }));
    expect(result([observed({ clients })]).clients).toMatchObject([{ name: 'publisher', published: 100 }]);
  });

  it('counts what nobody receives until the server has it', () => {
    const sent = result([observed({ delivered: 0 })], 'pub', { headline: 'publishedPerSecond' });
    expect(sent.publishedPerSecond).toBe(500);
    expect(result([observed()]).publishedPerSecond).toBe(1000);
  });

  it('says why there is no cost', () => {
    const texts = (one: Observed, line = 'pubsub') => result([one], line).notMeasured.join();
    expect(texts(observed({ process: cost }))).not.toContain('cost');
    expect(texts(observed())).toContain('process ended');
    expect(texts(observed({ stopped: true }))).not.toContain('cost');
    expect(texts(observed({}, { varz: { peakRssBytes: null, cpuPercent: null } }))).toContain('did not answer');
  });

  it('says when a rate was not reached', () => {
    const at = (rate: number) => result([observed()], `pubsub --rate ${rate}`).notes.join();
    expect(at(1050)).not.toContain('not reached');
    expect(at(1100)).toContain('not reached');
  });

  it('says which line of a scenario did not reach its rate, and nothing where nothing was sent', () => {
    const one = { role: 'publisher' as const, connection: 0, delivered: 0, seconds: 2, sendSeconds: 2 };
    const clients = [
      { ...one, client: 0, name: '1: publisher', published: 200 },
      { ...one, client: 2, name: '2: publisher', published: 150 },
    ];
    const { notes } = result([observed({ clients }, { rates: [100, undefined, 100] })], 'mixed file');
    expect(notes).toEqual([expect.stringContaining('not reached by 2: publisher')]);
    expect(result([observed({ published: 0, delivered: 0 })], 'pubsub --rate 1k').notes).toEqual([]);
  });

  it('has the order and the duplicates of what a stream numbers, but no latency', () => {
    const read = result([observed({ ledgers: [{ ...ledger, duplicated: 2, reordered: 3 }] })], 'js consume');
    expect(read).toMatchObject({ duplicated: 2, reordered: 3 });
    expect(read.notMeasured.join()).toContain('latency: the messages were stored before');
  });

  it('takes Ctrl-C for the regular end where there is no other', () => {
    const stopped = [observed({ stopped: true })];
    expect(result(stopped, 'service')).toMatchObject({ stopped: false, notes: [] });
    expect(result(stopped, 'sub --msgs 5')).toMatchObject({ stopped: true });
  });

  it('gives no memory per connection where memory of earlier work hides it', () => {
    const runs = [observed({ process: cost }, { rssBefore: 5e6, connections: 1000, fresh: false })];
    const found = result(runs, 'conns', { headline: 'connectsPerSecond' });
    expect(found.server.bytesPerConnection).toBeUndefined();
    expect(found.notes.join()).toContain('--spawn');
  });

  it('gives memory per connection where connections are the work', () => {
    const runs = [observed({ process: cost, published: 0, delivered: 0 }, { rssBefore: 3e6, connections: 1000 })];
    const found = result(runs, 'conns', { headline: 'connectsPerSecond' });
    expect(found.server.bytesPerConnection).toBe(1000);
    expect(found.connectsPerSecond).toBe(10_000);
    expect(found.server.cpuSecondsPerMillion).toBeNull();
  });
});

describe('a comparison', () => {
  const side = (name: 'a' | 'b', runs: Observed[]) => result(runs, 'pubsub', { side: name });
  const work = { verb: 'pubsub' as const, title: 'x', argument: 'bench', flags: {} };

  it('has medians, ratios in favour of b above 1, and their spread over the rounds', () => {
    const a = side(
      'a',
      [500, 1000, 1500].map((delivered) => observed({ delivered, process: cost })),
    );
    const b = side(
      'b',
      [2000, 2000, 1500].map((delivered) => observed({ delivered, process: cost })),
    );
    const row = compare({ work, results: [a, b] });
    expect(row).toMatchObject({ a: 500, b: 1000, ratio: 2, spread: { low: 1, high: 4 } });
    expect(row.metrics[0]?.metric).toBe('deliveredPerSecond');
    const cpu = row.metrics.find(({ metric }) => metric === 'cpuSecondsPerMillion');
    expect(cpu?.ratio).toBeGreaterThan(1);
    expect(row.failed).toBeUndefined();
  });

  it('says which side was not whole, or not there', () => {
    const bad = side('b', [observed({ ledgers: [{ ...ledger, lost: 1 }] })]);
    expect(compare({ work, results: [side('a', [observed()]), bad] }).failed).toMatch(/^B lost/);
    const alone = compare({ work, results: [side('a', [observed()])] });
    expect(alone).toMatchObject({ a: 500, b: null, ratio: null, spread: null });
    expect(alone.failed).toContain('both servers');
  });

  it('names one rate where answers are what is delivered', () => {
    const request = { ...work, verb: 'request' as const };
    const names = (of: typeof work | typeof request) =>
      compare({ work: of, results: [side('a', [observed()]), side('b', [observed()])] }).metrics.map(
        (one) => one.metric,
      );
    expect(names(request)).not.toContain('publishedPerSecond');
    expect(names(work)).toContain('publishedPerSecond');
  });
});
