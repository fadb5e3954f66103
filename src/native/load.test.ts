import { describe, expect, it } from 'vitest';
import type { Addon } from './contract.js';
import { AddonError } from './errors.js';
import { findAddon, type LoaderHost } from './load.js';
import { addonTargets } from './platform.js';

interface FakeHost extends Partial<LoaderHost> {
  files?: string[];
  packages?: Record<string, string>;
  /** Files that do not load. */
  broken?: string[];
  version?: string;
}

function find(fake: FakeHost, expected = '1.0.0') {
  const opened: string[] = [];
  const addon = findAddon(
    {
      platform: 'linux',
      arch: 'x64',
      env: {},
      buildFolders: ['/clone/dist/native/'],
      exists: (file) => fake.files?.includes(file) ?? false,
      resolvePackage: (name) => fake.packages?.[name],
      load(file) {
        opened.push(file);
        if (fake.broken?.includes(file)) throw new Error('wrong ELF class');
        return { version: () => fake.version ?? '1.0.0' } as Addon;
      },
      ...fake,
    },
    expected,
  );
  return { addon, opened };
}

function failure(fake: FakeHost): AddonError {
  try {
    find(fake);
  } catch (error) {
    if (error instanceof AddonError) return error;
    throw error;
  }
  throw new Error('an addon was found');
}

const BUILT = '/clone/dist/native/nats-turbo.linux-x64-gnu.node';
const GNU = { '@nats-turbo/linux-x64-gnu': '/gnu.node' };

describe('finding the addon', () => {
  it('takes the file that NATS_TURBO_ADDON names before all others', () => {
    expect(find({ env: { NATS_TURBO_ADDON: '/mine.node' }, files: [BUILT], packages: GNU }).opened).toEqual([
      '/mine.node',
    ]);
  });

  it('takes the build of a clone before the installed package', () => {
    expect(find({ files: [BUILT], packages: GNU }).opened).toEqual([BUILT]);
  });

  it('takes the platform package', () => {
    expect(find({ packages: GNU }).opened).toEqual(['/gnu.node']);
  });

  it('goes on to the musl package where the glibc one does not load', () => {
    const packages = { ...GNU, '@nats-turbo/linux-x64-musl': '/musl.node' };
    expect(find({ packages, broken: ['/gnu.node'] }).opened).toEqual(['/gnu.node', '/musl.node']);
  });

  it('names the missing package and what to do', () => {
    const error = failure({});
    expect(error.code).toBe('NATS_TURBO_ADDON_MISSING');
    expect(error.message).toContain('@nats-turbo/linux-x64-gnu or @nats-turbo/linux-x64-musl');
    expect(error.message).toContain('npm run build');
  });

  it('says why a file does not load', () => {
    const error = failure({ packages: GNU, broken: ['/gnu.node'] });
    expect(error.code).toBe('NATS_TURBO_ADDON_BROKEN');
    expect(error.message).toContain('wrong ELF class');
  });

  it('refuses the addon of another version', () => {
    const error = failure({ packages: GNU, version: '0.9.0' });
    expect(error.code).toBe('NATS_TURBO_ADDON_VERSION');
    expect(error.message).toContain('0.9.0');
  });

  it('says which platforms there are on one without a build', () => {
    const error = failure({ platform: 'aix', arch: 'ppc64' });
    expect(error.code).toBe('NATS_TURBO_PLATFORM');
    expect(error.message).toContain('linux-x64');
  });
});

describe('the names of the platform packages', () => {
  it.each([
    ['linux', 'arm64', ['linux-arm64-gnu', 'linux-arm64-musl']],
    ['darwin', 'arm64', ['darwin-arm64']],
    ['win32', 'x64', ['win32-x64-msvc']],
    ['sunos', 'x64', []],
  ])('%s %s', (platform, arch, suffixes) => {
    expect(addonTargets(platform, arch).map((target) => target.suffix)).toEqual(suffixes);
  });
});
