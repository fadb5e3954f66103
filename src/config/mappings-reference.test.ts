/**
 * Mappings in files: the same verdict as nats-server's own check, with the same lines at the same places. What is judged
 * otherwise on purpose stands in a table of its own.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaints, complaintsOfReference, referenceServer } from './testing/reference.js';

const SAMPLES = [
  ...['{}', '{ a: b }', '{ a: [] }', '{ a: null }', '{ 5: b }', '{ a: b, a: c }', '{ "a.$1": b }'],
  ...['{ a: 5 }', '{ a: true }', '{ a: [b, c] }', '{ a: [ 5 ] }', '{ a: [[b]] }', '{ a: 2026-01-01T00:00:00Z }'],
  ...['{ a: {} }', '{ a: {dest: b} }', '{ a: [{dest: b}, {weight: 5, dest: c}, {destination: d}] }'],
  ...['true', '1.5', '160', '-1', '101', '100', '0', '10%', '0%', '"x"', '"120%"', '"5 %"', '"%"', '"+5"', '"-5%"'].map(
    (weight) => `{ a: {dest: b, weight: ${weight}} }`,
  ),
  ...['foo: 5', 'cluster: A', 'WEIGHT: 6, Cluster: B'].map((more) => `{ a: {Dest: b, weight: 5, ${more}} }`),
  '{ a: [{dest: b, weight: 60}, {dest: c, weight: 60}] }',
  '{ a: [{dest: b, weight: 60}, {dest: c, weight: 40}] }',
  '{ a: [{dest: b, weight: 60, cluster: A}, {dest: c, weight: 60, cluster: B}] }',
  '{ a: [{dest: b, weight: 60, cluster: A}, {dest: c, weight: 60, cluster: A}] }',
  '{ a: [{dest: b, weight: 60}, {dest: b, weight: 20}] }',
  '{ a: [{dest: b, weight: 60, cluster: A}, {dest: b, weight: 20}] }',
  ...['a..b', 'a b', '', '.a', 'a.', '>.a'].map((source) => `{ "${source}": c }`),
  '{ x: y, "a.*": {dest: "b.$2", weight: 5}, "c.*": "d.$3", "e..f": g, h: [{dest: "i..j", weight: 1}] }',
];

/** Destinations of `a.*.*`, of `a.>`, and of `a`. */
const DESTINATIONS = [
  ...[
    'b',
    'b.$1',
    'b.$3',
    'b.$0',
    'b.$-1',
    'b.$x',
    'b.$',
    'b.$99999999999999999999',
    'b.*',
    'b.>',
    '>',
    'b.>.c',
    'b..c',
  ],
  ...['.b', 'b.', 'b c', 'b.{{', 'b.{{}}', 'b.{{x}}', 'b.{{foo(1)}}', 'b.{{ foo(1) }}', 'b.{wildcard(1)}'],
  ...['wildcard(1)', 'Wildcard(2)', 'WildCard(1)', 'wildcard(3)', 'wildcard()', 'wildcard(1,2)', 'wildcard(x)'],
  ...[' wildcard ( 1 ) ', 'wildcard( )', 'wildcard(-1)', 'wildcard(99999999999999999999)'],
  ...['partition(3)', 'partition(3,1)', 'partition(3,1,2)', 'partition(3, 2)', 'partition(0,1)', 'partition(x,1)'],
  ...['partition()', 'partition(3,3)', 'partition(3,x)', 'partition(-1)', 'partition(2147483648)', 'partition(3,)'],
  ...['split(1,-)', 'split(1)', 'split(1,-,x)', 'split(3,-)', 'split(1, )', 'split(x,-)', 'Split(1,-)', 'split(1,a b)'],
  ...['splitFromLeft(1,2)', 'SplitFromRight(1,2)', 'sliceFromLeft(1,2)', 'SliceFromRight(1,2)', 'splitfromleft(1,2)'],
  ...['left(1,2)', 'Right(1,2)', 'left(1,0)', 'left(1,-1)', 'left(1)', 'left(1,2,3)', 'left(1,x)', 'right(3,1)'],
  ...[
    'left(1,2147483648)',
    'random(3)',
    'random()',
    'random(1,2)',
    'random(0)',
    'random(-1)',
    'random(x)',
    'Random(2)',
  ],
].map((written) => (/^ ?[a-zA-Z]+ ?\(/.test(written) ? `b.{{${written}}}` : written));

/** Where our verdict is another one. */
const DIFFERENT: [mappings: string, ours: string][] = [
  // nats-server starts, and panics when the first such message comes.
  ['{ a: "" }', '1:12: Error adding mapping for "a" to "" : invalid mapping destination: invalid transform'],
  ['{ a: {weight: 10} }', '1:12: Error adding mapping for "a" : invalid mapping destination: invalid transform'],
  ['5', '1:0: mappings must be a map, but got an integer, 5'],
  ['{ a: {dest: 5, weight: 10} }', '1:16: dest must be a string'],
  ['{ a: {dest: b, weight: 10, cluster: 5} }', '1:37: cluster must be a string'],
  ['{ a: b }\nmaps: { c: d }', "2:1: Duplicate 'mappings' configuration"],
];

const server = referenceServer();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'mappings-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('4.11 2.5 mappings are judged as by the reference', () => {
  test.for(SAMPLES)('%s', (mappings, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    expect(complaints(`mappings: ${mappings}`)).toEqual(complaintsOfReference(server, dir, `mappings: ${mappings}`));
    const inAccount = `accounts { A { maps: ${mappings}\n } }`;
    expect(complaints(inAccount)).toEqual(complaintsOfReference(server, dir, inAccount));
  });

  test.for(['a.*.*', 'a.>', 'a'])('all destinations of %s', (source, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    const text = DESTINATIONS.map((destination) => `mappings: { "${source}": "${destination}" }`);
    // One by one here, since a file says this once; all in one file there, as entries of accounts.
    const told = text.flatMap((one, at) => complaints(one).map((line) => line.replace(/^\d+:\d+/, String(at))));
    const accounts = text.map((one, at) => `A${at} { ${one} }`);
    const verdicts = complaintsOfReference(server, dir, `accounts {\n${accounts.join('\n')}\n}`);
    expect(told.sort()).toEqual(verdicts.map((line) => line.replace(/^(\d+):\d+/, (_, n) => String(n - 2))).sort());
  });

  test.for(DIFFERENT)('on purpose otherwise: %s', ([mappings, told]) => {
    expect(complaints(`mappings: ${mappings}`).join('\n')).toContain(told);
  });
});
