/**
 * Random exports and imports of both kinds, judged by nats-server and by us. What depends on chance there is left out:
 * cycles, and several exports that cover one import.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { complaints, complaintsOfReference, referenceServer } from './testing/reference.js';

/** Verdicts that are stricter on purpose (docs/differences.md). */
const STRICTER =
  /use each wildcard once|wildcard index out of range|only mapping function allowed|to "\S*": invalid subject$/;
const EXPORTS = 3;
const CASES = 100;

const kind = fc.constantFrom('service', 'stream');
const tail = fc.array(fc.constantFrom('a', 'b', '*', '*', 'B', 'C'), { maxLength: 3 });
/** Subjects of different numbers have none in common. */
const subject = (number: fc.Arbitrary<number>) =>
  fc
    .tuple(number, tail, fc.boolean())
    .map(([first, tokens, open]) => [`s${first}`, ...tokens, ...(open ? ['>'] : [])].join('.'));

const exported = fc.nat(EXPORTS - 1).chain((number) =>
  fc
    .record({
      kind,
      subject: fc.oneof({ weight: 3, arbitrary: fc.constant(`s${number}.>`) }, subject(fc.constant(number))),
      accounts: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, fc.constantFrom('B', 'C')),
      position: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, fc.integer({ min: 1, max: 3 })),
      response: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, fc.constantFrom('single', 'stream', 'chunk')),
      latency: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, fc.constantFrom('m', 'm.*', 's0.b', 's1.a')),
    })
    .map((one) => {
      const ofServices = one.kind === 'service' ? [field('response', one.response), field('latency', one.latency)] : [];
      const others = [one.accounts && `accounts: [ ${one.accounts} ]`, field('account_token_position', one.position)];
      return { key: `${one.kind} ${number}`, text: braces(`${one.kind}: "${one.subject}"`, ...others, ...ofServices) };
    }),
);

/** Names that fit, mostly. */
const renamed = (subject: string, numbers: readonly number[]) =>
  subject
    .split('.')
    .map((token, at) => (token === '*' && numbers[at] ? `$${numbers[at]}` : token === '>' ? '>' : `${token}x`))
    .map((token) => (token === '*x' ? '*' : token))
    .join('.');

const imported = fc
  .record({
    kind,
    subject: subject(fc.nat(EXPORTS - 1)),
    numbers: fc.option(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 })),
  })
  .map((one) => {
    const origin = `${one.kind}: { account: A, subject: "${one.subject}" }`;
    return braces(origin, one.numbers && `to: "${renamed(one.subject, one.numbers)}"`);
  });

const config = fc
  .record({
    exports: fc.uniqueArray(exported, { selector: ({ key }) => key, minLength: EXPORTS, maxLength: 2 * EXPORTS }),
    b: fc.array(imported, { maxLength: 4 }),
    c: fc.array(imported, { maxLength: 2 }),
  })
  .map(({ exports, b, c }) => {
    const accounts = [
      `A { exports: [ ${exports.map(({ text }) => text).join(', ')} ] }`,
      `B { imports: [ ${b.join(', ')} ] }`,
      `C { imports: [ ${c.join(', ')} ] }`,
    ];
    return `port: -1\naccounts {\n${accounts.join('\n')}\n}\n`;
  });

function field(name: string, value: string | number | null): string | null {
  return value === null ? null : `${name}: ${JSON.stringify(value)} `;
}

function braces(...fields: (string | null)[]): string {
  return `{ ${fields.filter((one) => one !== null).join(', ')} }`;
}

const server = referenceServer();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'imports-random-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

test('2.5 4.3 random exports and imports are judged as by the reference', { timeout: 60_000 }, (ctx) => {
  if (server === undefined) return ctx.skip('skipped: needs nats-server');
  const judged = fc.property(config, (text) => {
    const [ours, theirs] = [complaints(text), complaintsOfReference(server, dir, text)];
    expect(ours).toEqual(expect.arrayContaining(theirs));
    for (const told of ours) if (!theirs.includes(told)) expect(told).toMatch(STRICTER);
  });
  fc.assert(judged, { numRuns: CASES });
});
