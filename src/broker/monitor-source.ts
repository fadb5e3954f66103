/** The state of a broker as monitoring reads it; made for each request. */
import type { MonitorSource } from '../monitor/source.js';
import type { BrokerStats, StartedBroker } from '../native/contract.js';
import type { Runtime } from '../worker/index.js';
import type { Broker } from './broker.js';
import type { BrokerLog } from './broker-log.js';
import { mergedFeatureFlags } from './feature-flags.js';

export interface MonitorParts {
  broker: Broker;
  runtime: Runtime;
  started: StartedBroker;
  log: BrokerLog;
  startMs: number;
}

export function monitorSource(parts: MonitorParts): MonitorSource {
  const { broker, runtime, started, log } = parts;
  const { addon, handle } = runtime;
  let stats: BrokerStats | undefined;
  return {
    serverId: broker.serverId,
    serverName: broker.serverName,
    host: broker.host,
    port: broker.port,
    options: broker.options,
    startMs: parts.startMs,
    configLoadMs: broker.configuration.loadMs,
    configDigest: broker.configuration.digest,
    reactors: runtime.reactors,
    get featureFlags() {
      return mergedFeatureFlags(broker.options.featureFlags);
    },
    ready: !broker.isLameDuck && !broker.isStopping,
    // Read once per request: all parts of an answer show the same counters.
    stats: () => {
      stats ??= broker.stats();
      return stats;
    },
    findConnections: (query) => addon.findConnections(handle, started.broker, query),
    describeConnections: (cids) => addon.describeConnections(handle, started.broker, cids),
    closedConnections: () => broker.closedConnections(),
    findSubscriptions: (query) => addon.findSubscriptions(handle, started.broker, query),
    closedSubscriptions: (cid) => broker.closedSubscriptions(cid),
    queues: () => addon.queues(handle),
    warn: (text) => log.write('WRN', text),
  };
}
