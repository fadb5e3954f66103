/** Who sent a message of the system account: the object that every answer and event contains. */
import { rfc3339 } from '../http/go-format.js';
import { nowMs } from '../log/index.js';
import { COMPAT_VERSION } from '../version.js';
import type { SystemHost } from './host.js';

/** For the next message: each has a number of its own. */
export function serverInfo(host: SystemHost): object {
  const { serverName, serverId, options, featureFlags } = host.source();
  return {
    name: serverName,
    host: host.advertisedHost(),
    id: serverId,
    ver: COMPAT_VERSION,
    ...(options.serverTags ? { tags: options.serverTags } : {}),
    ...(options.serverMetadata ? { metadata: options.serverMetadata } : {}),
    feature_flags: featureFlags,
    jetstream: false,
    flags: 0,
    seq: host.nextEventNumber(),
    time: rfc3339(nowMs()),
  };
}
