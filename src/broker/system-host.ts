/** What the system account asks of a broker: its state, the data plane, and what may be changed by request. */
import type { InternalClient } from '../internal/index.js';
import type { SystemHost } from '../system/host.js';
import { parseAdvertise } from './address.js';
import type { Broker } from './broker.js';
import { monitorSource } from './monitor-source.js';
import type { BrokerParts } from './parts.js';

interface SystemHostParts {
  broker: Broker;
  client: InternalClient;
  parts: BrokerParts;
}

export function systemHost({ broker, client, parts }: SystemHostParts): SystemHost {
  const { runtime, started, log, http } = parts;
  const { addon, handle } = runtime;
  return {
    serverId: broker.serverId,
    client,
    options: () => broker.options,
    source: () => monitorSource({ broker, ...parts }),
    monitor: () => http.monitorView(),
    snappyFrame: (data) => addon.snappyFrame(data),
    advertisedHost: () => advertisedHost(broker),
    nextEventNumber: () => addon.nextEventNumber(handle, started.broker),
    hasListeners: (account, ...subjects) => addon.hasListeners(handle, started.broker, account, subjects),
    reload: () => broker.reload(),
    kick: (cid) => broker.closeConnection(cid),
    notifyLameDuck: (cid) => addon.notifyLameDuck(handle, started.broker, cid),
    log: (level, text) => log.write(level, text),
  };
}

function advertisedHost({ options, host }: Broker): string {
  const advertised = options.clientAdvertise ? parseAdvertise(options.clientAdvertise).host : undefined;
  return advertised ?? host;
}
