/** Brokers in worker threads, as test runners with a thread pool have them: nothing crashes and nothing hangs. */
import { expect, it } from 'vitest';
import { runProgram } from './programs.js';

it.each([
  ['stop', 0, 'eight workers\n'],
  ['exit', 0, 'eight workers\n'],
  ['terminate', 0, 'eight workers\n'],
  ['process-exit', 3, ''],
])('workers that end by %s', async (how, code, stdout) => {
  expect(await runProgram('workers.mjs', { args: [how] })).toEqual({ code, signal: null, stdout, stderr: '' });
});
