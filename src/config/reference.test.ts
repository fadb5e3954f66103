/**
 * Snippets given to the reference server's own check and to ours: same verdict, same digest, same lines.
 *
 * Where we answer differently on purpose, the snippet says so; a line that only adds "did you mean" or a place counts
 * as the same.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from './errors.js';
import { loadConfigFile } from './load.js';
import { referenceServer } from './testing/reference.js';

const ENV = { NUM: '42', LIST: '[a,b]', CYCLE: '$OTHER', OTHER: '$CYCLE', TEXT: 'foo bar' };

/** Values, assigned to a variable that is used, so that the verdict is about the value alone. */
const VALUES = [
  ...['1', '3k4', '1m', '-5k', '12kb', '9e', '16e', '8eib', '09', '-09', '5gib', '1KB', '9223372036854775807'],
  ...['-9223372036854775808', '9223372036854775808', '99999999999999999999', '1_000', '+5', '0x10', '1e5', '10e'],
  ...['1.25', '1.0', '-0.0', '1.5.5-6:7', '1000000000000000000000.0', '123456789012345678901.5', '0.00000001'],
  ...['0.000001', '0.0000012', '.5', '-.5', '1.', '1.a', '-a', '1.2.3', '127.0.0.1:4222'],
  ...['2016-05-04T18:53:41Z', '2020-02-29T23:59:60Z', '0050-02-28T00:00:00Z', '2016-05-04', '0000-01-01T00:00:00Z'],
  ...['yes', '"yes"', 'OFF', '1ms', '2m30s', '3xyz', '2mx', 'a#b//c', '4222 # c', 'true // c', '/foo/bar', '<>&'],
  ...["'a\\tb'", "ab'", "1'", '1]', 'a(b)', 'foo{bar', 'foo"bar', '"\\x41"', '"\\xff\\xfe"', '"\\xe2\\x82"', '"\\q"'],
  ...['"é\u2028\u2029"', '"😀"', '"\u0001\b\f\u007f\u0000"', '"\u0001\b\f\u007f"', 'a\\nb\\"c', '"a\nb"', '\u3000a'],
  ...['(\nfoo\n bar )\n)', '(\n)', '(abc)', '[1, 2 ]', '[-1]', '[1.5]', '[10.0.0.1]', '[ ]', '[a b]', '[a,\n,b]'],
  ...['[a\n b // foo\n c # bar\n ]', '[[a],[b [c]]]', '[ /foo ]', '[ a /foo ]', '[$NUM ]', '{}', '{,}', '{;a b}'],
  ...['{a b;;}', '{a b, }', '{ a }', '{a: }', '{a: 1\n a: 2}', '{ a 1 /b 2 }', '{ /a 1 }', '{a: 1 b: 2}'],
  ...['{\n a 1\n b "x\\ty"\n}', '{"a":{"b":[{"c":1 }]}}', '{\'a b\': 5, "c d" 6}', '{A: 1, a: 2, Ä: 3, "😀": 4}'],
  ...['$NUM', '$LIST', '$CYCLE', '$TEXT', '$NOPE', '$', '$2a$11$abc', '{include "inc.conf"}', '{include nope.conf}'],
].map((value) => `x: ${value}\nport: $x\nport: 4222`);

const user = (fields: string) => `authorization { users: [{user: a, ${fields}}] }`;
const permissions = (fields: string) => user(`permissions: {${fields}}`);

