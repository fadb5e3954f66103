/** What crosses accounts: `exports` and `imports`. Described, not supported yet. */

import { block, bool, duration, either, int, list, text } from '../value-type.js';

const LATENCY = block(
  'LatencyOptions',
  [
    { name: 'subject', type: text(), doc: 'Where measurements go.' },
    { name: 'sampling', type: either(int(), text()), doc: 'Which share of requests, in percent, or headers.' },
  ],
  { short: 'subject' },
);

export const EXPORT = block(
  'ExportOptions',
  [
    { name: 'stream', type: text(), doc: 'The subject of messages that others may get.' },
    { name: 'service', type: text(), doc: 'The subject of requests that others may make.' },
    { name: 'accounts', type: list(text()), doc: 'The accounts that may import it; all unless given.' },
    {
      name: 'response',
      aliases: ['response_type'],
      type: text(),
      doc: 'How a service answers: single, stream or chunked.',
    },
    {
      name: 'threshold',
      aliases: ['response_threshold', 'response_max_time', 'response_time'],
      type: duration({ number: 'refused' }),
      doc: 'How long an answer may take.',
    },
    { name: 'latency', type: LATENCY, doc: 'Measures how long answers take.' },
    { name: 'account_token_position', type: int(), doc: 'Which token of the subject is the importing account.' },
    { name: 'allow_trace', type: bool(), doc: 'Lets message traces cross.' },
  ],
  {
    exclusive: [
      { fields: [['stream'], ['service']], problem: 'an export is a stream or a service', remedy: 'Keep one.' },
    ],
  },
);

const ORIGIN = block('ImportOriginOptions', [
  { name: 'account', type: text(), doc: 'The account that exports it.' },
  { name: 'subject', type: text(), doc: 'The subject there.' },
]);

export const IMPORT = block(
  'ImportOptions',
  [
    { name: 'stream', type: ORIGIN, doc: 'Messages of another account.' },
    { name: 'service', type: ORIGIN, doc: 'Requests to another account.' },
    { name: 'prefix', type: text(), doc: 'What is put before subjects.' },
    { name: 'to', type: text(), doc: 'The subject here.' },
    { name: 'share', type: bool(), doc: 'Tells the service who asks.' },
    { name: 'allow_trace', type: bool(), doc: 'Lets message traces cross.' },
  ],
  {
    exclusive: [
      { fields: [['stream'], ['service']], problem: 'an import is a stream or a service', remedy: 'Keep one.' },
    ],
  },
);
