/** The library under vitest's pool `vmThreads`, where Node 20 and 22 have no `Symbol.asyncDispose`. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

test('await using works', { timeout: 120_000 }, async () => {
  const vitest = resolve(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', 'test/e2e/vm-threads/vitest.config.ts', '--reporter=json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 100_000 });
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 1, numFailedTests: 0 });
});
