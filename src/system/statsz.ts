/** The statistics of the server as the system account shows them. */
import { availableParallelism } from 'node:os';
import { rfc3339 } from '../http/go-format.js';
import type { MonitorContext } from '../monitor/source.js';

export function describeStatistics({ source, usage }: MonitorContext): object {
  const stats = source.stats();
  const sent = { msgs: stats.outMsgs, bytes: stats.outBytes };
  const received = { msgs: stats.inMsgs, bytes: stats.inBytes };
  const ofClients = (count: number) => ({ clients: count, routes: 0, gateways: 0, leafs: 0 });
  return {
    start: rfc3339(source.startMs),
    mem: usage.residentBytes,
    cores: availableParallelism(),
    cpu: usage.cpuPercent,
    connections: stats.connections,
    total_connections: stats.totalConnections,
    active_accounts: stats.accounts.filter(({ connections }) => connections > 0).length,
    subscriptions: stats.subscriptions,
    sent,
    sent_to_clients: sent,
    received,
    received_from_clients: received,
    slow_consumers: stats.slowConsumers,
    ...(stats.slowConsumers > 0 ? { slow_consumer_stats: ofClients(stats.slowConsumers) } : {}),
    ...(stats.staleConnections > 0
      ? { stale_connections: stats.staleConnections, stale_connection_stats: ofClients(stats.staleConnections) }
      : {}),
    ...(stats.stalledClients > 0 ? { stalled_clients: stats.stalledClients } : {}),
    active_servers: 1,
    gomaxprocs: source.reactors,
  };
}
