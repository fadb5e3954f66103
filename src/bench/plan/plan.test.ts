import { describe, expect, it } from 'vitest';
import { parseCommand } from '../flags/parse.js';
import { coreShape } from './core.js';
import { mixedShape } from './mixed.js';
import { groups, type Shape } from './work.js';

function shape(line: string): Shape {
  const command = parseCommand(line.split(' '));
  if (command.action !== 'run') throw new Error('not a run');
  const { verb, argument, flags } = command;
  return coreShape({ verb: verb.name, title: line, argument, flags }) as Shape;
}

function sent(found: Shape): number {
  return found.clients.reduce(
    (sum, client) => sum + ('messages' in client ? (client.messages ?? 0) * client.connections : 0),
    0,
  );
}

/** Every ledger that a client names exists, and every ledger is written by a client. */
function ledgersFit(found: Shape): void {
  const read = new Set(found.clients.flatMap((client) => ('ledger' in client ? [client.ledger] : [])));
  const written = new Set(found.clients.flatMap((client) => ('ledgers' in client ? client.ledgers : [])));
  expect([...read].sort((a, b) => a - b)).toEqual(found.ledgers.map((_, index) => index));
  for (const ledger of written) expect(read).toContain(ledger);
}

describe('messages', () => {
  it.each(['pub --clients 3', 'pubsub --pub 3 --sub 3', 'pubsub --pub 3 --sub 2', 'request --clients 3', 'match'])(
    '%s sends exactly what --msgs says',
    (line) => {
      const found = shape(`${line} --msgs 100`);
      expect(sent(found)).toBe(100);
      ledgersFit(found);
    },
  );

  it('more clients than messages: some have nothing to do', () => {
    expect(groups(2, 5)).toEqual([{ connections: 2, messages: 1 }]);
    expect(sent(shape('pubsub --pub 5 --sub 5 --msgs 2'))).toBe(2);
  });

  it('time replaces the number', () => {
    const found = shape('pubsub --duration 3s');
    expect(found.measureMs).toBe(3000);
    expect(sent(found)).toBe(0);
  });

  it('the rate is shared among the senders', () => {
    const { clients } = shape('pub --clients 4 --rate 1000');
    expect(clients).toMatchObject([{ connections: 4, rate: 250 }]);
  });
});

describe('who hears whom', () => {
  it('pairs have subjects and books of their own', () => {
    const { clients, ledgers } = shape('pubsub x --pub 2 --sub 2');
    expect(ledgers.map(({ copies }) => copies)).toEqual([1, 1]);
    expect(clients.map((client) => ('subjects' in client ? client.subjects.pattern : client.role))).toEqual([
      'x.p0',
      'subscriber',
      'x.p1',
      'subscriber',
    ]);
  });

  it('fan-out: as many copies as subscribers', () => {
    expect(shape('pubsub --sub 50').ledgers).toEqual([{ name: 'fan-out', copies: 50 }]);
    expect(shape('pubsub --pub 2 --sub 2 --fanout').ledgers).toEqual([{ name: 'fan-out', copies: 2 }]);
  });

  it('a queue group: one copy', () => {
    const { clients, ledgers } = shape('pubsub --sub 8 --queue q');
    expect(ledgers).toMatchObject([{ copies: 1 }]);
    expect(clients[1]).toMatchObject({ connections: 8, subscriptions: { queue: 'q' } });
  });

  it('subjects in turn are heard through a wildcard', () => {
    const [sender, listener] = shape('pubsub x --subjects 10 --random').clients;
    expect(sender).toMatchObject({ subjects: { pattern: 'x.{}', count: 10, order: 'random' } });
    expect(listener).toMatchObject({ subscriptions: { pattern: 'x.*' } });
  });

  it('a subscriber with a number and a time ends at whichever comes first, and misses nothing then', () => {
    const both = shape('sub x --msgs 100 --duration 3s');
    expect(both).toMatchObject({ stopAfter: 100, measureMs: 3000, ledgers: [{ alreadyStored: 0 }] });
    expect(both.quietMs).toBeUndefined();
    expect(shape('sub x --msgs 100 --clients 2')).toMatchObject({ stopAfter: 200, ledgers: [{ alreadyStored: 200 }] });
  });

  it('responders share the requests', () => {
    const { clients } = shape('request --responders 3');
    expect(clients[1]).toMatchObject({ role: 'responder', connections: 3, subscriptions: { queue: 'nats-bench' } });
    expect(shape('request --responders 0').clients.map(({ role }) => role)).toEqual(['requester']);
  });

  it('match shares its subscriptions among the connections', () => {
    expect(shape('match --subscriptions 1k --clients 2').clients[1]).toMatchObject({
      connections: 2,
      subscriptions: { count: 1000, split: true },
    });
  });

  it('a group and a fan-out exclude each other', () => {
    expect(() => shape('pubsub --queue q --fanout')).toThrow('contradict');
  });
});

describe('a scenario', () => {
  it('puts all lines into one run, with books apart', () => {
    const text =
      '# a shop\npubsub --pub 2 --sub 2 --msgs 10\n\nrequest --msgs 7\npubsub --sub 3 --msgs 5\nconns --clients 4\n';
    const found = mixedShape(text, 'shop', {});
    expect(sent(found)).toBe(22);
    ledgersFit(found);
    expect(found.measureMs).toBeUndefined();
    const heard = found.clients.flatMap((client) => ('subscriptions' in client ? [client.subscriptions.pattern] : []));
    expect(new Set(heard).size).toBe(heard.length);
  });

  it('takes the time from outside', () => {
    expect(mixedShape('pub', 'x', { duration: 500 }).measureMs).toBe(500);
  });

  it.each([
    ['pub\nsub', 'x:2: a scenario holds only'],
    ['pub --json x', 'x:1: --json goes behind "mixed"'],
    ['pub --duration 1s', 'x:1: --duration goes behind'],
    ['# nothing', 'x holds no work'],
    ['pub "a', 'x:1: " is never closed'],
  ])('refuses %j', (text, message) => expect(() => mixedShape(text, 'x', {})).toThrow(message));

  it('does not send more than a line says because the whole has a time', () => {
    const text = 'pubsub\nrequest --msgs 100';
    expect(() => mixedShape(text, 'x', { duration: 1000 })).toThrow('x:2: --msgs and the --duration behind "mixed"');
  });
});
