/** Service exports and imports of accounts, judged as by nats-server where it is present. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaints, complaintsOfReference, referenceServer } from './testing/reference.js';

/** What A exports, and B imports. */
const across = (exported: string, imported: string, more = '') =>
  `A { exports: [ { service: ${exported} } ] }\nB { imports: [ { service: { account: A, subject: ${imported} } } ] }\n${more}`;

const exported = (value: string) => `A { exports: ${value} }`;
const imported = (value: string) => `A { imports: ${value} }\nB { exports: [ { service: x } ] }`;
const ofService = (fields: string) => exported(`[ { service: x, ${fields} } ]`);
const renamed = (subject: string, more: string) =>
  `A { exports: [ { service: ">" } ] }\nB { imports: [ { service: { account: A, subject: "${subject}" }, ${more} } ] }`;

/** An account that exports everything and imports subjects of others: `account subject name`. */
const chain = (name: string, ...imports: string[]) => {
  const written = imports.map((one) => {
    const [account, subject, to] = one.split(' ');
    return `{ service: { account: ${account}, subject: "${subject}" }${to ? `, to: "${to}"` : ''} }`;
  });
  return `${name} { exports: [ { service: ">" } ], imports: [ ${written.join(', ')} ] }`;
};

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
  across('x } ], exports: [ { stream: x', 'x'),
  'A {}\nB { imports: [ { service: { account: A, subject: x } } ] }',
  'A { exports: [ { stream: x } ] }\nB { imports: [ { service: { account: A, subject: x } } ] }',
  'A { exports: [ { service: x } ] }\nB { imports: [ { stream: { account: A, subject: x } } ] }',
  ...['B', '"$G"', '"$SYS"'].map((account) => `A { imports: [ { service: { account: ${account}, subject: x } } ] }`),
  '"$SYS" { exports: [ { service: x } ] }\nB { imports: [ { service: { account: "$SYS", subject: x } } ] }',
  // Several exports.
  across('x }, { service: x, accounts: [C]', 'x', 'C {}'),
  across('x, accounts: [B] }, { service: x, accounts: [C]', 'x', 'C {}'),
  across('x, accounts: [C] }, { service: y', 'x', 'C {}'),
  // The name of the importing account in the subject.
  ...['B', 'C', '"*"'].map((name) => across('"x.*", account_token_position: 2', `"x.${name.replaceAll('"', '')}"`)),
  across('"x.*", account_token_position: 2, accounts: [C]', '"x.B"', 'C {}'),
  ...[0, 1, 3].map((position) => across(`"x.*", account_token_position: ${position}`, '"x.*"')),
  // Other names.
  ...['"y.$1.z"', '"y.*"', '"y.$2"', 'y', '"y.{{wildcard(1)}}"', '"y.{{partition(3,1)}}"', '"y.{{foo(1)}}"', '""'].map(
    (name) => renamed('x.*', `to: ${name}`),
  ),
  ...['"y.>"', '"y..$1"', '"*.y.*"', '"y.{{wildcard(1,2)}}"', '"{{random(2)}}.$1"', '"y.z"', '"y. z"'].map((name) =>
    renamed('x.*', `to: ${name}`),
  ),
  ...['"y.$2.$1"', '"y.$1"', '"*.y.*"'].map((name) => renamed('x.*.*', `to: ${name}`)),
  ...['"y.>"', 'y', '"y.*"', '">"', '"x.>"'].map((name) => renamed('x.>', `to: ${name}`)),
  ...['y', '"y.*"', '"y.>"', '">"', '"*"', '"y..z"', '"y z"'].map((name) => renamed('x', `to: ${name}`)),
  renamed('x.$1', 'to: y'),
  renamed('x.$1', 'to: "x.$1"'),
  renamed('x.$1.*', 'to: "x.$1.*"'),
  renamed('x.$1.*', 'to: "y.*.*"'),
  renamed('x.$1.*', 'to: "y.*"'),
  renamed('x.*', 'prefix: p'),
  renamed('x.*', 'prefix: p, to: "y.*"'),
  renamed('x', 'share: true'),
  // The same twice, and what overlaps.
  across('"x.*"', '"x.*" } }, { service: { account: A, subject: "x.*"'),
  across('"x.>"', '"x.*" } }, { service: { account: A, subject: "x.>"'),
  across('">"', 'x }, to: z }, { service: { account: A, subject: y }, to: z }, { service: { account: A, subject: w'),
  across(
    '">"',
    '"x.*" }, to: "z.$1" }, { service: { account: A, subject: "y.*" }, to: "z.*" }, { service: { account: A, subject: w',
  ),
  across(
    '">"',
    '"x.*" }, to: "z.*" }, { service: { account: A, subject: "y.*" }, to: "z.$1" }, { service: { account: A, subject: w',
  ),
  `A { exports: [ { service: ">" } ] }\nC { exports: [ { service: ">" } ] }
   B { imports: [ { service: { account: A, subject: x } }, { service: { account: C, subject: x } }, { service: { account: A, subject: y }, to: x } ] }`,
  // How a service answers.
  ...['single', 'Singleton', 'stream', 'STREAM', 'chunk', 'chunked', '""', 'foo', 'streamed', '5', '[]'].map((type) =>
    ofService(`response: ${type}`),
  ),
  ofService('response_type: chunk'),
  ...['"1s"', '"1m30s"', '"0s"', '0s', 'foo', '""', '5', '"5"', '1.5', '[]'].map((time) =>
    ofService(`threshold: ${time}`),
  ),
  ...['response_threshold', 'response_max_time', 'response_time'].map((name) => ofService(`${name}: "2s"`)),
  ofService('threshold: "1s"'),
  exported('[ { service: x }, { service: x, response: stream, threshold: "1s" } ]'),
  // What is measured.
  ...['y', '"y.z"', '"y.*"', '"y.>"', '"y..z"', '""', 'x', '5', '[]', 'true'].map((latency) =>
    ofService(`latency: ${latency}`),
  ),
  ...['1', '100', '"100"', '"1%"', '100%', '+5', 'headers', '" Headers "', '0', '101', '-1', '"0%"', '"101%"'].map(
    sampled,
  ),
  ...['"%"', '"5%%"', '" 5"', 'x', '""', '99999999999999999999', '"99999999999999999999"', '1.5', 'true', '[]'].map(
    sampled,
  ),
  ofService('latency: { sampling: 5 }'),
  ofService('latency: {}'),
  ofService('latency: { subject: "y.*" }'),
  ofService('latency: y, response: single'),
  ofService('latency: y, response: stream'),
  ofService('latency: y, response: chunked'),
  exported('[ { service: x, response: stream }, { service: x, latency: y } ]'),
  exported('[ { service: x, latency: y }, { service: x, response: stream } ]'),
  exported('[ { service: x, latency: y }, { service: y } ]'),
  exported('[ { service: ">" }, { service: x, latency: y } ]'),
  exported('[ { service: y }, { service: x, latency: y } ]'),
  exported('[ { service: "y.*", account_token_position: 2 }, { service: x, latency: "y.z" } ]'),
  exported('[ { service: x, account_token_position: 1, latency: y } ]'),
  // Traces.
  ofService('allow_trace: true'),
  'A { exports: [ { stream: x } ] }\nB { imports: [ { stream: { account: A, subject: x }, allow_trace: true } ] }',
  renamed('x', 'allow_trace: true'),
  renamed('x', 'allow_trace: false'),
  // What concerns services only.
  exported('[ { stream: x, response: stream } ]'),
  exported('[ { response: stream, stream: x } ]'),
  exported('[ { stream: x, latency: y } ]'),
  exported('[ { stream: x, allow_trace: true } ]'),
  exported('[ { response: stream } ]'),
  // Other shapes.
  ...['[ { service: 5 } ]', '[ { service: [] } ]', '[ { service: "" } ]', '[ { service: "a..b" } ]'].map(exported),
  ...['[ { service: x, foo: 1 } ]', '[ { service: x, accounts: [C] } ]', '[ { SERVICE: x } ]'].map(exported),
  ...['[ { service: x } ]', '[ { service: 5 } ]', '[ { service: { account: B } } ]'].map(imported),
  ...[
    '[ { service: { subject: x } } ]',
    '[ { service: {} } ]',
    '[ { service: { account: B, subject: x, a: 1 } } ]',
  ].map(imported),
  'A { exports: [ { service: x } ], foo: 1 }\nB { imports: [ { service: { account: C, subject: x } } ] }',
];

