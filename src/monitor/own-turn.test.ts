import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ownTurn } from './own-turn.js';

it('gives each turn of the event loop to one part, in the order in which they were asked for', async () => {
  const parts: string[] = [];
  const make = async (name: string) => {
    for (const part of [1, 2]) {
      await ownTurn();
      parts.push(`${name}${part}`);
    }
  };
  const all = Promise.all([make('a'), make('b'), make('c')]);
  for (let turn = 1; turn <= 6; turn += 1) {
    await nextTurn();
    expect(parts).toHaveLength(turn);
  }
  await all;
  expect(parts).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
});
