/**
 * One block with every shape that blocks of the reference have (accounts, tls, cluster, gateway, leafnodes, jetstream):
 * described once, and everything else comes from the description.
 */

import { describe, expect, test } from 'vitest';
import { difference } from '../config/difference.js';
import type { OptionsError } from '../config/errors.js';
import type { ResolvedOf, WrittenOf } from '../config/inferred-types.js';
import { type ConfigMap, type ConfigNode, valueAt } from '../config/language/nodes.js';
import { parseBytes } from '../config/language/parse.js';
import { nodeAt } from '../config/names.js';
import { normalFields } from '../config/normalize.js';
import { readBlock } from '../config/read-value.js';
import { Report } from '../config/report.js';
import { fieldSettings } from '../config/settings.js';
import type { OptionSpec } from '../config/spec.js';
import {
  address,
  block,
  bool,
  choice,
  duration,
  either,
  int,
  list,
  map,
  oneOrMore,
  port,
  secret,
  size,
  text,
} from '../config/value-type.js';
import { jsonSchema } from './docs/json-schema.js';
import { optionsType } from './docs/options-type.js';
import { blockTables } from './docs/page.js';
import { flatten } from './tree.js';

/** Twice nested, with an alias. */
const BATCH = block('BatchOptions', [
  { name: 'max_msgs', aliases: ['msgs'], key: 'maxMsgs', type: int(), default: 1000, doc: 'Messages of one batch.' },
  { name: 'timeout', key: 'timeout', type: duration(), default: 10_000, doc: 'How long a batch stays open.' },
]);
const LIMITS = block('LimitsOptions', [
  { name: 'max_file', key: 'maxFile', type: size({ negative: 'kept' }), doc: 'Bytes on disk.' },
  { name: 'batch', key: 'batch', type: BATCH, default: {}, doc: 'Batches.' },
]);
/** A block that may be a text, and one of two fields. */
const ORIGIN = block(
  'OriginOptions',
  [
    { name: 'stream', key: 'stream', type: text(), doc: 'Messages.' },
    { name: 'service', key: 'service', type: text(), doc: 'Requests.' },
    { name: 'sampling', key: 'sampling', type: either(int(), text()), doc: 'How many, in percent, or headers.' },
  ],
  {
    short: 'stream',
    exclusive: [{ fields: [['stream'], ['service']], problem: 'a stream or a service, not both', remedy: 'Keep one.' }],
  },
);
const REMOTE = block(
  'RemoteOptions',
  [
    {
      name: 'name',
      key: 'name',
      type: text(),
      doc: 'The name.',
      required: { problem: 'a remote needs a name', remedy: 'Give it a name.' },
    },
    { name: 'urls', aliases: ['url'], key: 'urls', type: oneOrMore(text()), doc: 'Where it is.' },
    { name: 'password', key: 'password', type: secret(), doc: 'What it is told.' },
    { name: 'origins', key: 'origins', type: list(ORIGIN), doc: 'What it gives.' },
  ],
  { label: 'name' },
);
const ACCOUNT = block('AccountOptions', [{ name: 'limits', key: 'limits', type: LIMITS, doc: 'Its limits.' }]);
const SAMPLE = block('SampleOptions', [
  { name: 'listen', type: address('host', 'port'), doc: 'Where it listens.' },
  { name: 'host', aliases: ['net'], key: 'host', type: text(), doc: 'The address.', reload: 'N' },
  { name: 'port', key: 'port', type: port(), doc: 'The port.', reload: 'N', zeroInFile: 'absent' },
  { name: 'mode', key: 'mode', type: choice(['fast', 'safe']), default: 'fast', doc: 'How it works.' },
  { name: 'remotes', aliases: ['remote'], key: 'remotes', type: list(REMOTE), doc: 'Others.' },
  { name: 'accounts', key: 'accounts', type: either(list(text()), map(ACCOUNT)), doc: 'Names, or blocks by name.' },
  { name: 'compression', key: 'compression', type: either(bool(), text()), doc: 'On, off, or how.' },
  { name: 'limits', key: 'limits', type: LIMITS, doc: 'Its limits.' },
  {
    name: 'migrate',
    key: 'migrate',
    type: block(
      'MigrateOptions',
      [{ name: 'delay', key: 'delay', type: duration(), default: 1000, doc: 'How long to wait.' }],
      { onOff: true },
    ),
    doc: 'Whether leaders move.',
  },
  {
    name: 'future',
    type: block('FutureOptions', [
      { name: 'inner', type: block('InnerOptions', [{ name: 'flag', type: bool(), doc: 'A flag.' }]), doc: 'More.' },
    ]),
    doc: 'What comes later.',
    support: { notYet: 'it is not there yet' },
  },
]);
const ROW = { name: 'sample', key: 'sample', type: SAMPLE, reload: 'Y', doc: 'A sample.', support: 'yes' } as const;
const TOP = block('TopOptions', [ROW]);

