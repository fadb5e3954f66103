/**
 * `npm run check`: format, lint and types of both languages, and whether the committed declarations of the addon are
 * the ones its sources make. Runs all checks, then closes with one line.
 */

import { prepare } from './lib/prepare.mjs';
import { root } from './lib/root.mjs';
import { main, run, tool } from './lib/run.mjs';
import { toRun } from './lib/steps.mjs';
import { closingLine, newTally } from './lib/tally.mjs';
import { secondsSince } from './lib/timed.mjs';

const fuzz = 'native/fuzz/Cargo.toml';

const checks = [
  ['format, Rust', () => cargo('fmt', '--all', '--check')],
  ['format and lint, TypeScript', () => tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', root])],
  ['lint, Rust', () => cargo('clippy', '--workspace', '--all-targets', '--all-features', '--', '-D', 'warnings')],
  // Without what only tests and the simulator enable: some code is unused then.
  ['lint, Rust, the addon', () => cargo('clippy', '--package', 'nt-napi', '--', '-D', 'warnings')],
  ['docs, Rust', docs],
  ['types', () => tool('typescript/bin/tsc', ['--noEmit'])],
  ['generated declarations', () => run('git', ['diff', '--exit-code', '--', 'src/native/generated.d.ts'])],
  ['lock file of the crates', () => run('git', ['diff', '--exit-code', '--', 'Cargo.lock'])],
  [
    'lock file of the fuzz targets',
    () => run('cargo', ['metadata', '--locked', '--format-version=1', `--manifest-path=${fuzz}`], { quiet: true }),
  ],
];

await main(async () => {
  await prepare(toRun);
  const tally = newTally();
  for (const [name, check] of checks) {
    const begin = performance.now();
    try {
      await check();
      tally.passed += 1;
      console.log(`ok: ${name} (${secondsSince(begin)} s)`);
    } catch (error) {
      tally.failed += 1;
      console.log(`failed: ${name} (${secondsSince(begin)} s): ${error.message}`);
    }
  }
  console.log(closingLine(tally));
  if (tally.failed > 0) process.exitCode = 1;
});

function cargo(...args) {
  return run('cargo', args);
}

function docs() {
  return run('cargo', ['doc', '--workspace', '--no-deps'], { env: { RUSTDOCFLAGS: '-D warnings' } });
}
