/**
 * Requests that make and change streams, answered as nats-server answers them, byte for byte: those of `cases.ts`, and
 * random ones. NATS_TURBO_STREAM_CASES says how many random ones, NATS_TURBO_STREAM_SEED which.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AccountLimits, NO_LIMITS } from '../../src/jetstream/messages/account-info.js';
import { CASES, type Step } from './cases.js';
import { LIMITED_CASES, WINDOW_CASES } from './cases-limits.js';
import { Pair } from './pair.js';
import { damaged, steps as randomSteps } from './random.js';
import { withReference } from './reference.js';

const GIB = 2n ** 30n;
const MIB = 2n ** 20n;
const RUNS = Number(process.env.NATS_TURBO_STREAM_CASES ?? 150);
const SEED = Number(process.env.NATS_TURBO_STREAM_SEED ?? 11);
/** The same account again only when the files of its deleted streams are gone. */
const ACCOUNTS = 16;

const LIMITS: AccountLimits = {
  ...NO_LIMITS,
  max_memory: 10n * MIB,
  max_storage: 20n * MIB,
  max_streams: 2n,
  max_consumers: 10n,
  memory_max_stream_bytes: 6n * MIB,
  storage_max_stream_bytes: 12n * MIB,
  max_bytes_required: true,
};

const LIMITED = `jetstream { max_mem: 10485760, max_file: 20971520, max_streams: 2, max_consumers: 10,
  mem_max_stream_bytes: 6291456, disk_max_stream_bytes: 12582912, max_bytes_required: true }`;

function accounts(names: readonly string[], jetstream: string): string {
  return names.map((name) => `${name} { ${jetstream}, users: [{ user: ${name}, password: ${name} }] }`).join('\n');
}

const PLAIN = Array.from({ length: ACCOUNTS }, (_, at) => `plain${at}`);

describe('as nats-server', () => {
  describe.each([
    { title: 'with its defaults', more: '', window: 0n, cases: CASES, strict: true },
    {
      title: 'with a limit for windows',
      more: ', limits { duplicate_window: "1m" }',
      window: 60_000_000_000n,
      cases: WINDOW_CASES,
      strict: true,
    },
    {
      title: 'without strictness',
      more: ', strict: false',
      window: 0n,
      cases: CASES.filter(({ about }) => /^API-1[2369]/.test(about)),
      strict: false,
    },
  ])('$title', ({ more, window, cases, strict }) => {
    const pairs: Pair[] = [];
    let next = 0;

    const config = `jetstream { max_mem: 1GiB, max_file: 4GiB${more} }
      accounts { ${accounts(PLAIN, 'jetstream: enabled')}\n${accounts(['limited'], LIMITED)} }`;
    withReference(
      config,
      async (port) => {
        for (const name of PLAIN) pairs.push(await Pair.connect(port, name, room(NO_LIMITS)));
        pairs.push(await Pair.connect(port, 'limited', room(LIMITS)));
      },
      async () => {
        for (const pair of pairs) await pair[Symbol.asyncDispose]();
      },
    );

    function room(limits: AccountLimits) {
      return { limits: new Map([['', limits]]), duplicateWindowMax: window, strict, memory: GIB, file: 4n * GIB };
    }

    async function compare(steps: readonly Step[], pair?: Pair): Promise<void> {
      next = (next + 1) % ACCOUNTS;
      const judged = pair ?? (pairs[next] as Pair);
      await judged.clear();
      for (const [verb, body, name = 'A'] of steps) {
        const { theirs, ours } = await judged.ask(verb, name, body);
        expect(ours).toBe(theirs);
      }
      await judged.clear();
    }

    test.each(cases.map(({ about, steps }) => [about, steps] as const))('%s: %j', (_, steps) => compare(steps));

    test.each(LIMITED_CASES.map(({ about, steps }) => [about, steps] as const))('%s: %j', (_, steps) =>
      compare(steps, pairs[ACCOUNTS]),
    );

    test('random requests', { timeout: 60_000 + RUNS * 200 }, async () => {
      const property = fc.asyncProperty(randomSteps, (steps) => compare(steps));
      await fc.assert(property, { numRuns: RUNS, seed: SEED });
    });

    test('random requests with damaged bodies', { timeout: 60_000 + RUNS * 200 }, async () => {
      const property = fc.asyncProperty(damaged, (step) => compare([step]));
      await fc.assert(property, { numRuns: RUNS, seed: SEED });
    });
  });
});
