/** `proxies`: those whose signature under the nonce of a connection shows that it came through them. */

import { isPublicKey } from '../../nkey.js';
import type { ResolvedOf } from '../inferred-types.js';
import { goTypeOf } from '../language/nodes.js';
import { quote } from '../text.js';
import { block, type Fault, list, text } from '../value-type.js';

const REMEDY = 'Give the public key of the proxy; `nats-turbo nkey public` prints it.';

function keyFault(key: string): Fault | undefined {
  return isPublicKey(key) ? undefined : { problem: `invalid proxy key ${quote(key)}`, remedy: REMEDY };
}

const PROXY = block(
  'TrustedProxyOptions',
  [
    {
      name: 'key',
      aliases: ['public_key'],
      key: 'key',
      type: text({ check: keyFault }),
      doc: 'The public key of the proxy.',
      required: { problem: 'proxy trusted key "" is invalid', remedy: REMEDY },
    },
  ],
  { messages: { wrongType: (got) => `expected proxies' trusted entry to be a map/struct, got ${goTypeOf(got)}` } },
);

export const PROXIES = block(
  'ProxiesOptions',
  [
    {
      name: 'trusted',
      key: 'trusted',
      type: list(PROXY, {
        messages: { wrongType: (got) => `expected proxies' trusted field to be an array, got ${goTypeOf(got)}` },
      }),
      default: [],
      doc: 'The proxies, by their keys. A connection is closed when a reload removes the key of its proxy.',
      reloadText: { line: '' },
    },
  ],
  { messages: { wrongType: (got) => `expected proxies to be a map/struct, got ${goTypeOf(got)}` } },
);

/** The keys of all trusted proxies. */
export function trustedProxies({ proxies }: { proxies?: ResolvedOf<typeof PROXIES> }): string[] {
  return (proxies?.trusted ?? []).map(({ key }) => key);
}
