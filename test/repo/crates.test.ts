/** The oldest supported Rust, which not every machine has: no crate that we depend on asks for a newer one. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
// @ts-expect-error: comes without types
import semver from 'semver';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Crate {
  name: string;
  version: string;
  rust_version: string | null;
}

it('is the oldest that all crates support', () => {
  const args = ['metadata', '--format-version', '1', '--locked'];
  const text = execFileSync('cargo', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const crates = JSON.parse(text).packages as Crate[];
  const ours = /^rust-version = "(.*)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))?.[1];
  const newer = crates.filter(
    (one) => one.rust_version && semver.gt(semver.coerce(one.rust_version), semver.coerce(ours)),
  );
  expect(crates.length).toBeGreaterThan(20);
  expect(newer.map(({ name, version, rust_version: needs }) => `${name} ${version}: ${needs}`)).toEqual([]);
});
