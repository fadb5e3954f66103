/** Where this clone lies, and what is built for this machine. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export function readJson(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

/** The platform packages: Rust target, and what npm must know to pick one. */
export const platforms = [
  { suffix: 'linux-x64-gnu', target: 'x86_64-unknown-linux-gnu', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { suffix: 'linux-x64-musl', target: 'x86_64-unknown-linux-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  { suffix: 'linux-arm64-gnu', target: 'aarch64-unknown-linux-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { suffix: 'linux-arm64-musl', target: 'aarch64-unknown-linux-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  { suffix: 'darwin-x64', target: 'x86_64-apple-darwin', os: 'darwin', cpu: 'x64' },
  { suffix: 'darwin-arm64', target: 'aarch64-apple-darwin', os: 'darwin', cpu: 'arm64' },
  { suffix: 'win32-x64-msvc', target: 'x86_64-pc-windows-msvc', os: 'win32', cpu: 'x64' },
  { suffix: 'win32-arm64-msvc', target: 'aarch64-pc-windows-msvc', os: 'win32', cpu: 'arm64' },
];

/** The platform of this machine; undefined where there is no build. */
export function ownPlatform() {
  const fitting = platforms.filter((one) => one.os === process.platform && one.cpu === process.arch);
  if (fitting.length < 2) return fitting[0];
  const report = process.report?.getReport();
  const glibc = typeof report === 'object' && 'glibcVersionRuntime' in report.header;
  return fitting.find((one) => one.libc === (glibc ? 'glibc' : 'musl'));
}

export function addonFile(platform, folder = 'dist/native') {
  return `${folder}/nats-turbo.${platform.suffix}.node`;
}