const FILES = [
  ...['port: 4222', '{ "port": 4222 }', '{ port: 4222 }\n', 'port: 4222\n}\n', 'port: 4222 }', 'port\n4222', '}'],
  ...['port:\n4222', 'port', 'port\n', '', '# only\n', '/foo', '=5', 'port 4222 host foo', '{ port: 5', '\0'],
  ...[
    '{ port: 5\n',
    '{ port: 5 } }',
    '{port: 5} host:h',
    'port: 5; host: h;',
    'port: 5, host: h',
    'port: 5\r\n',
    '"port',
  ],
  ...['include "inc.conf"', "include 'nope.conf'", 'include [a]', 'include 5', 'include\nfoo', "include 'bad.conf'"],
  ...['max_payload: 3GB\nmax_control_line: 4GB\nmax_sub_tokens: 300', 'max_sub_tokens: 0', 'max_subs: 5; max_conn: 0'],
  ...['listen: "foo"', 'listen: "a:b"', 'listen: "[::1]:4222"', 'listen: 127.0.0.1:4222', 'listen: -1', 'http: "x"'],
  ...['ping_interval: 5', 'ping_interval: 5s', 'ping_interval: 5x', 'ping_interval: "1m"', 'write_deadline: "5"'],
  ...['write_timeout: foo', 'write_timeout: retry', 'lame_duck_duration: "20s"', 'lame_duck_grace_period: "-1s"'],
  ...[
    'lame_duck_grace_period: "5m"',
    'server_name: "a b"',
    'max_payload: 10MB\nmax_pending: 1MB',
    'max_payload: -1\nmax_pending: 1MB',
    'Zork: 5\nport: 4',
  ],
  ...['store_dir: a\nstoredir: b', 'a: 1\nb: $a', 'a=$b\nb=1', 'no_auth_user: foo', 'client_advertise: "a:1"'],
  ...[
    'authorization { user: a, pass: b, token: c }',
    'authorization { user: a, users: [] }',
    'authorization { foo: 1 }',
  ],
  ...['authorization { token: a, users: [] }', 'authorization { users: [{user: a}, {user: a}] }', user('qqqq: 1')],
  ...['authorization { users: [{pass: b}] }', 'authorization { users: [{}] }', 'authorization { timeout: 100 }'],
  ...[
    'authorization { timeout: "5m" }',
    'authorization { timeout: 1.5 }',
    'authorization { timeout: x }',
    user('pass: b'),
  ],
  ...['authorization { timeout: true }', permissions('publish: "a b"'), permissions('publish: {allow: "a b"}')],
  ...[permissions('subscribe: {deny: ["a b", "a b c"]}'), permissions('subscribe: "a..b"'), permissions('qqqq: 1')],
  ...[permissions('publish: {foo: 1}'), permissions('publish: [5 ]'), permissions('allow_responses: 5')],
  ...['server_tags: ["A:b", c]', 'server_tags: a', 'server_tags: 5', 'server_tags: {a: b}', 'server_tags: []'],
  ...['server_metadata { a: b }', 'server_metadata: a', 'server_metadata: [a]', 'server_metadata {}'],
  ...['feature_flags { js_ack_fc_v2: on, zz: off }', 'feature_flags { a: 5 }', 'feature_flags { a: "true" }'],
  ...['feature_flags: a', 'feature_flags: [a]', 'feature_flags {}', 'no_sublist_cache: true', 'prof_port: -1'],
  ...['[standard, MQTT]', 'in_process', '[]', '[foo, STANDARD]', 'x', '5', '{}', '[a, true]', '[true]'].map((types) =>
    user(`connection_types: ${types}`),
  ),
  ...[
    'accounts: [A, B]',
    'accounts: [A, A]',
    'accounts: ["$G"]',
    'accounts: []',
    'accounts {}',
    'accounts { A {}, B {} }',
    'accounts { A {}, A {} }',
    'accounts { "$G" {} }',
    'accounts { "$SYS" {}, "$G" {} }',
    'accounts { A 3 }',
    'accounts { A [] }',
    'accounts { A { foo 1 } }',
    'accounts { "a b" {}, "" {} }',
    'accounts { A { users: [{user: a}, {user: a}] } }',
    'authorization { user: a, password: b }\naccounts { A { users: [] } }',
    'accounts { A { limits { max_foo: 1 } } }',
    'accounts { A { limits: 3 } }',
    'accounts { A { limits { max_conn: 1, max_subs: 0, max_pay: 1MB, max_leafs: -1\n} } }',
    'accounts { A { users: [{pass: x}] } }',
    'accounts { A { users: [{user: a, qqqq: 1}] } }',
    'accounts { A { users: [{user: a, clients: [FOO]}] } }',
    'accounts { A { default_permissions { publish { foo: x } } } }',
    'accounts { A { default_permissions { publish: "a b" } } }',
    'accounts { A {} }\nsystem_account: A',
    'system_account: X',
    'no_system_account: true\naccounts { A {} }',
    'no_auth_user: x\naccounts { A { users: [{user: a}] } }',
  ],
  ...[permissions('allow_responses: {max: 5, expires: 5}'), permissions('allow_responses: {max: 5, ttl: "5s"}')],
];

