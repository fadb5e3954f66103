/**
 * What becomes of tests that failed: each runs once more, alone. One that passes then is flaky: it is named and counts
 * as passed, unless there are too many of them. Knows no test runner.
 */

/** More flaky tests than these fail the run. */
export const FLAKY_MAX = 3;
/** More failures than these are no matter of chance, and running them one by one would take long. */
const RETRIES_MAX = 10;

/**
 * @param {{name: string}[]} failures
 * @param {(failure: {name: string}) => Promise<boolean>} passesAlone runs that test alone
 * @returns {Promise<string[]>} the names of the flaky ones
 */
export async function flakyAmong(failures, passesAlone) {
  if (failures.length > RETRIES_MAX) return [];
  const flaky = [];
  for (const failure of failures) {
    if (await passesAlone(failure)) flaky.push(failure.name);
  }
  return flaky;
}

/** The counts once it is known which of the failed tests are flaky. */
export function judge(tally, flaky) {
  if (flaky.length > FLAKY_MAX) return tally;
  return { ...tally, passed: tally.passed + flaky.length, failed: tally.failed - flaky.length };
}

/** One line for each flaky test, and one more where they fail the run. `.ci/run` repeats them at its end. */
export function flakyLines(flaky) {
  const lines = flaky.map((name) => `flaky: ${name}`);
  if (flaky.length > FLAKY_MAX) lines.push(`flaky: these are more than ${FLAKY_MAX}, so they count as failed`);
  return lines;
}
