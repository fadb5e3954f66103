/** The names of the platform packages and addon files. Touches no file. */

/** An addon that may fit a platform. */
export interface AddonTarget {
  /** `linux-x64-gnu`: the tail of package and file names. */
  suffix: string;
  /** `@nats-turbo/linux-x64-gnu` */
  packageName: string;
  /** `nats-turbo.linux-x64-gnu.node` */
  fileName: string;
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  // The C library is not looked up: npm installs the matching package only, and the other file would not load.
  'linux-x64': ['linux-x64-gnu', 'linux-x64-musl'],
  'linux-arm64': ['linux-arm64-gnu', 'linux-arm64-musl'],
  'darwin-x64': ['darwin-x64'],
  'darwin-arm64': ['darwin-arm64'],
  'win32-x64': ['win32-x64-msvc'],
  'win32-arm64': ['win32-arm64-msvc'],
};

/** Empty when there is no build for the platform. */
export function addonTargets(platform: string, arch: string): AddonTarget[] {
  return (SUFFIXES[`${platform}-${arch}`] ?? []).map((suffix) => ({
    suffix,
    packageName: `@nats-turbo/${suffix}`,
    fileName: `nats-turbo.${suffix}.node`,
  }));
}

export function supportedPlatforms(): string[] {
  return Object.keys(SUFFIXES);
}
