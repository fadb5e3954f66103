/** What crosses accounts: `exports` and `imports`, of streams and of services. */

import { type ConfigValue, goTypeOf } from '../language/nodes.js';
import { quote } from '../text.js';
import { block, bool, duration, type Exclusive, type Fault, int, list, text } from '../value-type.js';
import type { WrittenImport } from './imports-and-exports.js';
import { LATENCY, RESPONSE } from './service-exports.js';

const KEEP_ONE = 'Keep one of them.';
const SERVICES_ONLY = 'Remove it: it concerns services.';
const NO_DURATION = 'Expected response threshold to be a parseable time duration';

export const EXPORT = block(
  'ExportOptions',
  [
    {
      name: 'stream',
      key: 'stream',
      type: text({ messages: { wrongType: (got) => `Expected stream name to be string, got ${goTypeOf(got)}` } }),
      doc: 'The subject of messages that other accounts may import.',
    },
    {
      name: 'service',
      key: 'service',
      type: text({ messages: { wrongType: (got) => `Expected service name to be string, got ${goTypeOf(got)}` } }),
      doc: 'The subject of requests that others may make.',
    },
    {
      name: 'accounts',
      key: 'accounts',
      type: list(text()),
      doc: 'The accounts that may import it; all of them unless given.',
    },
    {
      name: 'response',
      aliases: ['response_type'],
      key: 'response',
      type: RESPONSE,
      once: 'Duplicate response type definition',
      doc: 'How the service answers: with one message (single, singleton; unless given), or with any number, an empty one being the last (stream, chunk, chunked).',
    },
    {
      name: 'threshold',
      aliases: ['response_threshold', 'response_max_time', 'response_time'],
      key: 'threshold',
      type: duration({
        number: 'refused',
        messages: {
          wrongType: (got) => `${NO_DURATION}, got ${goTypeOf(got)}`,
          invalid: (_, written) => `${NO_DURATION}, got ${quote(written)}`,
        },
      }),
      once: 'Duplicate response threshold detected',
      doc: 'How long an answer of the service may take, or the next part of one; two minutes unless given.',
    },
    { name: 'latency', key: 'latency', type: LATENCY, doc: 'Measures how long answers of the service take.' },
    {
      name: 'account_token_position',
      key: 'accountTokenPosition',
      type: int({ negative: 'kept' }),
      doc: 'The token of the subject, from 1, that has to be the name of the account that imports it. A `*` in the export.',
    },
    {
      name: 'allow_trace',
      key: 'allowTrace',
      type: bool(),
      doc: 'Whether traces of requests go on in this account.',
    },
  ],
  {
    exclusive: [
      {
        fields: [['stream'], ['service']],
        problem: (service) => `Detected service ${quote(String(service))} but already saw a stream`,
        remedy: KEEP_ONE,
        problemsAt: 'other',
      },
      notOfStreams(['response', 'threshold'], 'response'),
      notOfStreams(['latency'], 'latency'),
      notOfStreams(['allow_trace'], 'allow_trace'),
    ],
    messages: { wrongType: (got) => `Export Items should be a map with type entry, got ${goTypeOf(got)}` },
  },
);

function notOfStreams(fields: readonly string[], directive: string): Exclusive {
  const problem = `Detected ${directive} directive on non-service`;
  return { fields: [['stream'], fields], problem, remedy: SERVICES_ONLY, problemsAt: 'other' };
}

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
  },
);

const notAMap = (what: string) => (got: ConfigValue) => `${what} entry should be an account map, got ${goTypeOf(got)}`;

export const IMPORT = block(
  'ImportOptions',
  [
    {
      name: 'stream',
      key: 'stream',
      type: { ...ORIGIN, messages: { wrongType: notAMap('Stream') } },
      doc: 'Which messages of another account.',
    },
    {
      name: 'service',
      key: 'service',
      type: { ...ORIGIN, messages: { wrongType: notAMap('Service') } },
      doc: 'Which requests another account answers.',
    },
    {
      name: 'prefix',
      key: 'prefix',
      type: text(),
      doc: 'What is put before subjects of a stream, with a dot after it. No wildcards.',
    },
    {
      name: 'to',
      key: 'to',
      type: text(),
      doc: 'What the subject is called here, with the same wildcards, or `$1` for the first one. The same unless given.',
    },
    {
      name: 'share',
      key: 'share',
      type: bool(),
      doc: 'Whether the service learns who asks: name, user and address of the client, not just its account.',
    },
    {
      name: 'allow_trace',
      key: 'allowTrace',
      type: bool(),
      doc: 'Whether traces of messages of the stream go on in this account.',
    },
  ],
  {
    exclusive: [
      {
        fields: [['stream'], ['service']],
        problem: 'Detected service but already saw a stream',
        remedy: KEEP_ONE,
        problemsAt: 'other',
      },
      {
        fields: [['service'], ['allow_trace']],
        problem: 'Detected allow_trace directive on a non-stream',
        remedy: 'Remove it: the export of a service has it.',
        problemsAt: 'other',
      },
    ],
    check: ({ stream, prefix, to }) => {
      if (!stream || !prefix || !to) return undefined;
      return { problem: "Stream import can not have a 'prefix' and a 'to' property", remedy: KEEP_ONE };
    },
    problemsAt: 'last field',
    messages: { wrongType: (got) => `Import Items should be a map with type entry, got ${goTypeOf(got)}` },
  },
);

/** Requests of one name may go to several accounts, to each of them once. */
export function secondServiceImport(entry: unknown, before: readonly unknown[]): Fault | undefined {
  const { service, to } = entry as WrittenImport;
  if (service === undefined) return undefined;
  const name = to || service.subject;
  const known = (before as readonly WrittenImport[]).find(
    (other) => other.service?.account === service.account && (other.to || other.service?.subject) === name,
  )?.service;
  if (known === undefined) return undefined;
  const used = `account ${quote(known.account ?? '')}, subject ${quote(known.subject ?? '')}`;
  const problem = `Duplicate service import subject ${quote(name ?? '')}, previously used in import for ${used}`;
  return { problem, remedy: 'Give one of them another name with `to`.' };
}
