/** Crates whose behaviour depends on their arguments only: one list of what they may not use, and no test code in the addon. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const PURE = ['subject', 'protocol', 'broker', 'store', 'sim'];

it('bans clocks, threads, sockets, files and unseeded maps alike', () => {
  const lists = PURE.map((crate) => readFileSync(join(root, 'native', crate, 'clippy.toml'), 'utf8'));
  expect(lists[0]).toContain('"std::collections::HashMap"');
  for (const list of lists) expect(list).toBe(lists[0]);
});

it('builds the addon without what only the simulator uses', () => {
  const args = ['tree', '--locked', '-p', 'nt-napi', '-e', 'no-dev,features', '-i', 'nt-broker', '--prefix', 'none'];
  const tree = execFileSync('cargo', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  expect(tree).toContain('nt-broker');
  expect(tree).not.toContain('simulation');
});
