/** When a step of the build counts as stale. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript
import { isStale, saveStamp, stampOf } from '../../scripts/lib/stamps.mjs';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
let input: string;
let output: string;
let settings: string;

const step = {
  name: `test-${process.pid}`,
  inputs: () => [relative(root, input)],
  outputs: () => [relative(root, output)],
  get settings() {
    return settings;
  },
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-turbo-stamps-'));
  input = join(folder, 'input');
  output = join(folder, 'output');
  settings = 'release';
  writeFileSync(input, 'one');
  writeFileSync(output, 'made');
  saveStamp(step, stampOf(step));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  rmSync(join(root, '.stamps', `${step.name}.json`));
});

it('is fresh when nothing changed', () => {
  expect(isStale(step)).toBe(false);
});

it('is fresh when a file was only touched', () => {
  utimesSync(input, 1, 1);
  expect(isStale(step)).toBe(false);
});

it('is stale when a content changed', () => {
  utimesSync(input, 1, 1);
  saveStamp(step, stampOf(step));
  writeFileSync(input, 'two');
  expect(isStale(step)).toBe(true);
});

it('is stale when a file came', () => {
  const more = { ...step, inputs: () => [...step.inputs(), 'package.json'] };
  expect(isStale(more)).toBe(true);
});

it('is stale when an output is gone', () => {
  rmSync(output);
  expect(isStale(step)).toBe(true);
});

it('is stale when it would be made differently', () => {
  settings = 'dev';
  expect(isStale(step)).toBe(true);
});
