/** Keeps the option table honest. */

import { describe, expect, test } from 'vitest';
import { snakeCase } from './errors.js';
import { OPTIONS, TOP_LEVEL } from './schema.js';
import { COMMAND_FLAGS, OPTION_FLAGS } from './schema-flags.js';
import type { OptionSpec } from './spec.js';
import { type BlockType, blocksWithin } from './value-type.js';

const rows: readonly OptionSpec[] = OPTIONS;
const twice = (names: string[]) => names.filter((name, index) => names.indexOf(name) !== index);

describe('2.3 the option table', () => {
  test('no name, key or flag occurs twice', () => {
    expect(twice(rows.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]))).toEqual([]);
    expect(twice(rows.flatMap(({ key }) => key ?? []))).toEqual([]);
    expect(twice([...COMMAND_FLAGS, ...OPTION_FLAGS].flatMap(({ names }) => [...names]))).toEqual([]);
  });

  test('names are lower case, documentation is one sentence', () => {
    for (const { name, aliases, doc } of rows) {
      for (const spelling of [name, ...(aliases ?? [])]) expect(spelling).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(doc).toMatch(/^[A-Z].*\.$/s);
    }
  });

  test('a key is the name in camel case, and an option that works has one', () => {
    for (const { name, key, support, type } of rows) {
      if (support === 'yes' && name !== 'listen')
        expect([name, key !== undefined, type.kind !== 'any']).toEqual([name, true, true]);
      if (key !== undefined) expect(key).toBe(name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
    }
  });

  test('the same holds for the fields of every block', () => {
    for (const { name: block, fields } of blocksOf(TOP_LEVEL)) {
      expect([block, twice(fields.flatMap(({ name, aliases = [] }) => [name, ...aliases]))]).toEqual([block, []]);
      for (const { name, key, doc } of fields) {
        expect([block, name, doc]).toEqual([block, name, expect.stringMatching(/^[A-Z].*\.$/s)]);
        if (key !== undefined) expect(snakeCase(key)).toBe(name);
      }
    }
  });

  test('two blocks of one name are the same block', () => {
    const names = new Map<string, string>();
    for (const block of blocksOf(TOP_LEVEL)) {
      const fields = JSON.stringify(block.fields);
      expect([block.name, fields]).toEqual([block.name, names.get(block.name) ?? fields]);
      names.set(block.name, fields);
    }
  });
});

function blocksOf(block: BlockType): BlockType[] {
  return [block, ...block.fields.flatMap(({ type }) => blocksWithin(type).flatMap(blocksOf))];
}
