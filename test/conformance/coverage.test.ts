/** Every fact in scope has a test, and every fact that a test names exists. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { factsLater, factTitles } from './coverage.js';

const named = new Map<string, string[]>();
for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'))) {
  const source = readFileSync(join(import.meta.dirname, file), 'utf8');
  for (const call of source.matchAll(/\b(?:proves|logs)\(\s*(\[[^\]]*\]|'[^']*')/g)) {
    for (const [, id] of (call[1] as string).matchAll(/'([^']+)'/g)) {
      named.set(id as string, [...(named.get(id as string) ?? []), file]);
    }
  }
}

test('facts in scope without a test: none', () => {
  const without = [...factTitles].filter(([id]) => !named.has(id) && !factsLater.has(id));
  expect(without.map(([id, title]) => `${id} ${title}`)).toEqual([]);
});

test('facts that tests name: all known', () => {
  const unknown = [...named].filter(([id]) => !factTitles.has(id));
  expect(unknown).toEqual([]);
});
