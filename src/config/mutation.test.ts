/**
 * Every single-character typo in an option name of a large configuration: refused, at the line it stands on, with a
 * suggestion that no other name beats.
 *
 * Left out are mutants that mean something where they stand: a name or alias of another option there, or the same name
 * in other letters' case.
 */

import { describe, expect, test } from 'vitest';
import { AUTHORIZATION as AUTHORIZATION_BLOCK } from './blocks/authorization.js';
import { PERMISSIONS, RESPONSES } from './blocks/permissions.js';
import { USER as USER_BLOCK } from './blocks/users.js';
import { ConfigError } from './errors.js';
import { loadConfigText } from './load.js';
import { OPTIONS } from './schema.js';
import type { OptionSpec } from './spec.js';
import { fieldNames, type ValueType } from './value-type.js';

const rows = (OPTIONS as readonly OptionSpec[]).filter((row) => row.inFile !== false);
const TOP = rows.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
const AUTHORIZATION = fieldNames(AUTHORIZATION_BLOCK);
const USER = fieldNames(USER_BLOCK);
const PERMISSION = fieldNames(PERMISSIONS);
const RESPONSE = fieldNames(RESPONSES);
const RULE = ['allow', 'deny'];

/** One line of the sample: what stands before its name, the name, what follows, and the names known there. */
type Line = readonly [before: string, name: string, after: string, known: readonly string[]] | string;

/** What follows the name of a value of this type. */
function sampleOf(type: ValueType): string {
  switch (type.kind) {
    case 'bool':
      return ': true';
    case 'text':
      return ': "a"';
    case 'int':
    case 'port':
      return ': 7';
    case 'size':
      return ': 64kb';
    case 'duration':
      return ': "40s"';
    case 'address':
      return ': "127.0.0.1:4333"';
    case 'choice':
      return `: ${type.values[0]}`;
    case 'list':
      return `: [${sampleOf(type.of).slice(2)}]`;
    case 'map':
      return type.of.kind === 'either' ? ': {}' : ` { a${sampleOf(type.of)} }`;
    case 'either':
      return sampleOf(type.of.at(-1) as ValueType);
    default:
      return ': {}';
  }
}

/** Every option there is, by all its names, then the blocks within `authorization`. */
const SAMPLE: readonly Line[] = [
  ...rows
    .filter(({ name }) => name !== 'authorization')
    .flatMap((row) =>
      // Some may be written once only, under whatever name.
      [row.name, ...(row.once ? [] : (row.aliases ?? []))].map((name): Line => ['', name, sampleOf(row.type), TOP]),
    ),
  ['', 'authorization', ' {', TOP],
  ['  ', 'timeout', ': 3', AUTHORIZATION],
  ['  ', 'default_permissions', ' {', AUTHORIZATION],
  ['    ', 'publish', ': "a.>"', PERMISSION],
  ['    ', 'subscribe', ': ["a.>", "b q"]', PERMISSION],
  ['    ', 'allow_responses', ' {', PERMISSION],
  ['      ', 'max', ': 3', RESPONSE],
  ['      ', 'expires', ': "5s"', RESPONSE],
  '    }',
  '  }',
  ['  ', 'auth_callout', ': {}', AUTHORIZATION],
  ['  ', 'proxy_required', ': true', AUTHORIZATION],
  ['  ', 'users', ': [', AUTHORIZATION],
  '    {',
  ['      ', 'user', ': a', USER],
  ['      ', 'password', ': b', USER],
  ['      ', 'allowed_connection_types', ': [STANDARD]', USER],
  ['      ', 'permissions', ': {', USER],
  ['        ', 'publish', ': {', PERMISSION],
  ['          ', 'allow', ': "a"', RULE],
  ['          ', 'deny', ': ["b", "c"]', RULE],
  '        }',
  ['        ', 'pub', ': "x"', PERMISSION],
  ['        ', 'sub', ': {', PERMISSION],
  ['          ', 'allow', ': ["a q"]', RULE],
  '        }',
  ['        ', 'publish_allow_responses', ': { ', PERMISSION],
  ['          ', 'max_msgs', ': 1', RESPONSE],
  ['          ', 'ttl', ': "1s"', RESPONSE],
  '        }',
  '      }',
  '    }',
  '    {',
  ['      ', 'username', ': c', USER],
  ['      ', 'pass', ': d', USER],
  '    }',
  '  ]',
  '}',
];

