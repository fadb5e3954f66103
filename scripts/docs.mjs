/**
 * `npm run docs`: writes the generated pages of docs/ and the generated sources, from the option table and from the table
 * of JetStream's errors. With `--check`: writes nothing, and fails when one of them is not what its table makes.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { apiErrorFiles } from './lib/api-errors.mjs';
import { root } from './lib/root.mjs';
import { main, StepFailed, say } from './lib/run.mjs';

await main(async () => {
  const files = { ...(await generated()), ...apiErrorFiles() };
  const stale = Object.entries(files).filter(([path, text]) => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, 'utf8') !== text;
  });
  if (process.argv.includes('--check')) {
    const names = stale.map(([path]) => path).join(', ');
    if (stale.length > 0) throw new StepFailed(`${names}: not what its table makes; run npm run docs`);
    return;
  }
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    say(`wrote ${path}`);
  }
});

/** The sources are TypeScript, so they are bundled before they can be asked. */
async function generated() {
  const folder = mkdtempSync(join(tmpdir(), 'nats-turbo-docs-'));
  try {
    const outfile = join(folder, 'docs.mjs');
    const entryPoints = [join(root, 'src/explain/docs/index.ts')];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' });
    const { generatedDocs } = await import(pathToFileURL(outfile).href);
    return generatedDocs();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