type Written = WrittenOf<typeof SAMPLE>;
type Resolved = ResolvedOf<typeof SAMPLE>;

function parse(textOf: string): ConfigMap {
  return parseBytes(Buffer.from(textOf), 'F', { environment: { FROM_ENV: '[a, b]' }, readFile: includedFile });
}

function includedFile(path: string): Buffer {
  if (path.endsWith('limits.conf')) return Buffer.from('max_file: 1GB\nbatch {\n  msgs: "x"\n}');
  throw new Error(path);
}

function read(textOf: string, allowUnsupported = false) {
  const root = parse(textOf);
  const report = new Report(allowUnsupported);
  const node = { value: root, file: 'F', line: 0, column: 0, valueLine: 0, valueColumn: 0, usedAsVariable: false };
  const values = readBlock(TOP, node, root, report) as { sample?: Written } | undefined;
  const problems = report.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return { root, values, problems, report };
}

const FULL = `sample {
  listen: "127.0.0.1:-1"
  mode: safe
  remote: [ { name: a, url: "nats://a", origins: [ "x.>", { service: y, sampling: 5 } ] }, { name: b, urls: [u, v] } ]
  accounts { A { limits { max_file: -1, batch { msgs: 5, timeout: "3s" } } }, B {} }
  compression: s2_fast
  limits { max_file: 2GB }
  migrate: true
}`;

const WRITTEN: Written = {
  host: '127.0.0.1',
  port: -1,
  mode: 'safe',
  remotes: [
    { name: 'a', urls: ['nats://a'], origins: ['x.>', { service: 'y', sampling: 5 }] },
    { name: 'b', urls: ['u', 'v'] },
  ],
  accounts: { A: { limits: { maxFile: -1, batch: { maxMsgs: 5, timeout: 3000 } } }, B: {} },
  compression: 's2_fast',
  limits: { maxFile: 2 * 1024 ** 3 },
  migrate: true,
};

const RESOLVED: Resolved = {
  host: '127.0.0.1',
  port: 0,
  mode: 'safe',
  remotes: [
    { name: 'a', urls: ['nats://a'], origins: [{ stream: 'x.>' }, { service: 'y', sampling: 5 }] },
    { name: 'b', urls: ['u', 'v'] },
  ],
  accounts: { A: { limits: { maxFile: -1, batch: { maxMsgs: 5, timeoutMs: 3000 } } }, B: {} },
  compression: 's2_fast',
  limits: { maxFile: 2 * 1024 ** 3, batch: { maxMsgs: 1000, timeoutMs: 10_000 } },
  migrate: { delayMs: 1000 },
};

