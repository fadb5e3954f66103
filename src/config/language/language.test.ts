import { createHash } from 'node:crypto';
/** The language, construct by construct: what a text means, or the exact words it is refused with. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest } from './digest.js';
import type { ConfigMap, ConfigValue } from './nodes.js';
import { type Environment, hostEnvironment, parseBytes, parseFile } from './parse.js';

/** Plain data, with integers as they are written. */
function plain(value: ConfigValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, node]) => [name, plain(node.value)]));
  if (Array.isArray(value)) return value.map((node) => plain(node.value));
  return value;
}

function parse(text: string, env: Environment = {}): ConfigMap {
  return parseBytes(Buffer.from(text), 'F', hostEnvironment(env));
}

function failure(text: string, env: Environment = {}): string {
  try {
    parse(text, env);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

const MEANS: [construct: string, text: string, meaning: unknown][] = [
  ['a file in braces', '{ "port": 4222, "host": "h" }', { port: 4222n, host: 'h' }],
  ['braces in braces', '{\n{x:5}, y:6\n}', { x: 5n, y: 6n }],
  ['entries after the braces', '{x:5} y:6', { x: 5n, y: 6n }],
  ['braces left open after a newline', '{ x: 5\n', { x: 5n }],
  ['a stray brace at the end', 'port: 4222\n}\n', { port: 4222n }],
  ['a stray brace after a value', 'a: foo } d: x', { a: 'foo', d: 'x' }],
  ['quoted keys', `"a b" 1\n'c' = 2\n"d":3`, { 'a b': 1n, c: 2n, d: 3n }],
  ['separators', 'a=1\nb:2\nc 3\nd\t4\ne {}\nf : 5', { a: 1n, b: 2n, c: 3n, d: 4n, e: {}, f: 5n }],
  ['a value on the line after its key', 'port\n4222', { port: 4222n }],
  ['the same after a separator inside a map', 'a { b:\n 3 }', { a: { b: 3n } }],
  ['value terminators', 'a: 1; b: 2, c: 3\nd: 4;', { a: 1n, b: 2n, c: 3n, d: 4n }],
  ['comments', '# one\na: 1 # two\nb: true // three\n// four', { a: 1n, b: true }],
  ['comment signs inside a bare string', 'x: a#b//c', { x: 'a#b//c' }],
  ['a lone slash after a value', 'port: 4222 / \n', { port: 4222n }],
  ['escapes in double quotes', String.raw`x: "\x41\t\n\r\"\\"`, { x: 'A\t\n\r"\\' }],
  ['single quotes take everything as it is', String.raw`x: 'a\tb'`, { x: String.raw`a\tb` }],
  ['newlines in quotes', 'x: "a\nb"', { x: 'a\nb' }],
  ['bare strings', 'x: a:b\ny: /foo/bar\nz: 3xyz', { x: 'a:b', y: '/foo/bar', z: '3xyz' }],
  ['escapes in bare strings', String.raw`x: a\nb`, { x: 'a\nb' }],
  ['a block', 'x: (\nabc )\n  d\n)\ny: 1', { x: '\nabc )\n  d\n', y: 1n }],
  ['a block at the end of the file', 'x: (\nabc\n)', { x: '\nabc\n' }],
  ['booleans in any case', 'a: yes\nb: OFF\nc: True\nd: "yes"', { a: true, b: false, c: true, d: 'yes' }],
  ['integers', 'a: 5\nb: -5\nc: 09', { a: 5n, b: -5n, c: 9n }],
  ['suffixes of a thousand', 'a: 1k\nb: 1m\nc: 2G', { a: 1000n, b: 1_000_000n, c: 2_000_000_000n }],
  ['suffixes of 1024', 'a: 1kb\nb: 2mib\nc: 2MB\nd: 1Gi', { a: 1024n, b: 2097152n, c: 2097152n, d: 1073741824n }],
  ['values that wrap at 64 bits', 'a: 16e\nb: 8eib', { a: -2446744073709551616n, b: -9223372036854775808n }],
  ['letters after digits', 'a: 2mx\nb: 1ms\nc: 2m30s\nd: 3k4', { a: '2mx', b: '1ms', c: '2m30s', d: '3k4' }],
  ['floats', 'a: 1.5\nb: -0.25', { a: 1.5, b: -0.25 }],
  ['dates', 'x: 2016-05-04T18:53:41Z', { x: new Date('2016-05-04T18:53:41Z') }],
  ['addresses', 'a: 127.0.0.1:4222\nb: 10.0.0.1', { a: '127.0.0.1:4222', b: '10.0.0.1' }],
  ['arrays', 'x: [a, "b"\n c\n 1 , [d], {e: f}]', { x: ['a', 'b', 'c', 1n, ['d'], { e: 'f' }] }],
  ['an integer before the end of an array', 'x: [1,2]\ny: [1k]\nz: [-1]', { x: [1n, 2n], y: [1000n], z: [-1n] }],
  ['the same outside an array', 'x: 1]', { x: '1]' }],
  ['a comma at the end of an array', 'x: [a,]', { x: ['a'] }],
  ['comments in arrays', 'x: [a # one\n b // two\n]', { x: ['a', 'b'] }],
  ['maps', 'x { a: 1, b: 2; c: 3\n d { e: f } }', { x: { a: 1n, b: 2n, c: 3n, d: { e: 'f' } } }],
  ['duplicate keys', 'a: 1\na: 2', { a: 2n }],
  ['variables, innermost first', 'x=1\na { x=2, b=$x }\nc=$x', { x: 1n, a: { x: 2n, b: 2n }, c: 1n }],
  ['variables in quotes', 'x=1\na="$x"', { x: 1n, a: '$x' }],
  ['bcrypt hashes', 'a: $2a$11$abc\nb: $2b$10$x', { a: '$2a$11$abc', b: '$2b$10$x' }],
  ['carriage returns', 'x: 5\r\ny: 6\r\n', { x: 5n, y: 6n }],
  ['nothing', '', {}],
];

/** What nats-server 2.15.2 prints for the file of the last test. */
const REFERENCE_DIGEST = 'sha256:c78e9fe975b7cf56225da4ec94a2122345c00f5521ecb1067e2653e66dfceb7e';

const ENV = { NUM: '42', LIST: '[a, b]', MAP: '{a: $NUM}', CYCLE: '$OTHER', OTHER: '$CYCLE', BAD: '[a' };

const REFUSED: [text: string, words: string][] = [
  ['port:\n4222', "Parse error on line 2: 'Expected value but found new line'"],
  ['X=[a,,b]', "Parse error on line 1: 'Unexpected array value terminator ','.'"],
  ['x: "abc', "Parse error on line 1: 'Unexpected EOF.'"],
  ['x: "abc\n', "Parse error on line 2: 'Unexpected EOF.'"],
  ['x: (\nabc', "Parse error on line 2: 'Unexpected EOF processing block.'"],
  ['x {\n', "Parse error on line 2: 'Unexpected EOF processing map.'"],
  ['x { "a', "Parse error on line 1: 'Unexpected EOF processing double quoted map key.'"],
  ["x { 'a", "Parse error on line 1: 'Unexpected EOF processing quoted map key.'"],
  ['x { a', "Parse error on line 1: 'Unexpected EOF processing map key.'"],
  ['x { a : , }', `Parse error on line 1: 'Unexpected map value terminator ",".'`],
  [
    'x: {a: 1 b: 2}',
    `Parse error on line 1: 'Expected a map value terminator "," or a map terminator "}", but got 'b' instead.'`,
  ],
  [
    'x: [a b]',
    `Parse error on line 1: 'Expected an array value terminator "," or an array terminator "]", but got 'b' instead.'`,
  ],
  ['x { ] }', "Parse error on line 1: 'Unexpected array end ']' processing map.'"],
  ['=5', "Parse error on line 1: 'Unexpected key separator '=''"],
  ['x { = 5 }', "Parse error on line 1: 'Unexpected key separator '='.'"],
  [
    'x: 5 y: 6',
    "Parse error on line 1: 'Expected a top-level value to end with a new line, comment or EOF, but got 'y' instead.'",
  ],
  [
    '{x: 5 y: 6}',
    "Parse error on line 1: 'Expected a block-level value to end with a new line, comment or EOF, but got 'y' instead.'",
  ],
  [
    String.raw`x: "\q"`,
    String.raw`Parse error on line 1: 'Invalid escape character 'q'. Only the following escape characters are allowed: \xXX, \t, \n, \r, \", \\.'`,
  ],
  [
    String.raw`x: "\xzz"`,
    String.raw`Parse error on line 1: 'Expected two hexadecimal digits after '\x', but got 'zz''`,
  ],
  ['x: .5', "Parse error on line 1: 'Floats must start with a digit'"],
  ['x: -.5', "Parse error on line 1: 'Floats must start with a digit, not '.'.'"],
  ['x: -a', "Parse error on line 1: 'Expected a digit but got 'a'.'"],
  ['x: 1.a', "Parse error on line 1: 'Floats must have a digit after the '.', but got 'a' instead.'"],
  ['x: 12-05', "Parse error on line 1: 'All ISO8601 dates must be in full Zulu form.'"],
  ['x: 2016-05x', "Parse error on line 1: 'Expected '-' in ISO8601 datetime, but found 'x' instead.'"],
  ['x: 2016-05-32T18:53:41Z', "expected Zulu formatted DateTime, but got '2016-05-32T18:53:41Z'"],
  ['x: 99999999999999999999', "integer '99999999999999999999' is out of the range"],
  ['foo', 'config is invalid (F:1:3)'],
  ['a: 1\nfoo\n', 'config is invalid (F:3:1)'],
  ['y=$nope', "variable reference for 'nope' on line 1 can not be found"],
  ['a=$b\nb=1', "variable reference for 'b' on line 1 can not be found"],
  ['include [a]', "Parse error on line 1: 'Expected include value but found start of an array'"],
  ['include 5', "Parse error on line 1: 'Expected include value but found start of a number'"],
  ['include\nfoo', "Parse error on line 2: 'Expected include value but found new line'"],
  ['/foo', "Parse error on line 1: 'Unexpected EOF.'"],
];

describe('2.1 what a text means', () => {
  test.each(MEANS)('%s', (_construct, text, meaning) => {
    expect(plain(parse(text))).toEqual(meaning);
  });
});

describe('2.2 texts that are refused', () => {
  test.each(REFUSED)('%j', (text, words) => {
    expect(failure(text)).toBe(words);
  });

  test('nesting without end', () => {
    expect(failure(`x: ${'['.repeat(100_000)}`)).toContain('Nested more than');
    expect(failure('{'.repeat(100_000))).toContain('Nested more than');
  });
});

describe('2.1 the environment', () => {
  test('its text is read as a value', () => {
    expect(plain(parse('a=$NUM\nb=$LIST\nc=$MAP', ENV))).toEqual({ a: 42n, b: ['a', 'b'], c: { a: 42n } });
  });

  test('parts of a value from the environment stand where the variable stands', () => {
    const list = parse('a: 1\n  b: $LIST', ENV).get('b')?.value as { line: number; column: number; file: string }[];
    expect(list[0]).toMatchObject({ file: 'F', line: 2, column: 7 });
  });

  test('the file wins', () => {
    expect(plain(parse('NUM=1\na=$NUM', ENV))).toMatchObject({ a: 1n });
  });

  test('cycles and bad values are named', () => {
    const nested = "variable reference for 'CYCLE' on line 1 could not be parsed: ";
    expect(failure('a=$CYCLE', ENV)).toContain(nested);
    expect(failure('a=$CYCLE', ENV)).toContain("variable reference cycle for 'CYCLE'");
    expect(failure('a=$BAD', ENV)).toContain("variable reference for 'BAD' on line 1 could not be parsed: Parse error");
  });
});

describe('2.2 places', () => {
  test('columns count from 0 on the first line and from 1 on later ones', () => {
    const root = parse('a: 1\n  b: 2\n"c": 3');
    const place = (name: string) => [root.get(name)?.line, root.get(name)?.column];
    expect([place('a'), place('b'), place('c')]).toEqual([
      [1, 0],
      [2, 3],
      [3, 2],
    ]);
  });

  test('columns count bytes', () => {
    expect(parse('é: 1, b: 2').get('b')?.column).toBe(7);
  });
});

describe('2.1 include', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'config-include-'));
    mkdirSync(join(dir, 'sub'));
    writeFileSync(join(dir, 'sub', 'one.conf'), "x: 1\ninclude 'two.conf'\n");
    writeFileSync(join(dir, 'sub', 'two.conf'), 'y: [a b');
    writeFileSync(join(dir, 'sub', 'three.conf'), 'z: 3\n');
    writeFileSync(join(dir, 'loop.conf'), "include 'loop.conf'\n");
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const main = (text: string): ConfigMap => {
    writeFileSync(join(dir, 'main.conf'), text);
    return parseFile(join(dir, 'main.conf'), hostEnvironment({}));
  };

  test('at the top, in a map, bare and quoted; its keys are variables from there on', () => {
    expect(plain(main('include sub/three.conf\nm { include "sub/three.conf" }\nw=$z'))).toEqual({
      z: 3n,
      m: { z: 3n },
      w: 3n,
    });
  });

  test('values know the file they were written in', () => {
    expect(main("include './sub/three.conf'").get('z')).toMatchObject({
      file: join(dir, 'sub', 'three.conf'),
      line: 1,
    });
  });

  test('problems name every file on the way', () => {
    const missing = join(dir, 'nope.conf');
    expect(() => main("include './nope.conf'")).toThrow(
      `error parsing include file './nope.conf', open ${missing}: no such file or directory`,
    );
    expect(() => main("include 'sub/one.conf'")).toThrow(
      "error parsing include file 'sub/one.conf', error parsing include file 'two.conf', Parse error on line 1: ",
    );
  });

  test('a file that includes itself is refused', () => {
    expect(() => main("include 'loop.conf'")).toThrow('include cycle');
  });
});

