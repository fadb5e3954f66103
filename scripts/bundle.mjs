/**
 * Bundles src/ into dist/ with all run-time libraries inside, so that the package downloads nothing.
 *
 *   dist/cli/nats-turbo.js    the broker's command
 *   dist/cli/nats-bench.js    the load generator's command
 *   dist/index.cjs, index.js  the library for require, and its names for import
 *   dist/worker/*.js          what worker threads run
 *   dist/vendor/              Piscina, whose own worker script must lie beside it as a file
 *   dist/chunks/              what commands and library share, and what is loaded on demand
 *   dist/LICENSES-bundled.txt the licences of what is inside
 *
 * All of it is CommonJS: Node loads that in less than half the time of ES modules, which counts at every start. esbuild
 * splits only ES modules into chunks, so they are split first and converted one by one.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, transform } from 'esbuild';
import { packageNotices } from './lib/notices.mjs';
import { readJson, root } from './lib/root.mjs';
import { main, StepFailed, say } from './lib/run.mjs';

const dist = join(root, 'dist');
const { version } = readJson('package.json');

const minified = { target: 'node20', platform: 'node', minifySyntax: true, minifyWhitespace: true };

const shared = {
  ...minified,
  absWorkingDir: root,
  bundle: true,
  logLevel: 'warning',
  metafile: true,
  // CommonJS has no import.meta; the sources use only its url.
  define: { __NATS_TURBO_VERSION__: JSON.stringify(version), 'import.meta.url': '__moduleUrl' },
};

const MODULE_URL = "const __moduleUrl=require('node:url').pathToFileURL(__filename).href;";

/** Piscina stays one file for all; every file that loads it lies in a folder beside its own. */
const piscinaApart = {
  name: 'piscina-apart',
  setup(builder) {
    builder.onResolve({ filter: /^piscina$/ }, () => ({ path: '../vendor/piscina.js', external: true }));
  },
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
      write: false,
      chunkNames: 'chunks/[name]-[hash]',
      plugins: [piscinaApart],
    }),
    build({ ...shared, format: 'cjs', banner: { js: MODULE_URL }, entryPoints: tasks, outdir: 'dist/worker' }),
    ...bundlePiscina(),
  ]);
  for (const folder of ['cli', 'chunks', 'worker', 'vendor']) markCommonJs(folder);
  await Promise.all(modules.outputFiles.map(writeAsCommonJs));
  nameForImport(modules.metafile.outputs['dist/index.js'].exports);
  removeOldChunks(Object.keys(modules.metafile.outputs));
  const inputs = [modules, ...others].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeFileSync(join(dist, 'LICENSES-bundled.txt'), packageNotices(inputs));
  say('bundled');
});

/** A chunk that is imported on demand is required on demand. */
async function writeAsCommonJs({ path, text }) {
  const { code } = await transform(text, {
    ...minified,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    // What was a module was strict.
    banner: text.includes('__moduleUrl') ? `"use strict";${MODULE_URL}` : '"use strict";',
  });
  mkdirSync(dirname(path), { recursive: true });
  const library = relative(dist, path) === 'index.js';
  // Commands are run by their own name.
  writeFileSync(library ? join(dist, 'index.cjs') : path, code, { mode: code.startsWith('#!') ? 0o755 : 0o644 });
}

/** The library for `import`: one copy of it serves both module systems. */
function nameForImport(names) {
  writeFileSync(
    join(dist, 'index.js'),
    `import library from './index.cjs';\nexport const { ${[...names].sort().join(', ')} } = library;\n`,
  );
}

/** Names carry hashes, so each change leaves some behind. */
function removeOldChunks(current) {
  for (const name of readdirSync(join(dist, 'chunks'))) {
    if (name !== 'package.json' && !current.includes(`dist/chunks/${name}`)) rmSync(join(dist, 'chunks', name));
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
