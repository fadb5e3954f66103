/** Which requests are answered together, and when. The clock is scripted; the turns of the event loop are real. */
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WaitingRequests } from './waiting.js';

let nowMs: number;
let answered: string[];
let waiting: WaitingRequests;

beforeEach(() => {
  nowMs = 1000;
  answered = [];
  waiting = new WaitingRequests();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => void vi.restoreAllMocks());

const client = (name: string) => name as unknown as ServerResponse;

/** As the server does. Making the answer takes `ms`. */
function ask(what: string, name: string, ms = 0): void {
  if (waiting.join(what, client(name))) return;
  waiting.add(what, client(name), (clients) => {
    answered.push(`${what}: ${clients.join(' ')}`);
    nowMs += ms;
  });
}

it('gives one answer to all that ask for the same in one turn, and another to those who come later', async () => {
  ask('/varz', 'ann');
  ask('/connz', 'bob');
  ask('/varz', 'cid');
  expect(answered).toEqual([]);
  await nextTurn();
  expect(answered).toEqual(['/varz: ann cid', '/connz: bob']);
  ask('/varz', 'dan');
  await nextTurn();
  expect(answered.slice(2)).toEqual(['/varz: dan']);
});

it('lets the event loop have its turn after a few milliseconds of work', async () => {
  ask('/a', 'ann', 2);
  ask('/b', 'bob', 2);
  ask('/c', 'cid', 2);
  await nextTurn();
  expect(answered).toEqual(['/a: ann', '/b: bob']);
  ask('/c', 'dan');
  await nextTurn();
  expect(answered.slice(2)).toEqual(['/c: cid dan']);
});

it('waits for the requests of connections that were just accepted', async () => {
  ask('/varz', 'ann');
  waiting.expectMore();
  await nextTurn();
  expect(answered).toEqual([]);
  ask('/varz', 'bob');
  await nextTurn();
  expect(answered).toEqual(['/varz: ann bob']);
});

it('waits no longer than two milliseconds for connections that keep coming', async () => {
  ask('/varz', 'ann');
  for (; nowMs < 1002; nowMs += 1) {
    waiting.expectMore();
    await nextTurn();
    expect(answered).toEqual([]);
  }
  waiting.expectMore();
  await nextTurn();
  expect(answered).toEqual(['/varz: ann']);
});

it('answers nobody once it is closed', async () => {
  ask('/varz', 'ann');
  waiting.close();
  await nextTurn();
  expect(answered).toEqual([]);
});
