/**
 * Section 4.3 as a property of whole configurations: random accounts, exports, imports, mappings and permissions, and
 * what clients say, on real sockets. A model says what each client gets; the server under test and nats-server have to
 * do the same. native/sim/src/isolation is its twin without sockets, with reloads and many more cases.
 */
import { expect, test } from 'vitest';
import { compares, proves } from '../support/proves.js';
import { referenceCommand } from '../support/server.js';
import { generate } from './isolation/generate.js';
import { type Failure, playAll, textOf } from './isolation/play.js';
import type { Account, Case } from './isolation/setup.js';
import { shrink } from './isolation/shrink.js';

/** Cases per run, and the seed of the first one. */
const CASES = Number(process.env.NATS_TURBO_CASES ?? 40);
const SEED = Number(process.env.NATS_TURBO_SEED ?? 1);
/** Cases that share a server. */
const PORTION = 40;
const TIMEOUT_MS = 120_000 + CASES * 1000;

type Play = (cases: readonly Case[]) => Promise<(Failure | undefined)[]>;

interface Found {
  seed: number;
  one: Case;
  failure: Failure;
}

/** Plays cases until one fails. */
async function search(count: number, play: Play): Promise<Found | undefined> {
  for (let from = 0; from < count; from += PORTION) {
    const seeds = Array.from({ length: Math.min(PORTION, count - from) }, (_, at) => SEED + from + at);
    const failures = await play(seeds.map(generate));
    for (const [at, failure] of failures.entries()) {
      const seed = seeds[at] as number;
      if (failure) return { seed, one: generate(seed), failure };
    }
  }
  return undefined;
}

/** The same as text, as small as possible: a configuration, and what clients do. */
async function told(found: Found | undefined, play: Play): Promise<string | undefined> {
  if (!found) return undefined;
  const [smaller, why] = await shrink(found.one, found.failure, play);
  return `NATS_TURBO_SEED=${found.seed} NATS_TURBO_CASES=1 fails:\n${textOf(smaller, why)}`;
}

proves(
  ['4.3-09', '4.3-10', '4.3-16', '4.3-26', '4.2-02', '1.15-12'],
  'clients get what accounts, imports and permissions say, and nothing else',
  async () => expect(await told(await search(CASES, playAll), playAll)).toBeUndefined(),
  { timeout: TIMEOUT_MS },
);

compares(
  '4.3-09',
  'the same configurations and clients with nats-server',
  async () => {
    const play: Play = (cases) => playAll(cases, referenceCommand());
    expect(await told(await search(CASES, play), play)).toBeUndefined();
  },
  { timeout: TIMEOUT_MS },
);

/** What an administrator must never get by mistake, as changes of the accounts alone. */
const LEAKS: Record<string, (account: Account) => Account> = {
  'permissions that are forgotten': (account) => ({ ...account, defaults: undefined }),
  'exports that tell who gets a message': (account) => ({
    ...account,
    exports: account.exports.map((one) => ({ ...one, allowTrace: true })),
  }),
  'imports that tell who asks': (account) => ({
    ...account,
    imports: account.imports.map((one) => ({ ...one, share: one.kind === 'service' })),
  }),
  'imports of everything that is exported': (account) => ({
    ...account,
    imports: account.imports.map((one) => ({ ...one, to: one.kind === 'stream' ? undefined : one.to })),
  }),
};

const leaking =
  (change: (account: Account) => Account): Play =>
  (cases) =>
    playAll(cases, undefined, (one) => ({ ...one, accounts: one.accounts.map(change) }));

for (const [name, change] of Object.entries(LEAKS)) {
  test(`4.3 a planted leak is found: ${name}`, { timeout: TIMEOUT_MS }, async () => {
    expect(await search(200, leaking(change))).toBeDefined();
  });
}

test('4.3 a case that fails is told as small as possible', { timeout: TIMEOUT_MS }, async () => {
  const play = leaking(LEAKS['imports that tell who asks'] as (account: Account) => Account);
  const text = await told(await search(200, play), play);
  // A subscription and a request, of the service that is imported.
  expect(text?.match(/^\d+: K0User/gm)).toHaveLength(2);
  expect(text?.match(/\{ service: \{/g)).toHaveLength(1);
});
