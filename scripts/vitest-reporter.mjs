/**
 * Reports a vitest run to the file that NATS_TURBO_TALLY names: the counts, and how to run again what failed. Prints
 * each reason for a skip once. Where all tools are promised (NATS_TURBO_REQUIRE_TOOLS=1) a test skipped for want of one
 * counts as failed.
 */
import { writeFileSync } from 'node:fs';
import { newTally } from './lib/tally.mjs';

const NEEDS = /needs /;

export default class TallyReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tally = newTally();
    const failures = [];
    const notes = new Map();
    for (const module of modules) {
      if (isBroken(module)) {
        tally.failed += 1;
        failures.push({ name: module.relativeModuleId, file: module.relativeModuleId });
      }
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') tally.passed += 1;
        else if (state === 'failed') {
          tally.failed += 1;
          failures.push(testAgain(module, test));
        } else {
          const reason = note ?? test.fullName;
          notes.set(reason, (notes.get(reason) ?? 0) + 1);
          if (process.env.NATS_TURBO_REQUIRE_TOOLS === '1' && NEEDS.test(reason)) tally.failed += 1;
          else tally.skipped += 1;
        }
      }
    }
    tally.failed += unhandledErrors.length;
    for (const [reason, count] of notes) console.log(`${reason}${count > 1 ? ` (${count} tests)` : ''}`);
    writeFileSync(process.env.NATS_TURBO_TALLY, JSON.stringify({ tally, failures }));
  }
}

/** A file that does not load has no tests to blame; a hook belongs to none. */
function isBroken(module) {
  return module.errors().length > 0 || [...module.children.allSuites()].some((suite) => suite.errors().length > 0);
}

function testAgain(module, test) {
  const names = [];
  for (let task = test; task.type !== 'module'; task = task.parent) names.unshift(task.name);
  return {
    name: `${module.relativeModuleId} > ${names.join(' > ')}`,
    file: module.relativeModuleId,
    pattern: `(^| )${names.join(' ').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`,
  };
}