const TEXT = SAMPLE.map((line) => (typeof line === 'string' ? line : line.slice(0, 3).join('')));
/** Letters with a digit, and what else people type into names. */
const CHARACTERS = [...'abcdefghijklmnopqrstuvwxyz0_-'];

function mutants(name: string): Set<string> {
  const all = new Set<string>();
  for (let at = 0; at <= name.length; at++) {
    const [head, tail] = [name.slice(0, at), name.slice(at)];
    for (const character of CHARACTERS) {
      all.add(head + character + tail);
      if (tail !== '') all.add(head + character + tail.slice(1));
    }
    if (tail !== '') all.add(head + tail.slice(1));
    if (tail.length > 1) all.add(head + tail[1] + tail[0] + tail.slice(2));
  }
  all.delete('');
  return all;
}

/** Optimal string alignment, written the slow way: the judge of the suggestions. */
function distance(a: string, b: string, memo = new Map<string, number>()): number {
  if (a === '' || b === '') return a.length + b.length;
  const key = `${a}\n${b}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  let least = Math.min(
    distance(a.slice(1), b, memo) + 1,
    distance(a, b.slice(1), memo) + 1,
    distance(a.slice(1), b.slice(1), memo) + (a[0] === b[0] ? 0 : 1),
  );
  if (a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0]) {
    least = Math.min(least, distance(a.slice(2), b.slice(2), memo) + 1);
  }
  memo.set(key, least);
  return least;
}

/** The problems of a text, by line. */
function problems(lines: readonly string[]): Map<number, string[]> {
  const byLine = new Map<number, string[]>();
  try {
    loadConfigText(lines.join('\n'), 'F', { env: {}, allowUnsupported: true });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { line, message } of error.problems) {
      byLine.set(line ?? 0, [...(byLine.get(line ?? 0) ?? []), message]);
    }
  }
  return byLine;
}

/** What is wrong with how one mutant was answered; undefined when nothing is. */
function complaint(name: string, mutant: string, known: readonly string[], said: string[]): string | undefined {
  const message = said.find((text) => text.includes(`"${mutant}"`));
  if (message === undefined) return `${mutant}: its line is not refused`;
  const suggested = /, did you mean "([a-z_]+)"\?$/.exec(message)?.[1];
  if (suggested === undefined) return `${mutant}: no suggestion in ${message}`;
  // A typo is one edit away from what was meant, so no fitting suggestion is further.
  if (suggested === name || (known.includes(suggested) && distance(mutant, suggested) === 1)) return undefined;
  return `${mutant}: suggests ${suggested} instead of ${name}`;
}

describe('typos in option names', () => {
  test('the sample itself is accepted', () => {
    expect(() => loadConfigText(TEXT.join('\n'), 'F', { env: {}, allowUnsupported: true })).not.toThrow();
    expect(TEXT.length).toBeGreaterThan(100);
  });

  const places = SAMPLE.flatMap((line, index) =>
    typeof line === 'string' ? [] : [[index, line[1], line[3]] as const],
  );

  // One reading shows the problems of all lines, so the mutants of a name stand below each other in its place.
  test.each(places)('line %i: %s', (index, name, known) => {
    const [before, , after] = SAMPLE[index] as Exclude<Line, string>;
    const judged = [...mutants(name)].filter((mutant) => !known.includes(mutant));
    expect(judged.length).toBeGreaterThan(100);
    const opens = /[{[]\s*$/.test(after);
    const lines = judged.map((mutant) => `${before}${mutant}${opens ? ': {}' : after}`);
    const said = problems(TEXT.toSpliced(index, opens ? 0 : 1, ...lines));
    const complaints = judged.map((mutant, at) => complaint(name, mutant, known, said.get(index + at + 1) ?? []));
    expect(complaints.filter((text) => text !== undefined)).toEqual([]);
  });

  // And a few alone, in a file that is right otherwise.
  test.each(places)('line %i: %s, alone', (index, name, known) => {
    const [before, , after] = SAMPLE[index] as Exclude<Line, string>;
    const twice = `${name}${name.at(-1)}`;
    for (const mutant of [name.slice(1), twice].filter((text) => !known.includes(text))) {
      const said = problems(TEXT.with(index, before + mutant + after));
      expect(complaint(name, mutant, known, said.get(index + 1) ?? [])).toBeUndefined();
    }
  });
});
