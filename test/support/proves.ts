/**
 * Connects tests with the facts they prove (conformance/coverage.ts). The name of such a test begins with the section of
 * its first fact. coverage.test.ts reads the calls: `proves` counts always, `compares` only for facts that are marked as
 * comparisons, `pending` never.
 */
import { test } from 'vitest';
import { factTitles } from '../conformance/coverage.js';
import { referenceCommand, underReference } from './server.js';

type Run = () => Promise<void> | void;

export interface ProvesOptions {
  /** Why our server differs on purpose; the test is skipped on the reference. */
  oursOnly?: string;
  timeout?: number;
}

/** A test of the server under test. */
export function proves(facts: string | readonly string[], name: string, run: Run, options: ProvesOptions = {}): void {
  const { oursOnly, timeout } = options;
  register(facts, name, run, { skip: underReference && oursOnly && `differs on purpose: ${oursOnly}`, timeout });
}

/** A test that needs nats-server beside the server under test; skipped without it. */
export function compares(
  facts: string | readonly string[],
  name: string,
  run: Run,
  { timeout }: { timeout?: number } = {},
): void {
  register(facts, name, run, { skip: !referenceCommand() && 'needs nats-server', timeout });
}

/** A test of a feature that our server lacks so far; until then it runs on the reference only. */
export function pending(feature: string, facts: string | readonly string[], name: string, run: Run): void {
  register(facts, name, run, { skip: !underReference && `not there yet: ${feature}` });
}

interface Registration {
  /** Why the test is skipped, if it is. */
  skip: string | false | undefined;
  timeout?: number | undefined;
}

function register(facts: string | readonly string[], name: string, run: Run, { skip, timeout }: Registration): void {
  const ids = typeof facts === 'string' ? [facts] : facts;
  for (const id of ids) {
    if (!factTitles.has(id)) throw new Error(`unknown fact ${id}: add it to test/conformance/coverage.ts`);
  }
  const title = `${ids[0]?.split('-')[0]} ${name}${skip ? ` (skipped: ${skip})` : ''}`;
  test.skipIf(Boolean(skip))(title, { timeout: timeout ?? 30_000 }, run);
}
