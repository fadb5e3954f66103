/** Runs the TypeScript tests of a folder and says which failed; runs one of them alone. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './root.mjs';
import { tool } from './run.mjs';
import { newTally, orOneFailure } from './tally.mjs';

/** @param {{cwd?: string, filters?: string[]}} [which] another folder than this clone; parts of file names */
export function vitestSuite({ cwd = root, filters = [] } = {}) {
  return {
    runAll: () => vitest(cwd, filters),
    /** A file that did not load, or whose hooks failed, runs again as a whole. */
    async passesAlone({ file, pattern }) {
      const { tally } = await vitest(cwd, pattern ? [file, '--testNamePattern', pattern] : [file]);
      return tally.failed === 0 && tally.passed > 0;
    },
  };
}

async function vitest(cwd, args) {
  const folder = mkdtempSync(join(tmpdir(), 'nats-turbo-tests-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/vitest-reporter.mjs')}`];
    const env = { NATS_TURBO_TALLY: report };
    const { code } = await tool('vitest/vitest.mjs', ['run', ...reporters, ...args], { cwd, env, anyCode: true });
    const { tally, failures } = readReport(report);
    return { tally: orOneFailure(tally, code), failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { tally: newTally(), failures: [] };
  }
}
