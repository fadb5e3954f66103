/** Adds up what the suites of a run report, and says it in the one closing line. */
export function newTally() {
  return { passed: 0, failed: 0, skipped: 0 };
}

export function add(tally, other) {
  for (const key of Object.keys(tally)) tally[key] += other[key] ?? 0;
}

/** `N passed, N failed`, and `, N skipped` if any. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** A runner that ends badly without a failed test did not compile or died. */
export function orOneFailure(tally, code) {
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/** The sums of cargo's `test result:` lines. */
export function cargoTally(text) {
  const tally = newTally();
  for (const [, passed, failed, ignored] of text.matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm,
  )) {
    add(tally, { passed: Number(passed), failed: Number(failed), skipped: Number(ignored) });
  }
  return tally;
}
