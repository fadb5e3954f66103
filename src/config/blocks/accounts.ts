/** `accounts` and `mappings`. Described, not supported yet. */

import { quote } from '../text.js';
import { block, bool, choice, duration, either, int, list, map, text } from '../value-type.js';
import { PERMISSIONS, USER } from './authorization.js';

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

const LIMITS = block(
  'AccountLimitsOptions',
  [
    { name: 'max_connections', aliases: ['max_conn'], type: int({ negative: 'kept' }), doc: 'How many connections.' },
    {
      name: 'max_subscriptions',
      aliases: ['max_subs'],
      type: int({ negative: 'kept' }),
      doc: 'How many subscriptions.',
    },
    { name: 'max_payload', aliases: ['max_pay'], type: int({ negative: 'kept' }), doc: 'The largest payload.' },
    { name: 'max_leafnodes', aliases: ['max_leafs'], type: int({ negative: 'kept' }), doc: 'How many leaf nodes.' },
  ],
  { messages: { unknownField: (name) => `Unknown field ${quote(name)} parsing account limits` } },
);

const limit = int({ negative: 'kept' });

const JETSTREAM = either(
  bool(),
  choice(['ENABLED', 'ENABLE', 'DISABLED', 'DISABLE'], { anyCase: true }),
  block('AccountJetStreamOptions', [
    { name: 'max_memory', aliases: ['max_mem', 'mem', 'memory'], type: limit, doc: 'Bytes in memory.' },
    {
      name: 'max_store',
      aliases: ['max_file', 'max_disk', 'store', 'disk'],
      type: limit,
      doc: 'Bytes on disk.',
    },
    { name: 'max_streams', aliases: ['streams'], type: limit, doc: 'How many streams.' },
    { name: 'max_consumers', aliases: ['consumers'], type: limit, doc: 'How many consumers of a stream.' },
    {
      name: 'max_bytes_required',
      aliases: ['max_stream_bytes', 'max_bytes'],
      type: bool(),
      doc: 'Every stream has to say how large it may get.',
    },
    {
      name: 'mem_max_stream_bytes',
      aliases: ['memory_max_stream_bytes'],
      type: limit,
      doc: 'Bytes of one stream in memory.',
    },
    {
      name: 'disk_max_stream_bytes',
      aliases: ['store_max_stream_bytes'],
      type: limit,
      doc: 'Bytes of one stream on disk.',
    },
    { name: 'max_ack_pending', type: limit, doc: 'Messages of one consumer that wait for an acknowledgement.' },
    { name: 'cluster_traffic', type: text(), doc: 'The account that replication counts for: system or owner.' },
  ]),
);

const LATENCY = block(
  'LatencyOptions',
  [
    { name: 'subject', type: text(), doc: 'Where measurements go.' },
    { name: 'sampling', type: either(int(), text()), doc: 'Which share of requests, in percent, or headers.' },
  ],
  { short: 'subject' },
);

const EXPORT = block(
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

const IMPORT = block(
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

const MSG_TRACE = block(
  'MsgTraceOptions',
  [
    { name: 'dest', type: text(), doc: 'Where trace events go.' },
    { name: 'sampling', type: either(int(), text()), doc: 'Which share of messages, in percent.' },
  ],
  { short: 'dest' },
);

const ACCOUNT = block('AccountOptions', [
  { name: 'nkey', type: text(), doc: 'The public key of the account.' },
  { name: 'users', type: list(USER), doc: 'Its users.' },
  { name: 'default_permissions', type: PERMISSIONS, doc: 'Permissions of users that have none of their own.' },
  { name: 'imports', type: list(IMPORT), doc: 'What it gets from other accounts.' },
  { name: 'exports', type: list(EXPORT), doc: 'What other accounts may get from it.' },
  { name: 'mappings', aliases: ['maps'], type: MAPPINGS, doc: 'Subjects that become others.' },
  { name: 'limits', type: LIMITS, doc: 'Its limits.' },
  { name: 'msg_trace', aliases: ['trace_dest'], type: MSG_TRACE, doc: 'Where traces of its messages go.' },
  { name: 'jetstream', type: JETSTREAM, doc: 'Whether it may use JetStream, and how much.' },
]);

/** Names alone, or blocks by name. */
export const ACCOUNTS = either(list(text()), map(ACCOUNT));
