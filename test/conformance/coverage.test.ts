/**
 * Every fact in scope has a test that runs wherever the suite runs, and every fact that a test names exists. Tests that
 * may be skipped prove nothing, except that a fact about the comparison with nats-server is proved by `compares`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { factsCompared, factsLater, factTitles } from './coverage.js';

const CALL = /\b(proves|logs|compares|pending)\(\s*(?:'[^']*',\s*)?(\[[^\]]*\]|'[^']*')/g;

/** The facts that calls of these functions name. `logs` is a wrapper around `proves`. */
function factsNamedBy(source: string, ...functions: string[]): string[] {
  return [...source.matchAll(CALL)].flatMap(([call, name = '']) => {
    if (!functions.includes(name)) return [];
    return [...call.matchAll(/'([\dA-Z.]+-\d+)'/g)].map(([, id]) => id as string);
  });
}

const sources = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts') && name !== 'coverage.test.ts')
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
const named = (...functions: string[]) => new Set(sources.flatMap((source) => factsNamedBy(source, ...functions)));
const proved = named('proves', 'logs');
const compared = named('compares');

test('facts in scope without a test: none', () => {
  const without = [...factTitles].filter(([id]) => {
    if (factsLater.has(id)) return false;
    return !proved.has(id) && !(factsCompared.has(id) && compared.has(id));
  });
  expect(without.map(([id, title]) => `${id} ${title}`)).toEqual([]);
});

test('facts that need a comparison and have a test of their own: none', () => {
  expect([...factsCompared].filter((id) => proved.has(id))).toEqual([]);
});

test('facts that wait for a feature and are proved already: none', () => {
  expect([...factsLater.keys()].filter((id) => proved.has(id))).toEqual([]);
});

test('facts that tests name: all known', () => {
  const all = named('proves', 'logs', 'compares', 'pending');
  expect([...all].filter((id) => !factTitles.has(id))).toEqual([]);
});

test('a test that may be skipped does not count', () => {
  const source =
    "pending('bcrypt', '4.1-01', 'x', run); compares(\n'5.1-01', 'y', run); proves(['A-01', 'A-02'], 'z', run);";
  expect(factsNamedBy(source, 'proves', 'logs')).toEqual(['A-01', 'A-02']);
  expect(factsNamedBy(source, 'compares')).toEqual(['5.1-01']);
  expect(factsNamedBy(source, 'pending')).toEqual(['4.1-01']);
});
