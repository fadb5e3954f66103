/**
 * Finds and loads the addon: NATS_TURBO_ADDON, else the build of this clone, else the installed platform package.
 *
 * Works from sources, from both bundles and inside worker threads: paths are relative to this module at run time, never to
 * where it was built. Loads the addon once per thread; has no other state.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Addon } from './contract.js';
import { AddonError } from './errors.js';
import { type AddonTarget, addonTargets, supportedPlatforms } from './platform.js';

/** What the loader needs of the process and the file system; replaced in tests. */
export interface LoaderHost {
  platform: string;
  arch: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Folders that may hold the build of a clone. */
  buildFolders: readonly string[];
  exists(file: string): boolean;
  /** Path of the addon inside an installed package; undefined when it is not installed. */
  resolvePackage(name: string): string | undefined;
  load(file: string): Addon;
}

/** The version of this package, put in by the bundler; the sources take any addon. */
declare const __NATS_TURBO_VERSION__: string | undefined;

let loaded: Addon | undefined;

/** The addon; loaded by the first call. Throws an `AddonError`. */
export function loadAddon(): Addon {
  loaded ??= findAddon(thisHost());
  return loaded;
}

/** Finds and loads the addon anew; `expected` is the version it must have. */
export function findAddon(host: LoaderHost, expected = ownVersion()): Addon {
  const forced = host.env.NATS_TURBO_ADDON;
  if (forced) return open(host, forced, expected, 'NATS_TURBO_ADDON names it; correct or unset the variable');
  const targets = addonTargets(host.platform, host.arch);
  if (targets.length === 0) {
    throw new AddonError(
      'NATS_TURBO_PLATFORM',
      `nats-turbo has no build for ${host.platform}-${host.arch}; there is one for ${supportedPlatforms().join(', ')}`,
    );
  }
  let broken: AddonError | undefined;
  for (const { file, advice } of candidates(host, targets)) {
    try {
      return open(host, file, expected, advice);
    } catch (error) {
      // On Linux the files of both C libraries may be installed; the first error is reported.
      broken ??= error as AddonError;
    }
  }
  throw broken ?? missing(targets);
}

function* candidates(host: LoaderHost, targets: AddonTarget[]): Generator<{ file: string; advice: string }> {
  for (const folder of host.buildFolders) {
    for (const target of targets) {
      const file = folder + target.fileName;
      if (host.exists(file)) yield { file, advice: 'build it again with `npm run build`' };
    }
  }
  for (const target of targets) {
    const file = host.resolvePackage(target.packageName);
    if (file) yield { file, advice: `install ${target.packageName} again, in the version of nats-turbo` };
  }
}

function open(host: LoaderHost, file: string, expected: string | undefined, advice: string): Addon {
  let addon: Addon;
  try {
    addon = host.load(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AddonError('NATS_TURBO_ADDON_BROKEN', `${file} does not load: ${reason}; ${advice}`, error);
  }
  // An addon of an old version may lack the function.
  const version = (addon as Partial<Addon>).version?.();
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

function thisHost(): LoaderHost {
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
 * The addon's allocator reads its settings from the environment when it is loaded. With huge pages each partly used
 * region of its arenas would take two megabytes, and idle connections would cost more memory.
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
