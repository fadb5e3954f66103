/** Every flag in the reference's help is known here: it works, or is refused with a sentence. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FLAGS } from './schema-flags.js';

const places = (process.env.PATH ?? '').split(':').map((place) => join(place, 'nats-server'));
const server = process.env.NATS_SERVER ?? places.find((path) => existsSync(path));

test('3.1 the flags of the reference are known', (ctx) => {
  if (server === undefined) return ctx.skip('skipped: needs nats-server');
  const { stdout } = spawnSync(server, ['--help'], { encoding: 'utf8' });
  const names = [...stdout.matchAll(/(?<=^ +|, )--?([A-Za-z_]+)/gm)].map(([, name]) => name ?? '');
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => !FLAGS.has(name))).toEqual([]);
});