describe('a block of every shape', () => {
  test('is read as a library user would have written it', () => {
    const { values, problems } = read(FULL);
    expect(problems).toEqual([]);
    expect(values?.sample).toEqual(WRITTEN);
  });

  test('gets its defaults at any depth, and one form for each value', () => {
    expect(normalFields(TOP, { sample: WRITTEN }, [])).toEqual({ sample: RESOLVED });
  });

  test.each<[text: string, values: Written]>([
    ['accounts: [A, B]', { accounts: ['A', 'B'] }],
    ['compression: false', { compression: false }],
    ['migrate { delay: 250ms }', { migrate: { delay: 250 } }],
    ['PORT: 0', {}],
    ['net: x, port: 5', { host: 'x', port: 5 }],
    ['NAMES: [A], accounts: $NAMES', { accounts: ['A'] }],
    ['accounts: $FROM_ENV', { accounts: ['a', 'b'] }],
    ['limits { max_file: 9223372036854775807 }', { limits: { maxFile: 9223372036854775807n as unknown as number } }],
  ])('%s', (inner, values) => {
    expect(read(`sample { ${inner} }`)).toMatchObject({ problems: [], values: { sample: values } });
  });

  test.each<[text: string, problems: string[]]>([
    ['sample: 5', ['F:1:0: sample must be a map, but got an integer']],
    ['sample {\n  mod: fast\n}', ['F:2:3: unknown field "mod", did you mean "mode"?']],
    ['sample {\n  mode: slow\n}', ["F:2:3: mode must be 'fast' or 'safe'"]],
    ['sample {\n  listen: "x"\n}', ['F:2:3: could not parse address string "x"']],
    ['sample {\n  remotes: [\n    {name: a, ulr: b}\n  ]\n}', ['F:3:15: unknown field "ulr", did you mean "url"?']],
    ['sample {\n  remotes: {}\n}', ['F:2:3: remotes must be a list, but got a map']],
    ['sample {\n  remotes: [ { url: x } ]\n}', ['F:2:24: a remote needs a name']],
    [
      'sample {\n  remotes: [ { name: a, origins: [\n { stream: a, service: b } ] } ]\n}',
      ['F:3:27: a stream or a service, not both'],
    ],
    [
      'sample {\n accounts {\n  A { limits { batch { msg: 1 } } }\n }\n}',
      ['F:3:24: unknown field "msg", did you mean "msgs"?'],
    ],
    [
      'sample {\n accounts {\n  A { limits { batch { timeout: "5x" } } }\n }\n}',
      ['F:3:24: error parsing timeout: time: unknown unit "x" in duration "5x"'],
    ],
    ['B { msgs: true }\nsample { limits { batch: $B } }', ['F:1:4: msgs must be an integer, but got true']],
    [
      'sample { limits {\n include "limits.conf"\n} }',
      ['limits.conf:3:3: msgs must be an integer, but got the string "x"'],
    ],
  ])('%j is refused with its place', (textOf, problems) => {
    expect(read(textOf).problems).toEqual(problems);
  });

  test('a secret of another type is never shown, nor what stands in the place of a block', () => {
    for (const inner of ['remotes: [{name: a, password: 20261130}]', 'remotes: hunter2', 'remotes: [hunter2]']) {
      const { problems } = read(`sample { ${inner} }`);
      expect(problems).toHaveLength(1);
      expect(problems[0]).not.toMatch(/20261130|hunter2/);
    }
    expect(() => normalFields(TOP, { sample: { remotes: [{ name: 'a', password: 20261130 }] } }, [])).toThrow(
      'sample.remotes[0].password must be a string, not a value of type number',
    );
  });

  test('wrong names are found in a block that is not supported, refused or skipped', () => {
    const textOf = 'sample { future {\n inner { flga: true }\n} }';
    const wrong = 'F:2:10: unknown field "flga", did you mean "flag"?';
    expect(read(textOf).problems).toEqual([
      expect.stringContaining(`"future" can't be used: it is not there yet`),
      wrong,
    ]);
    expect(read(textOf, true).problems).toEqual([wrong]);
    expect(read('sample { future { inner { flag: true } } }', true).report.skipped).toHaveLength(1);
  });

  test.each<[option: string, sample: object]>([
    ['sample.limits.batch.maxMsgs', { limits: { batch: { maxMsgs: -1 } } }],
    ['sample.remotes.urls', { remotes: [{ name: 'a' }, { name: 'b', urls: [5] }] }],
    ['sample.mode', { mode: 'slow' }],
    ['sample.accounts.A.limitz', { accounts: { A: { limitz: {} } } }],
    ['sample.future', { future: {} }],
    ['sample.remotes', { remotes: [{}] }],
  ])('%s in %j is refused with its path', (option, sample) => {
    expect(() => normalFields(TOP, { sample }, [])).toThrow(expect.objectContaining({ option }));
  });

  test.each<[text: string, place: string, reason: string]>([
    ['limits { batch { msgs: -1 } }', '2:25', 'sample.limits.batch.max_msgs can not be negative'],
    ['accounts { A { limits { batch { max_msgs: -1 } } } }', '2:44', 'sample.accounts.A.limits.batch.max_msgs can not'],
    ['port: 70000', '2:8', 'invalid sample.port 70000'],
  ])('what only a start refuses has the place of the value: %s', (inner, place, reason) => {
    const { values, root } = read(`sample {\n ${inner}\n}`);
    try {
      normalFields(TOP, values, []);
    } catch (error) {
      const refusal = error as OptionsError;
      const node = nodeAt(TOP, { ...(root.get('sample') as ConfigNode), value: root }, refusal.path);
      const { line, column } = valueAt(node);
      expect([`${line}:${column}`, refusal.inFile().reason]).toEqual([place, expect.stringContaining(reason)]);
      return;
    }
    throw new Error('accepted');
  });

  test('is explained field by field, under the names of the table', () => {
    const node = parse(FULL).get('sample') as ConfigNode;
    const entries = flatten('sample', SAMPLE, node, { file: 'F', reload: 'Y' });
    expect(entries.map(({ name, shown, reload }) => `${name} ${shown} ${reload}`)).toEqual([
      'sample.listen "127.0.0.1:-1" Y',
      'sample.mode "safe" Y',
      'sample.remotes[a].name "a" Y',
      'sample.remotes[a].urls ["nats://a"] Y',
      'sample.remotes[a].origins[0].stream "x.>" Y',
      'sample.remotes[a].origins[1].service "y" Y',
      'sample.remotes[a].origins[1].sampling 5 Y',
      'sample.remotes[b].name "b" Y',
      'sample.remotes[b].urls ["u", "v"] Y',
      'sample.accounts.A.limits.max_file -1 Y',
      'sample.accounts.A.limits.batch.max_msgs 5 Y',
      'sample.accounts.A.limits.batch.timeout "3s" Y',
      'sample.accounts.B {} Y',
      'sample.compression "s2_fast" Y',
      'sample.limits.max_file 2GB Y',
      'sample.migrate true Y',
    ]);
  });

  test('is compared field by field, each by its own rule for reloads', () => {
    const row: OptionSpec = ROW;
    const settings = (change: Partial<Resolved>) => fieldSettings(row, SAMPLE, { ...RESOLVED, ...change });
    const names = (changes: readonly { name: string }[]) => changes.map(({ name }) => name);
    const mode = difference(settings({}), settings({ mode: 'fast' }));
    expect([mode.verdict, names(mode.reload)]).toEqual(['reload', ['sample.mode']]);
    const moved = difference(settings({}), settings({ host: 'x', mode: 'fast' }));
    expect([moved.verdict, names(moved.restart)]).toEqual(['restart', ['sample.host']]);
  });

  test('is in the JSON Schema, the types and the page', () => {
    const { definitions } = jsonSchema(TOP) as { definitions: Record<string, { properties: Record<string, unknown> }> };
    expect(Object.keys(definitions)).toEqual(
      expect.arrayContaining(['SampleOptions', 'RemoteOptions', 'BatchOptions']),
    );
    expect(definitions.BatchOptions?.properties.msgs).toMatchObject({ type: 'integer', default: 1000 });
    expect(definitions.SampleOptions?.properties.future).toMatchObject({ not: {} });
    const types = optionsType(TOP);
    expect(types).toContain('remotes?: RemoteOptions[] | undefined;');
    expect(types).toContain('origins?: (string | OriginOptions)[] | undefined;');
    expect(types).toContain('accounts?: string[] | Record<string, AccountOptions> | undefined;');
    expect(types).toContain('migrate?: boolean | MigrateOptions | undefined;');
    expect(types).not.toContain('FutureOptions');
    const page = blockTables([ROW]).join('\n');
    expect(page).toContain('### An entry of remotes');
    expect(page).toContain('| `max_msgs`; also `msgs` | integer | `1000` | Messages of one batch. |');
    expect(page).toContain('Refused: it is not there yet.');
  });
});
