/**
 * Ties a test to the facts it proves (conformance/coverage.ts). Owns the form of test names: they begin
 * with the section of their first fact. coverage.test.ts reads the calls and reports facts without a test.
 */
import { test } from 'vitest';
import { factTitles } from '../conformance/coverage.js';
import { underReference } from './server.js';

export interface ProvesOptions {
  /** Why our server differs on purpose; the test is skipped on the reference. */
  oursOnly?: string;
  /** The feature that ours lacks so far; until then the test runs on the reference only. */
  notYet?: string;
  /** Why the test can't run here, if it can't. */
  skip?: string | false;
  timeout?: number;
}

export function proves(
  facts: string | readonly string[],
  name: string,
  run: () => Promise<void> | void,
  options: ProvesOptions = {},
): void {
  const ids = typeof facts === 'string' ? [facts] : facts;
  for (const id of ids) {
    if (!factTitles.has(id)) throw new Error(`unknown fact ${id}: add it to test/conformance/coverage.ts`);
  }
  const section = ids[0]?.split('-')[0];
  const reason = skipReason(options);
  const title = `${section} ${name}${reason ? ` (skipped: ${reason})` : ''}`;
  test.skipIf(Boolean(reason))(title, { timeout: options.timeout ?? 30_000 }, run);
}

function skipReason({ oursOnly, notYet, skip }: ProvesOptions): string | false | undefined {
  if (oursOnly && underReference) return `differs on purpose: ${oursOnly}`;
  if (notYet && !underReference) return `not there yet: ${notYet}`;
  return skip;
}
