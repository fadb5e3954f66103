/** Stream exports and imports of accounts, judged as by nats-server where it is present. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaints, complaintsOfReference, referenceServer } from './testing/reference.js';

/** What A exports, and B imports. */
const across = (exported: string, imported: string, more = '') =>
  `A { exports: [ { stream: ${exported} } ] }\nB { imports: [ { stream: { account: A, subject: ${imported} } } ] }\n${more}`;

const SAMPLES = [
  // Public, private, and what no export covers.
  across('"x.>"', '"x.>"'),
  across('"x.>"', '"x.y"'),
  across('"x.*"', '"x.>"'),
  across('"x.>"', 'x'),
  across('">"', '"a..b"'),
  across('"x.>", accounts: [B]', '"x.y"'),
  across('"x.>", accounts: [C]', '"x.y"', 'C {}'),
  across('"x.>", accounts: [B, C]', '"x.y"'),
  across('"x.>", accounts: []', '"x.y"'),
  'A {}\nB { imports: [ { stream: { account: A, subject: x } } ] }',
  'B { imports: [ { stream: { account: A, subject: x } } ] }',
  'B { imports: [ { stream: { account: "$G", subject: x } } ] }',
  'B { imports: [ { stream: { account: "$SYS", subject: x } } ] }',
  // Several exports.
  across('x }, { stream: x, accounts: [C]', 'x', 'C {}'),
  across('x, accounts: [C] }, { stream: x', 'x', 'C {}'),
  across('x, accounts: [B] }, { stream: x, accounts: [C]', 'x', 'C {}'),
  across('x, accounts: [C] }, { stream: y', 'x', 'C {}'),
  across('x } ], exports: [ { stream: y', 'x'),
  // The name of the importing account in the subject.
  ...['B', 'C', '"*"'].map((name) => across('"x.*", account_token_position: 2', `"x.${name.replaceAll('"', '')}"`)),
  across('"x.*", account_token_position: 2, accounts: [C]', '"x.B"', 'C {}'),
  ...[0, 1, 3].map((position) => across(`"x.*", account_token_position: ${position}`, '"x.*"')),
  // Other names.
  ...['p', '"p."', '"p.*"', '"p.>"', '">"', '"p..q"', '""'].map((prefix) =>
    across('"x.*"', '"x.*"').replace('} } ]', `}, prefix: ${prefix} } ]`),
  ),
  ...['"y.$1.z"', '"y.*"', '"y.$2"', 'y', '"y.{{wildcard(1)}}"', '"y.{{partition(3,1)}}"', '"y.{{foo(1)}}"', '""'].map(
    to,
  ),
  ...['"y.>"', '"y..$1"', '"*.y.*"', '"y.{{wildcard(1,2)}}"', '"{{random(2)}}.$1"'].map(to),
  'A { exports: [ { stream: "x.*.*" } ] }\nB { imports: [ { stream: { account: A, subject: "x.*.*" }, to: "y.$1" } ] }',
  'A { exports: [ { stream: "x.>" } ] }\nB { imports: [ { stream: { account: A, subject: "x.>" }, to: "y.>" } ] }',
  'A { exports: [ { stream: "x.>" } ] }\nB { imports: [ { stream: { account: A, subject: "x.>" }, to: y } ] }',
  'A { exports: [ { stream: x } ] }\nB { imports: [ { stream: { account: A, subject: x }, to: y } ] }',
  // The same twice, and what overlaps.
  across('"x.*"', '"x.*" } }, { stream: { account: A, subject: "x.*"'),
  across('"x.>"', '"x.*" } }, { stream: { account: A, subject: "x.>"'),
  // Cycles.
  ...[
    ['x', 'x'],
    ['">"', 'x'],
    ['x', 'y'],
  ].map(
    ([
      exported,
      imported,
    ]) => `A { exports: [{ stream: ${exported} }], imports: [{ stream: { account: B, subject: ${imported} }}]}
     B { exports: [{ stream: ${imported} }], imports: [{ stream: { account: A, subject: x }}]}`,
  ),
  `A { exports: [{ stream: x }], imports: [{ stream: { account: C, subject: x }}]}
   B { exports: [{ stream: x }], imports: [{ stream: { account: A, subject: x }}]}
   C { exports: [{ stream: x }], imports: [{ stream: { account: B, subject: x }}]}`,
  `A { exports: [{ stream: x }]}
   B { exports: [{ stream: x }], imports: [{ stream: { account: A, subject: x }}]}
   C { exports: [{ stream: x }], imports: [{ stream: { account: B, subject: x }}]}`,
  'A { exports: [{ stream: x }], imports: [{ stream: { account: A, subject: x }}]}',
  'A { exports: [{ stream: x }], imports: [{ stream: { account: A, subject: x }}, { stream: { account: A, subject: x }, to: y }]}',
  'A { exports: [{ stream: ">" }], imports: [{ stream: { account: A, subject: x }, to: y }, { stream: { account: A, subject: y }, to: z }]}',
  // Other shapes.
  ...['x', '{ stream: x }', '5', '[]', '[ x ]', '[ 5 ]', '[ {} ]', '[ { stream: 5 } ]', '[ { stream: "" } ]'].map(
    exported,
  ),
  ...['[ { stream: "a..b" } ]', '[ { stream: { account: A, subject: x } } ]', '[ { stream: x, foo: 1 } ]'].map(
    exported,
  ),
  ...['[ { accounts: [A] } ]', '[ { stream: x, accounts: [C] } ]', '[ { STREAM: x } ]'].map(exported),
  ...['x', '{ stream: x }', '5', '[]', '[ x ]', '[ {} ]', '[ { stream: x } ]', '[ { stream: { account: B } } ]'].map(
    imported,
  ),
  ...['[ { stream: { subject: x } } ]', '[ { stream: {} } ]', '[ { prefix: a } ]', '[ { foo: 1 } ]'].map(imported),
  'A { exports: [ { stream: x } ], foo: 1 }\nB { imports: [ { stream: { account: C, subject: x } } ] }',
];

