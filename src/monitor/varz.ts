/** `/varz`: the server, its limits and its counters. The fields are in nats-server's order. */
import { availableParallelism } from 'node:os';
import { exactInteger, exactNanoseconds } from '../config/index.js';
import { type Answer, json } from '../http/answer.js';
import { rfc3339, uptime } from '../http/go-format.js';
import { COMPAT_VERSION, OWN_VERSION, RUNTIME_VERSION } from '../version.js';
import { systemAccountField } from './accountz.js';
import type { MonitorContext } from './source.js';

const TLS_TIMEOUT_S = 2;

export function varz(context: MonitorContext): Answer {
  return json(describeServer(context));
}

export function describeServer(context: MonitorContext): object {
  const { source, http } = context;
  const { options } = source;
  const stats = source.stats();
  const now = context.nowMs();
  return {
    server_id: source.serverId,
    server_name: source.serverName,
    version: COMPAT_VERSION,
    proto: 1,
    go: RUNTIME_VERSION,
    host: source.host,
    port: source.port,
    ...(options.authorization.required ? { auth_required: true } : {}),
    max_connections: exactInteger(options, 'maxConnections'),
    ...(options.maxSubscriptions > 0 ? { max_subscriptions: exactInteger(options, 'maxSubscriptions') } : {}),
    ping_interval: exactNanoseconds(options, 'pingIntervalMs'),
    ping_max: exactInteger(options, 'pingMax'),
    http_host: http.host,
    http_port: http.port,
    http_base_path: http.basePath,
    https_port: 0,
    auth_timeout: options.authorization.timeoutMs / 1000,
    max_control_line: options.maxControlLine,
    max_payload: options.maxPayload,
    max_pending: exactInteger(options, 'maxPending'),
    cluster: {},
    gateway: {},
    leaf: {},
    mqtt: {},
    websocket: {},
    jetstream: {},
    tls_timeout: TLS_TIMEOUT_S,
    write_deadline: exactNanoseconds(options, 'writeDeadlineMs'),
    ...(options.writeTimeout === 'default' ? {} : { write_timeout: options.writeTimeout }),
    start: rfc3339(source.startMs),
    now: rfc3339(now),
    uptime: uptime(now - source.startMs),
    mem: context.usage.residentBytes,
    cores: availableParallelism(),
    gomaxprocs: source.reactors,
    cpu: context.usage.cpuPercent,
    connections: stats.connections,
    total_connections: stats.totalConnections,
    routes: 0,
    remotes: 0,
    leafnodes: 0,
    in_msgs: stats.inMsgs,
    in_bytes: stats.inBytes,
    in_client_msgs: stats.inMsgs,
    in_client_bytes: stats.inBytes,
    out_msgs: stats.outMsgs,
    out_bytes: stats.outBytes,
    out_client_msgs: stats.outMsgs,
    out_client_bytes: stats.outBytes,
    slow_consumers: stats.slowConsumers,
    stale_connections: stats.staleConnections,
    stalled_clients: stats.stalledClients,
    subscriptions: stats.subscriptions,
    http_req_stats: Object.fromEntries([...context.requests].sort(([a], [b]) => (a < b ? -1 : 1))),
    config_load_time: rfc3339(source.configLoadMs),
    config_digest: source.configDigest,
    ...(options.serverTags ? { tags: options.serverTags } : {}),
    ...(options.serverMetadata ? { metadata: options.serverMetadata } : {}),
    feature_flags: source.featureFlags,
    ...systemAccountField(options),
    slow_consumer_stats: { clients: stats.slowConsumers, routes: 0, gateways: 0, leafs: 0 },
    stale_connection_stats: { clients: stats.staleConnections, routes: 0, gateways: 0, leafs: 0 },
    disk_io_wait_stats: { waiters: 0, waits: 0, wait_time: 0, max_wait_time: 0 },
    ...(options.proxies === undefined ? {} : { proxies: options.proxies.trusted.length > 0 ? options.proxies : {} }),
    nats_turbo_version: OWN_VERSION,
  };
}
