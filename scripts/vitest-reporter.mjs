/**
 * Counts a vitest run into the file that NATS_TURBO_TALLY names, and prints each reason for a skip once. Where all
 * tools are promised (NATS_TURBO_REQUIRE_TOOLS=1) a test skipped for want of one counts as failed.
 */
import { writeFileSync } from 'node:fs';
import { newTally } from './lib/tally.mjs';

const NEEDS = /needs /;

export default class TallyReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tally = newTally();
    const notes = new Map();
    for (const module of modules) {
      // A file that does not load has no tests to count.
      tally.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') tally.passed += 1;
        else if (state === 'failed') tally.failed += 1;
        else {
          const reason = note ?? test.fullName;
          notes.set(reason, (notes.get(reason) ?? 0) + 1);
          if (process.env.NATS_TURBO_REQUIRE_TOOLS === '1' && NEEDS.test(reason)) tally.failed += 1;
          else tally.skipped += 1;
        }
      }
      for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
    }
    tally.failed += unhandledErrors.length;
    for (const [reason, count] of notes) console.log(`${reason}${count > 1 ? ` (${count} tests)` : ''}`);
    writeFileSync(process.env.NATS_TURBO_TALLY, JSON.stringify(tally));
  }
}
