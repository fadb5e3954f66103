/**
 * `npm test`: prepares like `npm start`, then runs the whole suite, Rust and TypeScript, and closes with one line for
 * both. With arguments (`npm test -- parser`) it runs the TypeScript tests whose file names contain them. A test that
 * fails runs once more, alone; if it passes then, it is named as flaky above the closing line.
 */
import { cargoSuite } from './lib/cargo-suite.mjs';
import { prepare } from './lib/prepare.mjs';
import { flakyAmong, flakyLines, judge } from './lib/retry.mjs';
import { main } from './lib/run.mjs';
import { toBuild } from './lib/steps.mjs';
import { add, closingLine, newTally } from './lib/tally.mjs';
import { timed } from './lib/timed.mjs';
import { vitestSuite } from './lib/vitest-suite.mjs';

const filters = process.argv.slice(2);

await main(async () => {
  await timed('preparation', () => prepare(toBuild));
  const suites = [['TypeScript tests', vitestSuite({ filters })]];
  if (filters.length === 0) suites.unshift(['Rust tests', cargoSuite()]);
  const total = newTally();
  const flaky = [];
  for (const [name, suite] of suites) {
    const { tally, failures } = await timed(name, () => suite.runAll());
    add(total, tally);
    if (failures.length === 0) continue;
    flaky.push(...(await timed(`${name} that failed, alone`, () => flakyAmong(failures, suite.passesAlone))));
  }
  const judged = judge(total, flaky);
  console.log(['', ...flakyLines(flaky), closingLine(judged)].join('\n'));
  if (judged.failed > 0 || judged.passed === 0) process.exitCode = 1;
});
