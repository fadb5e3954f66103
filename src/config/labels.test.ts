import { describe, expect, test } from 'vitest';
import { ConfigError, OptionsError } from './errors.js';
import { loadConfigText } from './load.js';
import { resolveOptions } from './resolve.js';
import type { BrokerOptions } from './types.js';

const resolved = (text: string) => resolveOptions(loadConfigText(text, 'F', { checkOnly: true }).options);

function problems(text: string): string[] {
  try {
    loadConfigText(text, 'F');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('2.3 server_tags', () => {
  test.each<[string, string[] | undefined]>([
    ['server_tags: ["A:b", " c ", C, ""]', ['a:b', 'c']],
    ['server_tags: one', ['one']],
    ['server_tags: []', undefined],
    ['port: 5', undefined],
  ])('%j', (text, tags) => {
    expect(resolved(text).serverTags).toEqual(tags);
  });

  test.each([
    ['server_tags: 5', 'int64'],
    ['server_tags: true', 'bool'],
    ['server_tags: 1.5', 'float64'],
    ['server_tags: {a: b}', 'map[string]interface {}'],
    ['server_tags: [a, true]', 'bool where string is expected (numbers need quotes)'],
    ['port: 5\nserver_tags: [a, 2 ]', 'int64 where string is expected (numbers need quotes)'],
  ])('%j is refused', (text, type) => {
    const place = text.startsWith('port') ? 'F:2:1' : 'F:1:0';
    expect(problems(text)).toEqual([`${place}: error parsing tags: unsupported type ${type}`]);
  });
});

describe('2.3 server_metadata', () => {
  test.each<[string, object | undefined]>([
    ['server_metadata { b: x, A: "5", __proto__: z }', { A: '5', ['__proto__']: 'z', b: 'x' }],
    ['server_metadata {}', undefined],
  ])('%j', (text, metadata) => {
    expect(resolved(text).serverMetadata).toEqual(metadata);
  });

  test.each([
    ['server_metadata: a', ['F:1:0: error parsing metadata: unsupported type string']],
    ['server_metadata: [a]', ['F:1:0: error parsing metadata: unsupported type []interface {}']],
    [
      'server_metadata { a: b, c: 5, d: {} }',
      [
        'F:1:24: server_metadata.c must be a string (numbers need quotes), but got an integer, 5',
        'F:1:30: server_metadata.d must be a string (numbers need quotes), but got a map',
      ],
    ],
  ])('%j is refused', (text, lines) => {
    expect(problems(text)).toEqual(lines);
  });
});

describe('2.3 feature_flags', () => {
  test.each<[string, object | undefined]>([
    ['feature_flags { zz: on, js_ack_fc_v2: false }', { js_ack_fc_v2: false, zz: true }],
    ['feature_flags {}', undefined],
  ])('%j', (text, flags) => {
    expect(resolved(text).featureFlags).toEqual(flags);
  });

  test.each([
    ['feature_flags: a', 'F:1:0: error parsing feature flags: unsupported type string'],
    ['feature_flags { a: 5 }', 'F:1:16: error parsing feature flag "a": expected bool, got int64'],
    ['feature_flags { a: "true" }', 'F:1:16: error parsing feature flag "a": expected bool, got string'],
  ])('%j is refused', (text, line) => {
    expect(problems(text)).toEqual([line]);
  });
});

describe('in library options', () => {
  test('mean the same', () => {
    const { serverTags, serverMetadata, featureFlags } = resolveOptions({
      serverTags: 'Zone-A',
      serverMetadata: { b: '1', a: '2' },
      featureFlags: { z: true, a: false },
    });
    expect(serverTags).toEqual(['zone-a']);
    expect(JSON.stringify([serverMetadata, featureFlags])).toBe('[{"a":"2","b":"1"},{"a":false,"z":true}]');
  });

  test.each<[string, object]>([
    ['serverTags', { serverTags: [5] }],
    ['serverTags', { serverTags: {} }],
    ['serverMetadata', { serverMetadata: ['a'] }],
    ['serverMetadata.a', { serverMetadata: { a: 5 } }],
    ['featureFlags', { featureFlags: 'a' }],
    ['featureFlags.a', { featureFlags: { a: 'true' } }],
  ])('%s in %j is refused', (option, options) => {
    const attempt = () => resolveOptions(options as BrokerOptions);
    expect(attempt).toThrow(OptionsError);
    expect(attempt).toThrow(expect.objectContaining({ option, remedy: expect.stringMatching(/^Give /) }));
  });
});
