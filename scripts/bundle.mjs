/**
 * Bundles src/ into dist/ with all run-time libraries inside, so that the package downloads nothing.
 *
 *   dist/cli/nats-turbo.js    the broker's command
 *   dist/cli/nats-bench.js    the load generator's command
 *   dist/index.cjs, index.js  the library for require, and its names for import
 *   dist/worker/*.js          what worker threads run
 *   dist/vendor/              Piscina, whose own worker script must lie beside it as a file
 *   dist/chunks/              what commands and library share, and what is loaded on demand
 *   dist/chunks/start.js      the chunks that a start of the broker loads, in one file
 *   dist/LICENSES-bundled.txt the licences of what is inside
 *
 * All of it is CommonJS: Node loads that in less than half the time of ES modules, which counts at every start. esbuild
 * splits only ES modules into chunks, so they are split first and converted one by one. Finding a file takes Node as long
 * as running what is in it, so what every start loads lies in one file.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
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

const START = 'dist/chunks/start.js';
/** Files in dist/chunks whose names have no hash. */
const KEPT = new Set(['package.json', 'start.js']);

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
  const files = await Promise.all(modules.outputFiles.map(toCommonJs));
  const start = filesOfStart(modules.metafile.outputs, files);
  for (const { path, code } of files) write(path, start.has(path) ? fromStart(path) : code);
  write(START, inOneFile(files.filter(({ path }) => start.has(path))));
  nameForImport(modules.metafile.outputs['dist/index.js'].exports);
  removeOldChunks(Object.keys(modules.metafile.outputs));
  const inputs = [modules, ...others].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeFileSync(join(dist, 'LICENSES-bundled.txt'), packageNotices(inputs));
  say('bundled');
});

/** A chunk that is imported on demand is required on demand. What has a computed address is no chunk: it stays imported. */
async function toCommonJs({ path, text: built }) {
  const text = built.replace(/\bimport\((?!["'])/g, '__importModule(');
  const banners = [
    text.includes('__moduleUrl') ? MODULE_URL : '',
    text.includes('__importModule') ? 'const __importModule=(url)=>import(url);' : '',
  ];
  const { code } = await transform(text, {
    ...minified,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    // What was a module was strict.
    banner: `"use strict";${banners.join('')}`,
  });
  const name = relative(root, path);
  return { path: name === 'dist/index.js' ? 'dist/index.cjs' : name, code };
}

function write(path, code) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  // Commands are run by their own name.
  writeFileSync(file, code, { mode: code.startsWith('#!') ? 0o755 : 0o644 });
}

/** The broker's command, `run`, and all that these import. */
function filesOfStart(outputs, files) {
  const wanted = new Set();
  const visit = (path) => {
    if (wanted.has(path) || !files.some((file) => file.path === path)) return;
    wanted.add(path);
    for (const { path: imported, kind } of outputs[path].imports) if (kind === 'import-statement') visit(imported);
  };
  visit('dist/cli/nats-turbo.js');
  visit(Object.keys(outputs).find((path) => outputs[path].entryPoint === 'src/cli/run.ts'));
  return wanted;
}

/** The files as functions by name, and what is `require` to them. The brackets have V8 compile each at once. */
function inOneFile(files) {
  const functions = files.map(
    ({ path, code }) =>
      `${JSON.stringify(basename(path))}:(function(exports,require,module){${code.replace(/^#!.*/, '')}\n})`,
  );
  return `"use strict";
const functions={${functions.join(',\n')}},modules={};
module.exports=function load(id){
const name=id.slice(id.lastIndexOf("/")+1);
if(!functions[name])return require(id);
if(!modules[name]){const module=modules[name]={exports:{}};functions[name](module.exports,load,module)}
return modules[name].exports;
};
`;
}

/** What lies in place of a file of the start. */
function fromStart(path) {
  const head = path.startsWith('dist/cli/') ? '#!/usr/bin/env node\n' : '';
  return `${head}module.exports=require("../chunks/start.js")("./${basename(path)}");\n`;
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
    if (!KEPT.has(name) && !current.includes(`dist/chunks/${name}`)) rmSync(join(dist, 'chunks', name));
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
