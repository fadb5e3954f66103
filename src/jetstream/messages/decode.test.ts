import { describe, expect, test } from 'vitest';
import { errorOf } from '../testing/account.js';
import { decode } from './decode.js';
import { STREAM_NAMES_REQUEST } from './requests.js';
import { STREAM_CONFIG_REQUEST } from './stream-config.js';

const read = (body: string | Buffer, strict = true) => decode(STREAM_CONFIG_REQUEST, Buffer.from(body), strict);

describe('API-12 strict decoding', () => {
  const field = (name: string) => `Go struct field StreamConfigRequest.StreamConfig.${name}`;

  test.each([
    ['{"zork":1}', 'json: unknown field "zork"'],
    ['{"mirror":{"zork":1}}', 'json: unknown field "zork"'],
    ['{"a\\u0022\\u00e9":1}', 'json: unknown field "a\\"é"'],
    ['{"max_msgs":"5"}', `json: cannot unmarshal string into ${field('max_msgs')} of type int64`],
    ['{"max_msgs":1.0}', `json: cannot unmarshal number 1.0 into ${field('max_msgs')} of type int64`],
    [
      '{"max_age":9223372036854775808}',
      `json: cannot unmarshal number 9223372036854775808 into ${field('max_age')} of type time.Duration`,
    ],
    ['{"subjects":"a"}', `json: cannot unmarshal string into ${field('subjects')} of type []string`],
    [
      '{"mirror":{"name":5}}',
      'json: cannot unmarshal number into Go struct field StreamSource.StreamConfig.mirror.name of type string',
    ],
    ['{"pedantic":1}', 'json: cannot unmarshal number into Go struct field StreamConfigRequest.pedantic of type bool'],
    ['[]', 'json: cannot unmarshal array into Go value of type server.StreamConfigRequest'],
    ['{"name":"A"', 'unexpected EOF'],
    ['{"name":"A",}', "invalid character '}' looking for beginning of object key string at offset 13"],
    ['{"name":"A"} x', "invalid character 'x' looking for beginning of value at offset 14"],
    ['{"é":1,x}', "invalid character 'x' looking for beginning of object key string at offset 9"],
    ['é', "invalid character 'Ã' looking for beginning of value at offset 1"],
  ])('%s', (body, problem) => {
    expect(errorOf(() => read(body))).toBe(`10025 invalid JSON: ${problem}`);
  });

  test('tells the first problem, unless a later one ends the reading', () => {
    expect(errorOf(() => read('{"zork":1,"name":5}'))).toContain('unknown field "zork"');
    expect(errorOf(() => read('{"zork":1,"retention":"zz"}'))).toContain('can not unmarshal');
  });

  test('`strict: false` ignores unknown fields, and nothing else', () => {
    expect(read('{"name":"A","zork":{"a":[1]}}', false).name).toBe('A');
    expect(errorOf(() => read('{"zork":1,"name":5}', false))).toContain('cannot unmarshal number');
    expect(errorOf(() => read('{"zork":1', false))).toBe('10025 invalid JSON: unexpected end of JSON input');
    expect(errorOf(() => read('{"zork":1}{}', false))).toContain("invalid character '{' after top-level value");
  });
});

describe('API-13', () => {
  test('names match in any case, also where Unicode folds a letter', () => {
    expect(read('{"NAME":"A","Max_Msgs":5,"no_ac\u212a":true,"\u017fealed":true}')).toMatchObject({
      name: 'A',
      max_msgs: 5n,
      no_ack: true,
      sealed: true,
    });
  });

  test('later documents overlay earlier ones', () => {
    const { subjects, metadata, mirror, sources } = read(`{"subjects":["a","b"],"metadata":{"a":"1","b":"2"},
      "mirror":{"name":"M","opt_start_seq":5},"sources":[{"name":"S","opt_start_seq":7}]}
      {"subjects":["c"],"metadata":{"b":"3"},"mirror":{"name":"N"},"sources":[{"name":"T"},{"name":"U"}]}`);
    expect(subjects).toEqual(['c']);
    expect([...metadata]).toEqual([
      ['a', '1'],
      ['b', '3'],
    ]);
    expect(mirror).toMatchObject({ name: 'N', opt_start_seq: 5n });
    expect(sources.map((source) => [source?.name, source?.opt_start_seq])).toEqual([
      ['T', 7n],
      ['U', 0n],
    ]);
  });

  test('null leaves a field as it is, or empties what has parts', () => {
    const { max_msgs, subjects, mirror } = read(
      '{"max_msgs":7,"subjects":["a"],"mirror":{}}{"max_msgs":null,"subjects":null,"mirror":null}',
    );
    expect([max_msgs, subjects, mirror]).toEqual([7n, [], undefined]);
  });

  test('names that objects of JavaScript have are names like others', () => {
    expect([...read('{"metadata":{"__proto__":"1","constructor":"2"}}').metadata.keys()]).toEqual([
      '__proto__',
      'constructor',
    ]);
    expect(errorOf(() => read('{"__proto__":{}}'))).toContain('unknown field "__proto__"');
    expect(errorOf(() => read('{"constructor":1}'))).toContain('unknown field "constructor"');
  });
});

test('API-14 lenient requests ignore unknown fields', () => {
  expect(decode(STREAM_NAMES_REQUEST, Buffer.from('{"offset":3,"zork":1}'), false).offset).toBe(3n);
});

describe('API-19 enumerations', () => {
  test.each([
    ['{"retention":"zz"}', 'can not unmarshal "\\"zz\\""'],
    ['{"retention":"LIMITS"}', 'can not unmarshal "\\"LIMITS\\""'],
    ['{"storage":{"a": 1}}', 'can not unmarshal "{\\"a\\": 1}"'],
    ['{"discard":null}', 'can not unmarshal "null"'],
    ['{"compression":"zz"}', 'unknown compression algorithm'],
  ])('%s', (body, problem) => {
    expect(errorOf(() => read(body))).toBe(`10025 invalid JSON: ${problem}`);
  });

  test('the discard policy is read in any case', () => {
    expect(read('{"discard":"NEW"}').discard).toBe('new');
  });
});

test('numbers of 64 bits stay exact', () => {
  const { max_bytes, first_seq, max_age } = read(
    '{"max_bytes":9223372036854775807,"first_seq":18446744073709551615,"max_age":-9223372036854775808}',
  );
  expect([max_bytes, first_seq, max_age]).toEqual([2n ** 63n - 1n, 2n ** 64n - 1n, -(2n ** 63n)]);
});

test('texts that are no UTF-8, and halves of pairs', () => {
  expect(read(Buffer.from([...Buffer.from('{"name":"a'), 0xff, ...Buffer.from('\\ud800"}')])).name).toBe(
    'a\ufffd\ufffd',
  );
});