/** Where only the verdict has to agree: the words differ on purpose. */
const SAME_VERDICT = [
  ...[
    'debug: 1',
    'server_tags: [a, true]',
    'server_metadata { a: 5 }',
    'disable_sublist_cache: 5',
    'prof_port: x',
    'port: "4222"',
    'lame_duck_duration: 40',
    'listen: true',
    'authorization: 5',
    'port: "',
    'port }',
    'x: 5',
  ],
  ...['accounts: [1, 2 ]', 'accounts { A { limits { max_conn: "x" } } }', 'accounts { A { users: 3 } }'],
  ...['accounts { A { default_permissions: 3 } }'],
  // The reference reads the parts in any order.
  ...[
    'accounts {\n A {\n  users: [{user: a}]\n }\n B { users: [{user: b}, {user: a}] }\n}',
    'authorization { users: [{user: a}] }\naccounts { B {}, A { users: [{user: b},\n{user: a}] } }',
    'authorization { user: a, password: b }\naccounts { A { users: [{user: c}] } }',
    'authorization { token: b }\naccounts { A { users: [{user: c}] } }',
  ],
  ...['authorization { users: {} }', user('pass: 5'), user('permissions: 5'), permissions('publish: 5')],
];

/** Accepted here, refused there. */
const LENIENT = ['x: [1]\nport: $x\nport: 4222', 'x: [1,2]\nport: $x\nport: 4222'];

const server = referenceServer();
let dir = '';
let file = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'config-reference-'));
  file = join(dir, 'c.conf');
  writeFileSync(join(dir, 'inc.conf'), 'server_name: inc\n');
  writeFileSync(join(dir, 'bad.conf'), 'port: 4222\n\nnoport: 5\n');
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('2.1 2.2 2.4 the same answers as the reference', () => {
  test.for([...VALUES, ...FILES])('%j', async (text, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    writeFileSync(file, text);
    const reference = await theirs(server);
    expect(normal(ours())).toEqual(normal(reference));
  });

  test.for(SAME_VERDICT)('%j in other words', async (text, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    writeFileSync(file, text);
    expect([ours().code, (await theirs(server)).code]).toEqual([1, 1]);
  });

  test.for(LENIENT)('%j is accepted here only', async (text, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    writeFileSync(file, text);
    expect([ours().code, (await theirs(server)).code]).toEqual([0, 1]);
  });
});

interface Answer {
  code: number | null;
  text: string;
}

function ours(): Answer {
  try {
    const { digest } = loadConfigFile(file, { checkOnly: true, env: ENV });
    return { code: 0, text: `configuration file ${file} is valid (${digest})` };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { code: 1, text: error.message };
  }
}

function theirs(binary: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ['-t', '-c', file], { env: ENV, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', reject).on('close', (code) => resolve({ code, text: text.replace(/^nats-server: /, '').trim() }));
  });
}

/**
 * Without what may differ: the order of lines, suggestions, places that only one side gives, and the place of a
 * duplicate: the reference goes through a map and names now the one, now the other.
 */
function normal({ code, text }: Answer) {
  const lines = text.split('\n').map((line) => {
    const same = line.replace(/, did you mean "\w+"\?$/, '');
    return /is not a valid subject$|is not a valid queue$|Duplicate '\w+' configuration$/.test(same)
      ? same.replace(/^\S+:\d+:\d+: /, '')
      : same;
  });
  return { code, lines: lines.sort() };
}