function to(name: string): string {
  return `A { exports: [ { stream: "x.*" } ] }\nB { imports: [ { stream: { account: A, subject: "x.*" }, to: ${name} } ] }`;
}

function exported(value: string): string {
  return `A { exports: ${value} }`;
}

function imported(value: string): string {
  return `A { imports: ${value} }\nB { exports: [ { stream: x } ] }`;
}

const renamed = (subject: string, name: string) =>
  `A { exports: [ { stream: ">" } ] }\nB { imports: [ { stream: { account: A, subject: "${subject}" }, ${name} } ] }`;
const refused = (subject: string, name: string, why: string) =>
  `2:1: Error adding stream import "${subject}": failed to create mapping transform for stream import subject from "${subject}" to "${name}": ${why}`;

/** Where our verdict is another one. */
const DIFFERENT: [accounts: string, ours: string][] = [
  // Which subject a subscription is for could not be told.
  [renamed('x.*', 'to: "y.$1.$1"'), refused('x.*', 'y.$1.$1', 'use each wildcard once')],
  [renamed('x.*.*', 'to: "y.$1.$1"'), refused('x.*.*', 'y.$1.$1', 'use each wildcard once')],
  [renamed('x.*', 'prefix: "$1"'), refused('x.*', '$1.x.*', 'use each wildcard once')],
  // The name of a subject without wildcards can be anything there; no message gets it.
  [renamed('x', 'to: "y..z"'), refused('x', 'y..z', 'invalid subject')],
  [renamed('x', 'to: "y z"'), refused('x', 'y z', 'invalid subject')],
  [
    renamed('x', 'to: "y.*"'),
    refused('x', 'y.*', 'invalid mapping destination: wildcard index out of range in $1: [1]'),
  ],
  [
    renamed('x', 'to: "{{partition(3)}}"'),
    refused(
      'x',
      '{{partition(3)}}',
      'invalid mapping destination: the only mapping function allowed for import transforms is {{Wildcard()}} in {{partition(3)}}',
    ),
  ],
  // There it depends on chance whether this is noticed.
  [renamed('x', 'prefix: p, to: y'), "4:67: Stream import can not have a 'prefix' and a 'to' property"],
  [
    'A { exports: [ { stream: "x.*", account_token_position: -1 } ] }',
    '2:1: Error adding stream export "x.*": sublist: invalid subject',
  ],
];

const server = referenceServer();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stream-imports-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('2.5 4.3 stream exports and imports are judged as by the reference', () => {
  test.for(SAMPLES)('%s', (accounts, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    expect(complaints(file(accounts))).toEqual(complaintsOfReference(server, dir, file(accounts)));
  });

  test.for(DIFFERENT)('on purpose otherwise: %s', ([accounts, told]) => {
    expect(complaints(file(accounts)).join('\n')).toContain(told);
  });
});

const file = (accounts: string) => `port: -1\naccounts {\n${accounts}\n}\n`;
