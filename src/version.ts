/**
 * The two versions of this broker: the level of NATS it is compatible with, which clients switch features on, and its
 * own.
 */
import { readFileSync } from 'node:fs';

/** What INFO and varz say. */
export const COMPAT_VERSION = '2.15.2';

/** Put in by the bundler. */
declare const __NATS_TURBO_VERSION__: string | undefined;

/** The version of this package. */
export const OWN_VERSION: string = typeof __NATS_TURBO_VERSION__ === 'string' ? __NATS_TURBO_VERSION__ : fromPackage();

/** The `go` field of INFO: what the server runs on. Clients print it. */
export const RUNTIME_VERSION = `node${process.versions.node}`;

/** Run from the sources: package.json lies one folder up. */
function fromPackage(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
