/** Listeners of a broker's events belong to its owner: their mistakes are not the broker's. */
import { expect, test } from 'vitest';
import { runProgram } from './programs.js';

test('a listener that throws loses no event, and neither reload nor stop wait for it', async () => {
  expect(await runProgram('listener-throws.mjs')).toEqual({
    code: 0,
    signal: null,
    stdout: '[3,3,true,3]\n',
    stderr: '',
  });
});
