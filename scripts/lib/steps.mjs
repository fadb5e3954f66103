/**
 * The steps that turn a fresh clone into a broker that runs: dependencies, addon, bundle, declarations.
 *
 * Owns what each step reads and makes; whether it must run is the stamps' business.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { addonFile, ownPlatform, root } from './root.mjs';
import { npm, run, StepFailed, say, tool } from './run.mjs';
import { filesBelow, isStale, saveStamp, stampOf } from './stamps.mjs';

/** `release` is what users run. `dev` compiles in seconds; for those who work on the Rust side. */
export const profile = process.env.NATS_TURBO_PROFILE === 'dev' ? 'dev' : 'release';

/** The crates that end up in the addon. */
const CRATES = ['subject', 'protocol', 'broker', 'reactor', 'loadgen', 'log', 'napi'];

const dependencies = {
  name: 'dependencies',
  inputs: () => ['package.json', 'package-lock.json'],
  outputs: () => ['node_modules/.package-lock.json'],
  // Some packages carry one binary per platform.
  settings: [process.platform, process.arch],
  async run() {
    say('installing development dependencies');
    // Not `npm ci`: it empties node_modules first, also beside running tests. The lock file is obeyed and never
    // rewritten.
    await npm(['install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']);
  },
};

const addon = addonStep({ name: 'addon', folder: 'dist/native', declarations: '../../../src/native/generated.d.ts' });

/** The addon with the calls of `npm run bench:micro`: folders of its own, so that it never takes the place of ours. */
const benchAddon = addonStep({
  name: 'bench-addon',
  folder: 'dist/micro',
  declarations: 'addon.d.ts',
  more: ['--features', 'bench', '--target-dir', 'target/micro'],
});

function addonStep({ name, folder, declarations, more = [] }) {
  const output = () => addonFile(requirePlatform(), folder);
  return {
    name,
    inputs: () => [
      'Cargo.toml',
      'Cargo.lock',
      ...CRATES.flatMap((crate) => filesBelow(`native/${crate}`, ['.rs', '.toml'])),
    ],
    outputs: () => [output()],
    settings: profile,
    async run() {
      say(`building the data plane (${profile}); the first time this takes a minute or two`);
      await run('cargo', ['--version'], {
        quiet: true,
        hint: 'building from a clone needs a Rust toolchain (rustup with the stable channel)',
      });
      const fresh = `${folder}/fresh`;
      await tool('@napi-rs/cli/dist/cli.js', [
        ...['build', '--manifest-path', 'native/napi/Cargo.toml', '--package-json-path', 'package.json'],
        ...['--platform', '--no-js', '--dts', declarations, '--output-dir', fresh],
        ...(profile === 'release' ? ['--release'] : []),
        ...more,
      ]);
      // A running broker has the old file mapped: replace it by name, never its bytes.
      const file = output();
      mkdirSync(join(root, folder), { recursive: true });
      renameSync(join(root, fresh, file.slice(file.lastIndexOf('/') + 1)), join(root, file));
    },
  };
}

const bundle = {
  name: 'bundle',
  inputs: () => [
    'package.json',
    'package-lock.json',
    'scripts/bundle.mjs',
    'scripts/lib/notices.mjs',
    ...filesBelow('src', ['.ts']).filter((file) => !file.endsWith('.test.ts')),
  ],
  outputs: () =>
    ['cli/nats-turbo.js', 'cli/nats-bench.js', 'worker/reactor.js', 'worker/load.js', 'index.js', 'index.cjs'].map(
      (file) => `dist/${file}`,
    ),
  async run() {
    await run(process.execPath, ['scripts/bundle.mjs']);
  },
};

const types = {
  name: 'types',
  inputs: () => [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.types.json',
    'scripts/types.mjs',
    ...filesBelow('src', ['.ts']).filter((file) => !file.endsWith('.test.ts')),
  ],
  outputs: () => ['dist/types/index.d.ts', 'dist/types-cjs/index.d.ts'],
  async run() {
    await run(process.execPath, ['scripts/types.mjs']);
  },
};

/** What `npm start` needs. */
export const toRun = [dependencies, addon, bundle];
/** What the package needs as well. */
export const toBuild = [...toRun, types];
/** What the micro benchmarks need. */
export const toBenchMicro = [dependencies, benchAddon];

/** Runs the stale ones among `steps`, in order; `force` runs all. */
export async function runSteps(steps, force = false) {
  for (const step of steps) {
    if (!force && !isStale(step)) continue;
    const stamp = stampOf(step);
    await step.run();
    saveStamp(step, stamp);
  }
}

export function anyStale(steps) {
  return steps.some((step) => isStale(step));
}

function requirePlatform() {
  const platform = ownPlatform();
  if (!platform) throw new StepFailed(`nats-turbo can't be built for ${process.platform}-${process.arch}`);
  return platform;
}
