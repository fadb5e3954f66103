/**
 * Which folder of src/ may import which: the table under "Directions inside src" in ARCHITECTURE.md is read and compared
 * with every import, tests included.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+)'/g;

/** `broker` for all files of src/broker; `version.ts` for a file directly in src/. */
function part(file: string): string {
  return file.split('/')[1]?.replace(/\.js$/, '.ts') ?? '';
}

interface Import {
  from: string;
  to: string;
  file: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, target]) => {
    const to = part(normalize(join(dirname(file), target as string)));
    return { from: part(file), to, file };
  });
}

/** Rows of the form `| broker | config, log |`; the second cell may be empty. */
function allowedImports(): Map<string, string[]> {
  const [, section = ''] = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('### Directions inside src\n');
  const [table = ''] = section.split(/\n#/);
  const rows = [...table.matchAll(/^\| `([\w.-]+)` \|([^|\n]*)\|/gm)];
  return new Map(
    rows.map(([, from = '', to = '']) => [from, [...to.matchAll(/`([\w.-]+)`/g)].map(([, name]) => name as string)]),
  );
}

const allowed = allowedImports();
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|cjs)$/.test(file))
  .map((file) => `src/${file}`);
const imports = files
  .filter((file) => part(file) !== 'library.test.ts')
  .flatMap(importsOf)
  .filter(({ from, to }) => from !== to);

/** The parts in an order in which each stands behind all it imports; undefined when there is a cycle. */
function ordered(): string[] | undefined {
  const rest = new Map(allowed);
  const order: string[] = [];
  while (rest.size > 0) {
    const next = [...rest].find(([, to]) => to.every((name) => order.includes(name)));
    if (!next) return undefined;
    order.push(next[0]);
    rest.delete(next[0]);
  }
  return order;
}

describe('directions inside src', () => {
  it('has a row for every folder and file of src', () => {
    const parts = new Set(files.map(part).filter((name) => name !== 'library.test.ts'));
    expect([...allowed.keys()].sort()).toEqual([...parts].sort());
  });

  it('imports follow the table', () => {
    expect(imports.filter(({ from, to }) => !allowed.get(from)?.includes(to))).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
  });

  it('every allowed direction is used', () => {
    const used = new Set(imports.map(({ from, to }) => `${from} ${to}`));
    const unused = [...allowed]
      .flatMap(([from, to]) => to.map((name) => `${from} ${name}`))
      .filter((one) => !used.has(one));
    expect(unused).toEqual([]);
  });

  it('has no cycles', () => {
    expect(ordered()).toBeDefined();
  });
});