describe('2.1 digest', () => {
  test('is the same for the same meaning in other words and another order', () => {
    const one = digest(parse('a: 2MB\nb { c: yes }'));
    expect(digest(parse('{ "b": {c: true}; "a": 2mib }'))).toBe(one);
    expect(digest(parse('a: 2MB\nb { c: no }'))).not.toBe(one);
  });

  test('is that of the reference', () => {
    expect(digest(parse('port: 4222\nserver_name: "<&>"'))).toBe(REFERENCE_DIGEST);
  });

  test('has the names in the order of their bytes', () => {
    const names = ['Z', 'a', 'a.b', 'a_b', 'é', '\ue000', '\uffee', '😀'];
    const json = `{${names.map((name) => `${JSON.stringify(name)}:1`).join(',')}}\n`;
    const wanted = `sha256:${createHash('sha256').update(json).digest('hex')}`;
    const written = names.toReversed().map((name) => `"${name}": 1\n`);
    expect(digest(parse(written.join('')))).toBe(wanted);
  });
});

test.each(['{"server_name": "caf\\u00e9"}', '{"log_file": "a\\/b"}'])(
  'escapes that only JSON has are errors: %s',
  (text) => {
    expect(() => parseBytes(Buffer.from(text), 'F', hostEnvironment({}))).toThrow(/Invalid escape character '[u/]'/);
  },
);
