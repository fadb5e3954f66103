/**
 * `npm run package [-- FOLDER]`: makes the tarballs of the main package and of this machine's platform package.
 *
 * Both are staged below dist/packages/, so that what users get (no development dependencies, no scripts, the platform
 * packages as optional dependencies) is written in one place. Prints the two files, main package first.
 */
import { chmodSync, copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { crateNotices } from './lib/notices.mjs';
import { prepare } from './lib/prepare.mjs';
import { addonFile, ownPlatform, platforms, readJson, root } from './lib/root.mjs';
import { main, npm, StepFailed } from './lib/run.mjs';
import { toBuild } from './lib/steps.mjs';

const staging = join(root, 'dist/packages');
const destination = resolve(process.argv[2] ?? staging);

await main(async () => {
  await prepare(toBuild);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(destination, { recursive: true });
  const manifest = readJson('package.json');
  stageMain(manifest);
  for (const platform of platforms) stagePlatform(manifest, platform);
  for (const folder of ['nats-turbo', ownPlatform().suffix]) {
    const args = ['pack', join(staging, folder), '--pack-destination', destination, '--ignore-scripts'];
    await npm([...args, '--loglevel=error'], { quiet: true });
  }
  const { version } = manifest;
  console.log(join(destination, `nats-turbo-${version}.tgz`));
  console.log(join(destination, `nats-turbo-${ownPlatform().suffix}-${version}.tgz`));
});

function stageMain(manifest) {
  const { devDependencies, overrides, scripts, napi, ...published } = manifest;
  const optionalDependencies = Object.fromEntries(
    platforms.map((platform) => [`@nats-turbo/${platform.suffix}`, manifest.version]),
  );
  const folder = join(staging, 'nats-turbo');
  for (const file of manifest.files) copy(file, folder);
  for (const file of ['README.md', 'LICENSE']) copy(file, folder);
  writeManifest(folder, { ...published, optionalDependencies });
}

/** Manifests are written for all platforms; the addon is there for those built here. */
function stagePlatform(manifest, platform) {
  const folder = join(staging, platform.suffix);
  const file = `nats-turbo.${platform.suffix}.node`;
  const name = `@nats-turbo/${platform.suffix}`;
  writeManifest(folder, {
    name,
    version: manifest.version,
    description: `The data plane of nats-turbo for ${platform.target}.`,
    license: manifest.license,
    engines: manifest.engines,
    main: file,
    files: [file, 'LICENSES-compiled-in.txt'],
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc ? { libc: [platform.libc] } : {}),
  });
  writeFileSync(
    join(folder, 'README.md'),
    `# ${name}\n\nThe addon of nats-turbo for ${platform.target}; npm installs it with nats-turbo.\n`,
  );
  copy('LICENSE', folder);
  if (platform.suffix === ownPlatform().suffix) {
    refuseBenchCalls(join(root, addonFile(platform)));
    copyFileSync(join(root, addonFile(platform)), join(folder, file));
    chmodSync(join(folder, file), 0o644);
    writeFileSync(join(folder, 'LICENSES-compiled-in.txt'), crateNotices(platform.target));
  }
}

/** The calls of the micro benchmarks belong to an addon of their own. */
function refuseBenchCalls(file) {
  const calls = Object.keys(createRequire(import.meta.url)(file)).filter((name) => /^bench/i.test(name));
  if (calls.length > 0) {
    throw new StepFailed(`${file} was built with the feature bench (it exports ${calls[0]}): npm run build -- --force`);
  }
}

function copy(file, folder) {
  const to = join(folder, file);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(root, file), to, { recursive: true });
}

function writeManifest(folder, manifest) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}
