/** docs/library.md names what the library has: every error with its code, every event, every method. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listenError } from './broker/errors.js';
import * as library from './index.js';

const page = readFileSync(join(resolve(import.meta.dirname, '..'), 'docs/library.md'), 'utf8');

/** The codes that the page gives to each class. */
const codes = new Map(
  [...page.matchAll(/^\| `(\w+Error)` \| ([^|]+) \|/gm)].map(([, name = '', list = '']) => [
    name,
    [...list.matchAll(/`(\w+)`/g)].map(([, code]) => code),
  ]),
);

describe('docs/library.md', () => {
  test('has every error that is exported, and no other', () => {
    const errors = Object.keys(library).filter((name) => name.endsWith('Error'));
    expect([...codes.keys()].sort()).toEqual(errors.sort());
  });

  test.each<[Error & { code?: string }]>([
    [new library.OptionsError('port', 'x', 'y')],
    [new library.ConfigError([])],
    [new library.NotReloadableError('Port', '1', '2')],
    [new library.StoppedError()],
    [new library.LogFileError('x', new Error('y'))],
    [new library.SyslogError('x')],
    ...['EADDRINUSE', 'EACCES', 'EPERM', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].map((code): [Error] => [
      listenError(Object.assign(new Error(), { code }), { what: 'client port', host: 'h', port: 1 }),
    ]),
  ])('has the code of $name $code', (error) => {
    expect(codes.get(error.name)).toContain(error.code);
  });

  test('has every public member of a broker', () => {
    const members = Object.getOwnPropertyNames(library.Broker.prototype).filter((name) => name !== 'constructor');
    const said = new Set([...page.matchAll(/\w+/g)].map(([word]) => word));
    expect(members.filter((name) => !said.has(name))).toEqual([]);
  });
});