const CYCLES = [
  [['B x'], ['A x']],
  [['B x'], ['A y']],
  [['B b a'], ['A a b']],
  [['B b.* a.*'], ['A a.$1 b.$1']],
  [['B b.* a.*'], ['A a.y b.x']],
  [['B b.* a.$1'], ['A q.* b.x.*']],
  [['A x']],
  [['A x y']],
  [['A x p', 'A p x']],
  [['C x'], ['A x'], ['B x']],
  // Two that are none for the reference: the data plane notices when a request comes back. With a second import in C its
  // verdict would depend on chance.
  [['B b a'], ['C c b'], ['A a c']],
  [[], ['A x'], ['B x']],
  [['B x.> y.>'], ['C y.> x.>'], ['A x.> y.>']],
].map((imports) => imports.map((some, index) => chain('ABC'[index] ?? '', ...some)).join('\n'));

const service = (fields: string) => `A { exports: [ { ${fields} } ] }`;
const import_ = (fields: string) => `A { exports: [ { service: x } ] }\nB { imports: [ { ${fields} } ] }`;
const refused = (subject: string, name: string, why: string) =>
  `failed to create mapping transform for service import subject from "${name}" to "${subject}": ${why}`;

/** Where our verdict is another one, or that of the reference depends on chance. */
const DIFFERENT: [accounts: string, ours: string][] = [
  // Which request is meant could not be told.
  [renamed('x.*', 'to: "y.$1.$1"'), refused('x.*', 'y.$1.$1', 'use each wildcard once')],
  [renamed('x.*.*', 'to: "y.$1.*"'), refused('x.*.*', 'y.$1.*', 'use each wildcard once')],
  [
    renamed('x', 'to: "y.$1"'),
    refused('x', 'y.$1', 'invalid mapping destination: wildcard index out of range in $1: [1]'),
  ],
  [
    renamed('x', 'to: "{{partition(3)}}"'),
    refused(
      'x',
      '{{partition(3)}}',
      'invalid mapping destination: the only mapping function allowed for import transforms is {{Wildcard()}} in {{partition(3)}}',
    ),
  ],
  // There the order of fields decides, which is another one each time.
  [service('stream: x, service: y'), '3:29: Detected service "y" but already saw a stream'],
  [service('service: y, stream: x'), '3:18: Detected service "y" but already saw a stream'],
  [service('stream: x, threshold: "1s"'), '3:29: Detected response directive on non-service'],
  [service('service: x, response: stream, response_type: single'), '3:48: Duplicate response type definition'],
  [service('service: x, threshold: "1s", response_time: "2s"'), '3:47: Duplicate response threshold detected'],
  [
    import_('stream: { account: A, subject: x }, service: { account: A, subject: x }'),
    '4:54: Detected service but already saw a stream',
  ],
  // No answer could be in time.
  [service('service: x, threshold: "-1s"'), '3:30: invalid threshold, needs to be positive'],
  [service('service: x, latency: { subject: 5 }'), '3:41: Expected latency subject to be a string, got int64'],
  [service('service: x, latency: { subject: y, foo: 1 }'), '3:53: unknown field "foo"'],
  [
    `${service('service: x, latency: y')} }\nno_system_account: true\n#`,
    '2:1: Error adding service latency sampling for "x": system account not setup',
  ],
];

function sampled(sampling: string): string {
  return ofService(`latency: { subject: y, sampling: ${sampling} }`);
}

const server = referenceServer();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'service-imports-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('2.5 4.3 service exports and imports are judged as by the reference', () => {
  test.for(SAMPLES)('%s', (accounts, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    expect(complaints(file(accounts))).toEqual(complaintsOfReference(server, dir, file(accounts)));
  });

  test.for(CYCLES)('%s', (accounts, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    // Which import closes the cycle depends on chance there.
    const verdicts = (lines: string[]) => lines.map((line) => line.replace(/import "[^"]*"/, 'import'));
    const theirs = complaintsOfReference(server, dir, file(accounts));
    expect(verdicts(complaints(file(accounts)))).toEqual(verdicts(theirs));
  });

  test.for(DIFFERENT)('on purpose otherwise: %s', ([accounts, told]) => {
    expect(complaints(file(accounts)).join('\n')).toContain(told);
  });
});

const file = (accounts: string) => `port: -1\naccounts {\n${accounts}\n}\n`;
