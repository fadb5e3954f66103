import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writePidFile } from './files.js';

const folder = mkdtempSync(join(tmpdir(), 'nats-turbo-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  [join(folder, 'none', 'x.pid'), 'create its folder, or choose another path'],
  [folder, 'let this user write there, or choose another path'],
])('a pid file that can not be written: %#', (path, remedy) => {
  expect(() => writePidFile(path)).toThrow(`can't write the pid file ${path} (`);
  expect(() => writePidFile(path)).toThrow(remedy);
});
