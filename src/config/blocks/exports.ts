/** What crosses accounts, and subjects that become others: `exports`, `imports`, `mappings`. Described, not supported yet. */

import { block, bool, duration, either, int, list, map, text } from '../value-type.js';

const DESTINATION = block(
  'MappingOptions',
  [
    { name: 'destination', aliases: ['dest'], type: text(), doc: 'The subject that messages go to.' },
    { name: 'weight', type: either(int(), text()), doc: 'Which share of them, in percent.' },
    { name: 'cluster', type: text(), doc: 'The cluster in which it counts.' },
  ],
  { short: 'destination' },
);

/** By source: a destination, or several with weights. */
export const MAPPINGS = map(either(DESTINATION, list(DESTINATION)));

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
