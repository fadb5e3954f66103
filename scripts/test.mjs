/**
 * `npm test`: prepares like `npm start`, then runs the whole suite, Rust and TypeScript, and closes with one line for
 * both. With arguments (`npm test -- parser`) it runs the TypeScript tests whose file names contain them.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { main, run, tool } from './lib/run.mjs';
import { toBuild } from './lib/steps.mjs';
import { add, cargoTally, closingLine, newTally } from './lib/tally.mjs';

const filters = process.argv.slice(2);

await main(async () => {
  await prepare(toBuild);
  const total = newTally();
  if (filters.length === 0) add(total, await rustTests());
  add(total, await typeScriptTests());
  console.log(`\n${closingLine(total)}`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
});

/** The addon crate holds no tests: it links only inside Node. */
async function rustTests() {
  const args = ['test', '--workspace', '--exclude', 'nt-napi', '--no-fail-fast'];
  const { code, text } = await run('cargo', args, { capture: true, anyCode: true });
  return atLeastOneFailure(cargoTally(text), code);
}

async function typeScriptTests() {
  const folder = mkdtempSync(join(tmpdir(), 'nats-turbo-tests-'));
  const file = join(folder, 'tally.json');
  try {
    const reporters = ['--reporter=default', '--reporter=./scripts/vitest-reporter.mjs'];
    const env = { NATS_TURBO_TALLY: file };
    const { code } = await tool('vitest/vitest.mjs', ['run', ...reporters, ...filters], { env, anyCode: true });
    return atLeastOneFailure(readTally(file), code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return newTally();
  }
}

/** A runner that ends badly without a failed test did not compile or died. */
function atLeastOneFailure(tally, code) {
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}
