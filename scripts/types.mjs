/**
 * Emits the library's declarations twice, for import and for require: the same files, once inside a folder that
 * says it is CommonJS, so that consumers of either module system type-check.
 */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/root.mjs';
import { main, tool } from './lib/run.mjs';

const esm = join(root, 'dist/types');
const cjs = join(root, 'dist/types-cjs');

await main(async () => {
  rmSync(esm, { recursive: true, force: true });
  rmSync(cjs, { recursive: true, force: true });
  await tool('typescript/bin/tsc', ['-p', 'tsconfig.types.json']);
  cpSync(esm, cjs, { recursive: true });
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
});
