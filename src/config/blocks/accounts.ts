/** `accounts`: isolated tenants with users and limits of their own. What crosses accounts is described in exports.ts. */

import { isPublicKey, NkeyPrefix } from '../../nkey.js';
import { type ConfigValue, goTypeOf, kindOf } from '../language/nodes.js';
import { quote } from '../text.js';
import { block, bool, choice, either, type Fault, int, list, type Messages, map, size, text } from '../value-type.js';
import { EXPORT, IMPORT, secondServiceImport } from './exports.js';
import { MAPPINGS } from './mappings.js';
import { MSG_TRACE } from './msg-trace.js';
import { PERMISSIONS } from './permissions.js';
import { USER } from './users.js';

/** -1: no limit. 0: nothing at all. */
const LIMIT = { negative: 'kept', zero: 'kept' } as const;
const WITHOUT_LIMIT = '-1: as many as the server lets everyone';

const LIMITS = block(
  'AccountLimitsOptions',
  [
    {
      name: 'max_connections',
      aliases: ['max_conn'],
      key: 'maxConnections',
      type: int(LIMIT),
      doc: `How many connections the account may have at once. ${WITHOUT_LIMIT}.`,
    },
    {
      name: 'max_subscriptions',
      aliases: ['max_subs'],
      key: 'maxSubscriptions',
      type: int(LIMIT),
      doc: `How many subscriptions each of its connections may have. ${WITHOUT_LIMIT}.`,
    },
    {
      name: 'max_payload',
      aliases: ['max_pay'],
      key: 'maxPayload',
      type: size(LIMIT),
      doc: 'The largest message of its connections, in bytes, headers included. -1: as large as the server allows.',
    },
    {
      name: 'max_leafnodes',
      aliases: ['max_leafs'],
      key: 'maxLeafnodes',
      type: int(LIMIT),
      doc: 'How many leaf nodes may connect to the account. Nothing is limited as long as leaf nodes are not supported.',
    },
  ],
  {
    messages: {
      wrongType: (got) => `Expected account limits to be a map/struct, got ${shown(got)}`,
      unknownField: (name) => `Unknown field ${quote(name)} parsing account limits`,
    },
  },
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

/** As the reference says it of whatever is no key. */
function noAccountKey(written: ConfigValue): Fault {
  return {
    problem: `Not a valid public nkey for an account: ${quote(shown(written))}`,
    remedy: 'Give the public key of an account, which begins with A, or leave it out.',
  };
}

const NKEY_MESSAGES: Messages = { wrongType: (got) => noAccountKey(got).problem };

export const ACCOUNT = block(
  'AccountOptions',
  [
    {
      name: 'nkey',
      key: 'nkey',
      type: text({
        check: (key) => (isPublicKey(key, NkeyPrefix.account) ? undefined : noAccountKey(key)),
        messages: NKEY_MESSAGES,
      }),
      doc: 'The public key of the account (A…). It is checked, and has no effect without operators.',
    },
    {
      name: 'users',
      key: 'users',
      type: list(USER, {
        emptyInFile: 'absent',
        messages: { wrongType: (got) => `Expected users field to be an array, got ${shown(got)}` },
      }),
      doc: 'Its users. A name may be used once in all accounts and `authorization` together.',
    },
    {
      name: 'default_permissions',
      key: 'defaultPermissions',
      type: PERMISSIONS,
      doc: 'Permissions of its users that have none of their own.',
    },
    { name: 'limits', key: 'limits', type: LIMITS, doc: 'What its connections may use.' },
    {
      name: 'imports',
      key: 'imports',
      type: list(IMPORT, {
        checkEntry: secondServiceImport,
        messages: { wrongType: (got) => `Imports should be an array, got ${goTypeOf(got)}` },
      }),
      doc: 'What its connections get from other accounts that export it.',
    },
    {
      name: 'exports',
      key: 'exports',
      type: list(EXPORT, {
        messages: { wrongType: (got) => `Exports should be an array, got ${goTypeOf(got)}` },
      }),
      doc: 'What other accounts may import from it.',
    },
    {
      name: 'mappings',
      aliases: ['maps'],
      key: 'mappings',
      type: MAPPINGS,
      once: true,
      doc: 'Subjects that become others when they are published in the account: by source, as `mappings` of the top level.',
    },
    {
      name: 'msg_trace',
      aliases: ['trace_dest'],
      key: 'msgTrace',
      type: MSG_TRACE,
      doc: 'Where traces go of messages that their publishers trace: those with a header `traceparent` that says so.',
    },
    {
      name: 'jetstream',
      type: JETSTREAM,
      doc: 'Whether it may use JetStream, and how much.',
      support: { notYet: 'JetStream is not there yet' },
    },
  ],
  { messages: { wrongType: () => 'Expected map entries for accounts' } },
);

/** Names alone, or blocks by name. */
export const ACCOUNTS = either(list(text()), map(ACCOUNT));

/** As the reference prints a value that should be a block or a list. */
function shown(value: ConfigValue): string {
  return typeof value === 'object' ? kindOf(value) : String(value);
}
