/** The lock file of the development dependencies: whole for every platform, and fit for every Node that is supported. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
// @ts-expect-error: comes without types
import semver from 'semver';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Locked {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  engines?: { node?: string };
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Node looks in the folder itself and then in each one above. */
function isLocked(folder: string, name: string): boolean {
  if (packages[join(folder, 'node_modules', name)]) return true;
  return folder !== '' && isLocked(folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1)), name);
}

it('knows every dependency of every package, those of other platforms included', () => {
  const missing = Object.entries(packages).flatMap(([folder, locked]) =>
    Object.keys({ ...locked.dependencies, ...locked.optionalDependencies, ...locked.devDependencies })
      .filter((name) => !isLocked(folder, name))
      .map((name) => `${folder}: ${name}`),
  );
  expect(missing).toEqual([]);
});

it('holds packages for systems that this one is not', () => {
  for (const name of ['@biomejs/cli-darwin-arm64', '@biomejs/cli-win32-x64', '@biomejs/cli-linux-arm64-musl']) {
    expect(Object.keys(packages)).toContain(`node_modules/${name}`);
  }
});

it('holds only what runs on every supported Node', () => {
  const supported = manifest.engines.node;
  expect(packages['']?.engines?.node).toBe(supported);
  const unfit = Object.entries(packages)
    .filter(([, { engines }]) => engines?.node && !semver.subset(supported, engines.node))
    .map(([folder, { engines }]) => `${folder}: ${engines?.node}`);
  expect(unfit).toEqual([]);
});

it('satisfies npm ci in a fresh clone, without warnings about Node', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-turbo-lock-'));
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(join(root, name), join(folder, name));
    // Offline: a whole lock leaves nothing to ask a registry for.
    const args = ['ci', '--dry-run', '--offline', '--engine-strict', '--ignore-scripts', '--loglevel=error'];
    const planned = execFileSync('npm', args, { cwd: folder, encoding: 'utf8' });
    expect(planned).toContain('add vitest');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
