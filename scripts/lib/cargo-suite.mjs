/** Runs the Rust tests of a workspace and says which failed; runs one of them alone. */
import { run } from './run.mjs';
import { cargoTally, orOneFailure } from './tally.mjs';

/** The addon crate holds no tests: it links only inside Node. */
const OURS = ['--workspace', '--exclude', 'nt-napi'];

/** @param {{cwd?: string, packages?: string[]}} [where] another workspace than this one */
export function cargoSuite({ cwd, packages = OURS } = {}) {
  const test = (...more) =>
    run('cargo', ['test', ...packages, '--no-fail-fast', ...more], { capture: true, anyCode: true, cwd });
  return {
    async runAll() {
      const { code, text } = await test();
      return { tally: orOneFailure(cargoTally(text), code), failures: cargoFailures(text) };
    },
    async passesAlone({ name }) {
      const { code, text } = await test('--', '--exact', name);
      return code === 0 && cargoTally(text).passed > 0;
    },
  };
}

/** The names in the lists that end the output of each test program. */
export function cargoFailures(text) {
  const lists = [...text.matchAll(/^failures:\n((?: {4}\S.*\n)+)/gm)];
  return lists.flatMap(([, list]) =>
    list
      .trimEnd()
      .split('\n')
      .map((line) => ({ name: line.trim() })),
  );
}
