/** Whatever the bytes: a tree, or a `ConfigError`; never anything else. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigError } from '../errors.js';
import { loadConfigText } from '../load.js';

const PIECES = [
  ...'{}[]()=:;,#/\\"\'$-.\n\r\t \0',
  '//',
  'include ',
  'port',
  'authorization',
  'users',
  'permissions',
  'x',
  '$x',
  '1',
  '4222',
  '1k',
  '2016-05-04T18:53:41Z',
  '1.5',
  '\\x41',
  '\n)\n',
  'é',
  'true',
];

function survives(bytes: Uint8Array): void {
  try {
    loadConfigText(bytes, 'F', { env: { x: '$y', y: '[$x' }, allowUnsupported: true });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).not.toBe('');
  }
}

test('2.1 any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 3000 });
});

test('2.1 anything that looks like a configuration', () => {
  const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')));
  fc.assert(fc.property(text, survives), { numRuns: 10_000 });
});
