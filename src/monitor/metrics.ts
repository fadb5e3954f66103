/**
 * `/metrics`: Prometheus text format, with the names that prometheus-nats-exporter gives the values of the other endpoints,
 * so that its dashboards work. All values are totals: the cost does not grow with the number of connections.
 */

import { systemAccountOf } from '../config/index.js';
import type { Answer } from '../http/answer.js';
import { accountFigures } from './accountz.js';
import { describeAccounts } from './accstatz.js';
import { isHealthy } from './healthz.js';
import { type Labels, MetricSet } from './metric-set.js';
import { describeRoutes } from './routez.js';
import type { MonitorContext } from './source.js';
import { describeIndex } from './subsz.js';
import { describeServer } from './varz.js';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';
/** The page of `/connz` that the exporter would read. */
const PAGE_LIMIT = 1024;

export function metrics(context: MonitorContext): Answer {
  const { source } = context;
  const server = { server_id: source.serverId };
  const set = new MetricSet();
  addObject(set, 'gnatsd_varz', server, describeServer(context));
  addObject(set, 'gnatsd_subsz', server, describeIndex(context));
  addObject(set, 'gnatsd_routez', server, describeRoutes(context));
  set.gauge('gnatsd_leafz_conn_nodes_total', server, 0, 'nodes_total');
  addConnections(set, context, server);
  addAccounts(set, context, server);
  addJetStream(set, context, server);
  const healthy = isHealthy(context);
  set.gauge('gnatsd_healthz_status', server, healthy ? 0 : 1, 'status');
  set.gauge('gnatsd_healthz_status_value', { ...server, value: healthy ? 'ok' : 'error' }, healthy ? 1 : 0, 'status');
  return { status: 200, type: TYPE, anyOrigin: true, body: set.text() };
}

/** Sums over all open connections; the exporter sums those on one page. */
function addConnections(set: MetricSet, { source }: MonitorContext, server: Labels): void {
  const { connections, open } = source.stats();
  const gauges = {
    num_connections: connections,
    total: connections,
    offset: 0,
    limit: PAGE_LIMIT,
    pending_bytes: open.pendingBytes,
    subscriptions: open.subscriptions,
  };
  const counters = {
    in_bytes: open.inBytes,
    out_bytes: open.outBytes,
    in_msgs: open.inMsgs,
    out_msgs: open.outMsgs,
  };
  for (const [name, value] of Object.entries(gauges)) set.gauge(`gnatsd_connz_${name}`, server, value, name);
  for (const [name, value] of Object.entries(counters)) set.counter(`gnatsd_connz_${name}`, server, value, name);
}

function addAccounts(set: MetricSet, context: MonitorContext, server: Labels): void {
  for (const account of describeAccounts(context, true)) {
    const labels = { ...server, account: account.acc, account_id: account.acc, account_name: account.name };
    const values = {
      current_connections: account.conns,
      total_connections: account.total_conns,
      subscriptions: account.num_subscriptions,
      leaf_nodes: account.leafnodes,
      sent_messages: account.sent.msgs,
      sent_bytes: account.sent.bytes,
      received_messages: account.received.msgs,
      received_bytes: account.received.bytes,
      slow_consumers: account.slow_consumers,
    };
    for (const [name, value] of Object.entries(values)) set.gauge(`gnatsd_accstatz_${name}`, labels, value, name);
  }
  const { source } = context;
  const system = systemAccountOf(source.options);
  for (const stats of source.stats().accounts) {
    const account = accountFigures(stats);
    const labels = { ...server, account_id: stats.name, account_name: stats.name };
    const values = {
      client_connections: account.client_connections,
      leafnode_connections: account.leafnode_connections,
      subscriptions: account.subscriptions,
      is_system: Number(stats.name === system),
      expired: Number(account.expired),
      complete: Number(account.complete),
      jetstream_enabled: Number(account.jetstream_enabled),
      ...NO_JWT_LIMITS,
    };
    for (const [key, value] of Object.entries(values)) set.gauge(`gnatsd_accountz_${key}`, labels, value, key);
  }
}

/** The limits that the exporter shows for an account without a JWT. */
const NO_JWT_LIMITS = {
  limit_subs: 0,
  limit_data: 0,
  limit_payload: 0,
  limit_imports: 0,
  limit_exports: 0,
  limit_wildcards: 0,
  limit_conn: 0,
  limit_leaf: 0,
};

/** JetStream is disabled; dashboards for it show that. */
function addJetStream(set: MetricSet, { source }: MonitorContext, server: Labels): void {
  const labels = {
    ...server,
    server_name: source.serverName,
    cluster: '',
    domain: '',
    meta_leader: '',
    is_meta_leader: 'true',
  };
  for (const [name, help, value] of JETSTREAM) set.gauge(`jetstream_server_${name}`, labels, value, help);
}

const JETSTREAM: [name: string, help: string, value: number][] = [
  ['jetstream_disabled', 'JetStream disabled or not', 1],
  ['max_memory', 'JetStream Max Memory', 0],
  ['max_storage', 'JetStream Max Storage', 0],
  ['total_streams', 'Total number of streams in JetStream', 0],
  ['total_consumers', 'Total number of consumers in JetStream', 0],
  ['total_messages', 'Total number of stored messages in JetStream', 0],
  ['total_message_bytes', 'Total number of bytes stored in JetStream', 0],
];

/** Texts that become a metric: a time as its value, any other text as a label of the value 1. */
const LABEL_KEYS = new Set([
  'server_id',
  'server_name',
  'version',
  'domain',
  'leader',
  'name',
  'start',
  'config_load_time',
]);
/** Fields that the exporter omits. */
const SKIPPED = new Set(['leaf', 'trusted_operators_claim']);
const INSTANT = /^\d{4}-\d\d-\d\dT/;

/** Adds the numbers and some texts of an object and of the objects in it; keys are joined by underscores. */
function addObject(set: MetricSet, prefix: string, server: Labels, object: object, path: string[] = []): void {
  for (const [key, value] of Object.entries(object)) {
    const name = [...path, key].join('_').replaceAll('/', '_').replace(/_+/g, '_').replace(/^_|_$/g, '');
    if (SKIPPED.has(name)) continue;
    const full = `${prefix}_${name}`;
    if (typeof value === 'number' || typeof value === 'bigint') {
      set.gauge(full, server, Number(value), name);
    } else if (typeof value === 'string') {
      if (!LABEL_KEYS.has(key)) continue;
      if (INSTANT.test(value)) set.gauge(full, server, Date.parse(value), name);
      else set.gauge(full, { ...server, value }, 1, name);
    } else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      addObject(set, prefix, server, value, [...path, key]);
    }
  }
}
