/** The house rules that a machine can check: introductions, sizes, what is built, words that don't belong here. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const LINES_MAX = 700;

/** What git tracks, and what it would track: a new file is judged before its commit. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

const sources = files.filter((file) => /\.(ts|mts|mjs|cjs|rs|go|py)$/.test(file) && !file.endsWith('generated.d.ts'));

describe('introductions', () => {
  it('every source file begins with what it is for', () => {
    const begins = /^(#!.*\n)?(\/\*\*|\/\/|#(?!!)|""")/;
    // A test beside its source is for that source.
    const besideSource = /^src\/.*\.test\.ts$/;
    expect(sources.filter((file) => !besideSource.test(file) && !begins.test(read(file)))).toEqual([]);
  });

  it('every folder of src/ has a file that introduces it', () => {
    const folders = new Set(files.filter((file) => /^src\/.+\/.+\.ts$/.test(file)).map((file) => dirname(file)));
    const silent = [...folders].filter(
      (folder) => !files.some((file) => dirname(file) === folder && file.endsWith('.ts') && read(file).includes('/**')),
    );
    expect(folders.size).toBeGreaterThan(4);
    expect(silent).toEqual([]);
  });

  it('every crate has a chapter at its top', () => {
    const crates = files.filter((file) => /^native\/[^/]+\/Cargo\.toml$/.test(file)).map((file) => dirname(file));
    const silent = crates.filter((crate) => {
      const top = files.find((file) => file === `${crate}/src/lib.rs` || file === `${crate}/src/main.rs`);
      return top !== undefined && !read(top).startsWith('//!');
    });
    expect(crates.length).toBeGreaterThan(4);
    expect(silent).toEqual([]);
  });

  it('every folder of a crate has a chapter, in its mod.rs or in the file beside it', () => {
    const folders = new Set(
      files.filter((file) => /^native\/[^/]+\/src\/.+\/.+\.rs$/.test(file)).map((file) => dirname(file)),
    );
    const silent = [...folders].filter((folder) => {
      const top = [`${folder}/mod.rs`, `${folder}.rs`].find((file) => files.includes(file));
      return top === undefined || !read(top).startsWith('//!');
    });
    expect(folders.size).toBeGreaterThan(4);
    expect(silent).toEqual([]);
  });

  it('every crate says in its manifest that it is not published, and obeys the lints of all', () => {
    const manifests = files.filter((file) => /^native\/(?!fuzz)[^/]+\/Cargo\.toml$/.test(file));
    const lax = manifests.filter(
      (file) => !/^publish = false$/m.test(read(file)) || !/^\[lints\]\nworkspace = true$/m.test(read(file)),
    );
    expect(lax).toEqual([]);
  });
});

describe('sizes', () => {
  it(`no source file has more than ${LINES_MAX} lines`, () => {
    const long = sources.map((file) => ({ file, lines: read(file).split('\n').length - 1 }));
    expect(long.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
  });
});

describe('the package', () => {
  const manifest = JSON.parse(read('package.json'));

  it.each(['LICENSE', 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'])(
    'has its %s',
    (file) => {
      expect(read(file).length).toBeGreaterThan(200);
    },
  );

  it('is under the Apache licence', () => {
    expect(manifest.license).toBe('Apache-2.0');
    expect(read('LICENSE')).toContain('Apache License');
  });

  it('names built files that exist', () => {
    const { import: esm, require: cjs } = manifest.exports['.'];
    const named = [...Object.values(manifest.bin), ...Object.values(esm), ...Object.values(cjs)] as string[];
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('has one version for both languages', () => {
    const version = /^version = "(.*)"$/m.exec(read('Cargo.toml'))?.[1];
    expect(version).toBe(manifest.version);
  });

  it('downloads nothing when it is installed', () => {
    expect(manifest.dependencies ?? {}).toEqual({});
    const hooks = Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name));
    expect(hooks).toEqual([]);
  });

  it('locks its dependencies without saying where they were downloaded', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });
});

describe('words', () => {
  // Pieces, so that this file does not contain what it looks for.
  const unwanted = [
    ['TO', 'DO'],
    ['FIX', 'ME'],
    ['/wo', 'rk/'],
    ['console.', 'debug'],
    ['registry.', 'npmjs'],
    ['un', 'implemented!'],
  ];
  const patterns = unwanted.map((pieces) => pieces.join(''));

  it.each(patterns)('nobody left a %s behind', (word) => {
    const judged = files.filter((file) => /\.(ts|mjs|rs|go|py|md|toml|json|yml)$|^\.ci\//.test(file));
    expect(judged.filter((file) => read(file).includes(word))).toEqual([]);
  });
});

describe('links', () => {
  it('in the docs lead to files that are there', () => {
    const broken = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...read(file).matchAll(/\]\(([^)\s]+)\)/g)]
          .map(([, link]) => (link as string).replace(/#.*/, ''))
          .filter((link) => link !== '' && !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(file), link)))
          .map((link) => `${file}: ${link}`),
      );
    expect(broken).toEqual([]);
  });
});
