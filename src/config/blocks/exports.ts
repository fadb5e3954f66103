/** What crosses accounts: `exports` and `imports`. Streams only; what concerns services is described, not supported yet. */

import { goTypeOf } from '../language/nodes.js';
import { block, bool, duration, either, int, list, text } from '../value-type.js';

const LATENCY = block(
  'LatencyOptions',
  [
    { name: 'subject', type: text(), doc: 'Where measurements go.' },
    { name: 'sampling', type: either(int(), text()), doc: 'Which share of requests, in percent, or headers.' },
  ],
  { short: 'subject' },
);

const SERVICES = { notYet: 'services between accounts are not there yet' } as const;
const TRACES = { notYet: 'traces across accounts are not there yet' } as const;

export const EXPORT = block(
  'ExportOptions',
  [
    {
      name: 'stream',
      key: 'stream',
      type: text({ messages: { wrongType: (got) => `Expected stream name to be string, got ${goTypeOf(got)}` } }),
      doc: 'The subject of messages that other accounts may import.',
    },
    { name: 'service', type: text(), doc: 'The subject of requests that others may make.', support: SERVICES },
    {
      name: 'accounts',
      key: 'accounts',
      type: list(text()),
      doc: 'The accounts that may import it; all of them unless given.',
    },
    {
      name: 'response',
      aliases: ['response_type'],
      type: text(),
      doc: 'How a service answers: single, stream or chunked.',
      support: SERVICES,
    },
    {
      name: 'threshold',
      aliases: ['response_threshold', 'response_max_time', 'response_time'],
      type: duration({ number: 'refused' }),
      doc: 'How long an answer may take.',
      support: SERVICES,
    },
    { name: 'latency', type: LATENCY, doc: 'Measures how long answers take.', support: SERVICES },
    {
      name: 'account_token_position',
      key: 'accountTokenPosition',
      type: int({ negative: 'kept' }),
      doc: 'The token of the subject, from 1, that has to be the name of the account that imports it. A `*` in the export.',
    },
    { name: 'allow_trace', type: bool(), doc: 'Lets message traces cross.', support: TRACES },
  ],
  {
    exclusive: [
      { fields: [['stream'], ['service']], problem: 'an export is a stream or a service', remedy: 'Keep one.' },
    ],
    messages: { wrongType: (got) => `Export Items should be a map with type entry, got ${goTypeOf(got)}` },
  },
);

const ORIGIN = block(
  'ImportOriginOptions',
  [
    { name: 'account', key: 'account', type: text(), doc: 'The account that exports it.' },
    { name: 'subject', key: 'subject', type: text(), doc: 'The subject there: one that is exported, or a part of it.' },
  ],
  {
    check: ({ account, subject }) => {
      if (account && subject) return undefined;
      return { problem: 'Expect an account name and a subject', remedy: 'Give both.' };
    },
    messages: { wrongType: (got) => `Stream entry should be an account map, got ${goTypeOf(got)}` },
  },
);

export const IMPORT = block(
  'ImportOptions',
  [
    { name: 'stream', key: 'stream', type: ORIGIN, doc: 'Which messages of another account.' },
    { name: 'service', type: ORIGIN, doc: 'Requests to another account.', support: SERVICES },
    {
      name: 'prefix',
      key: 'prefix',
      type: text(),
      doc: 'What is put before subjects, with a dot after it. No wildcards.',
    },
    {
      name: 'to',
      key: 'to',
      type: text(),
      doc: 'What the subject is called here, with the same wildcards, or `$1` for the first one. The same unless given.',
    },
    { name: 'share', type: bool(), doc: 'Tells the service who asks.', support: SERVICES },
    { name: 'allow_trace', type: bool(), doc: 'Lets message traces cross.', support: TRACES },
  ],
  {
    exclusive: [
      { fields: [['stream'], ['service']], problem: 'an import is a stream or a service', remedy: 'Keep one.' },
      {
        fields: [['prefix'], ['to']],
        problem: "Stream import can not have a 'prefix' and a 'to' property",
        remedy: 'Keep one.',
      },
    ],
    problemsAt: 'last field',
    messages: { wrongType: (got) => `Import Items should be a map with type entry, got ${goTypeOf(got)}` },
  },
);
