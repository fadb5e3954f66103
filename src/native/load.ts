/**
 * Finds and loads the addon: NATS_TURBO_ADDON, else the build of this clone, else the installed platform package.
 *
 * Works from sources, from both bundles and inside worker threads: everything is looked up from where this module
 * lies, nothing from where it was built. Loads once per thread; holds no other state.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { NativeAddon } from './contract.js';
import { AddonError } from './errors.js';
import type { LogAddon } from './log-contract.js';
import { type AddonTarget, addonTargets, supportedPlatforms } from './platform.js';

/** What the loader asks of its surroundings; replaced in tests. */
export interface AddonSurroundings {
  platform: string;
  arch: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Folders that may hold the build of a clone. */
  buildFolders: readonly string[];
  exists(file: string): boolean;
  /** Path of the addon inside an installed package; undefined when it is not installed. */
  resolvePackage(name: string): string | undefined;
  load(file: string): NativeAddon & { version?: () => string };
}

/** The version of this package, put in by the bundler; the sources take any addon. */
declare const __NATS_TURBO_VERSION__: string | undefined;

let loaded: NativeAddon | undefined;

export function loadAddon(): NativeAddon {
  loaded ??= findAddon(surroundings());
  return loaded;
}

/** The addon as the log sees it. */
export function loadLogAddon(): LogAddon {
  return loadAddon() as NativeAddon & LogAddon;
}

/** `loadAddon` without memory; `expected` is the version the addon must have. */
export function findAddon(from: AddonSurroundings, expected = ownVersion()): NativeAddon {
  const forced = from.env.NATS_TURBO_ADDON;
  if (forced) return open(from, forced, expected, 'NATS_TURBO_ADDON names it; correct or unset the variable');
  const targets = addonTargets(from.platform, from.arch);
  if (targets.length === 0) {
    throw new AddonError(
      'NATS_TURBO_PLATFORM',
      `nats-turbo has no build for ${from.platform}-${from.arch}; there is one for ${supportedPlatforms().join(', ')}`,
    );
  }
  let broken: AddonError | undefined;
  for (const { file, advice } of candidates(from, targets)) {
    try {
      return open(from, file, expected, advice);
    } catch (error) {
      // A Linux may carry the files of both C libraries; the first complaint is the one worth reading.
      broken ??= error as AddonError;
    }
  }
  throw broken ?? missing(targets);
}

function* candidates(from: AddonSurroundings, targets: AddonTarget[]): Generator<{ file: string; advice: string }> {
  for (const folder of from.buildFolders) {
    for (const target of targets) {
      const file = folder + target.fileName;
      if (from.exists(file)) yield { file, advice: 'build it again with `npm run build`' };
    }
  }
  for (const target of targets) {
    const file = from.resolvePackage(target.packageName);
    if (file) yield { file, advice: `install ${target.packageName} again, in the version of nats-turbo` };
  }
}

function open(from: AddonSurroundings, file: string, expected: string | undefined, advice: string): NativeAddon {
  let addon: ReturnType<AddonSurroundings['load']>;
  try {
    addon = from.load(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AddonError('NATS_TURBO_ADDON_BROKEN', `${file} does not load: ${reason}; ${advice}`, error);
  }
  const version = addon.version?.();
  if (expected !== undefined && version !== expected) {
    throw new AddonError(
      'NATS_TURBO_ADDON_VERSION',
      `${file} is of version ${version ?? 'unknown'}, nats-turbo of ${expected}; ${advice}`,
    );
  }
  return addon;
}

function missing(targets: AddonTarget[]): AddonError {
  const names = targets.map((target) => target.packageName).join(' or ');
  return new AddonError(
    'NATS_TURBO_ADDON_MISSING',
    `the package ${names} is not installed beside nats-turbo: install it in the same version ` +
      '(an install that leaves out optional dependencies leaves it out too), or run `npm run build` in a clone',
  );
}

function ownVersion(): string | undefined {
  return typeof __NATS_TURBO_VERSION__ === 'string' ? __NATS_TURBO_VERSION__ : undefined;
}

function surroundings(): AddonSurroundings {
  const require = createRequire(import.meta.url);
  return {
    platform: process.platform,
    arch: process.arch,
    env: process.env,
    // Seen from dist/, from a folder of dist/, and from src/native/.
    buildFolders: ['./native/', '../native/', '../../dist/native/'].map((place) =>
      fileURLToPath(new URL(place, import.meta.url)),
    ),
    exists: existsSync,
    resolvePackage(name) {
      try {
        return require.resolve(name);
      } catch {
        return undefined;
      }
    },
    load: (file) => withoutHugePages(() => require(file)),
  };
}

/**
 * The addon's allocator reads its settings from the environment when it is loaded. Huge pages would make each corner of
 * its arenas cost two megabytes, which an idle connection would have to answer for.
 */
function withoutHugePages<T>(load: () => T): T {
  const name = 'MIMALLOC_ALLOW_THP';
  if (process.env[name] !== undefined) return load();
  process.env[name] = '0';
  try {
    return load();
  } finally {
    delete process.env[name];
  }
}
