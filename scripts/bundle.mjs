/**
 * Bundles src/ into dist/ with all run-time libraries inside, so that the package downloads nothing.
 *
 *   dist/cli/nats-turbo.js    the broker's command
 *   dist/cli/nats-bench.js    the load generator's command
 *   dist/index.js, index.cjs  the library for import and require
 *   dist/worker/*.js          what worker threads run (CommonJS: Piscina loads that without the ESM loader)
 *   dist/vendor/              Piscina, whose own worker script must lie beside it as a file
 *   dist/LICENSES-bundled.txt the licences of what is inside
 *   dist/chunks/              what command and library share, and what is loaded on demand
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageNotices } from './lib/notices.mjs';
import { readJson, root } from './lib/root.mjs';
import { main, StepFailed, say } from './lib/run.mjs';

const dist = join(root, 'dist');
const { version } = readJson('package.json');

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  logLevel: 'warning',
  metafile: true,
  define: { __NATS_TURBO_VERSION__: JSON.stringify(version) },
};

/** Piscina stays one file for all: package.json's "imports" says where, from any folder of dist/. */
const piscinaApart = {
  name: 'piscina-apart',
  setup(builder) {
    builder.onResolve({ filter: /^piscina$/ }, () => ({ path: '#piscina', external: true }));
  },
};

/** CommonJS has no import.meta; the sources use only its url. */
const commonJs = {
  format: 'cjs',
  define: { ...shared.define, 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

await main(async () => {
  const entries = {
    'cli/nats-turbo': 'src/cli/nats-turbo.ts',
    'cli/nats-bench': 'src/cli/nats-bench.ts',
    index: 'src/index.ts',
  };
  const tasks = ['src/worker/reactor.ts', 'src/worker/load.ts'];
  for (const source of [...Object.values(entries), ...tasks]) {
    if (!existsSync(join(root, source))) throw new StepFailed(`${source} is missing`);
  }
  const [modules, ...others] = await Promise.all([
    build({
      ...shared,
      entryPoints: entries,
      outdir: dist,
      format: 'esm',
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      plugins: [piscinaApart],
      // Bundled CommonJS libraries ask for Node's modules with require().
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
      },
    }),
    build({
      ...shared,
      ...commonJs,
      entryPoints: ['src/index.ts'],
      outfile: 'dist/index.cjs',
      plugins: [piscinaApart],
    }),
    build({ ...shared, ...commonJs, entryPoints: tasks, outdir: 'dist/worker' }),
    ...bundlePiscina(),
  ]);
  markCommonJs('worker');
  markCommonJs('vendor');
  removeOldChunks(Object.keys(modules.metafile.outputs));
  const inputs = [modules, ...others].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeFileSync(join(dist, 'LICENSES-bundled.txt'), packageNotices(inputs));
  say('bundled');
});

/** Names carry hashes, so each change leaves some behind. */
function removeOldChunks(current) {
  for (const name of readdirSync(join(dist, 'chunks'))) {
    if (!current.includes(`dist/chunks/${name}`)) rmSync(join(dist, 'chunks', name));
  }
}

function bundlePiscina() {
  // It lowers a thread's priority with an addon of its own, on request; nobody requests it here.
  const external = ['@napi-rs/nice'];
  return [
    build({
      ...shared,
      stdin: { contents: "export { Piscina } from 'piscina';", resolveDir: root },
      format: 'cjs',
      external,
      outfile: 'dist/vendor/piscina.js',
    }),
    build({
      ...shared,
      entryPoints: [join(root, 'node_modules/piscina/dist/worker.js')],
      format: 'cjs',
      external,
      outfile: 'dist/vendor/worker.js',
    }),
  ];
}

/** The package is of type module; these folders are not. */
function markCommonJs(folder) {
  mkdirSync(join(dist, folder), { recursive: true });
  writeFileSync(join(dist, folder, 'package.json'), '{ "type": "commonjs" }\n');
}
