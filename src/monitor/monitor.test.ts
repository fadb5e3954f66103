import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connection, NO_STATS } from '../broker/testing/fake-addon.js';
import { resolveOptions } from '../config/index.js';
import type { ConnectionInfo } from '../native/contract.js';
import { MonitorServer } from './server.js';
import type { MonitorSource } from './source.js';

const OPEN = [
  connection(3, { name: 'c', inMsgs: 5, outMsgs: 1, subscriptions: 1, user: 'ann', rttNs: 300_970_123, lang: 'js' }),
  connection(1, { inMsgs: 9, outMsgs: 2, stalls: 4, account: 'OTHER' }),
  connection(2, { inMsgs: 7, outMsgs: 3, rttNs: 42_777, subscriptions: 2 }),
];
const CLOSED = [
  connection(8, { stopMs: 1_795_224_005_000, reason: 'Stale Connection' }),
  connection(9, { stopMs: 1_795_224_004_000, reason: 'Client Closed' }),
];

const source: MonitorSource = {
  serverId: 'NSERVER',
  serverName: 'me',
  host: '0.0.0.0',
  port: 4222,
  options: resolveOptions({ authorization: { token: 't' }, maxSubscriptions: 7, writeTimeout: 'retry' }),
  startMs: 1_795_224_000_000,
  configLoadMs: 1_795_224_000_000,
  configDigest: 'sha256:aa',
  reactors: 2,
  stats: () => ({
    ...NO_STATS,
    connections: 3,
    inMsgs: 21,
    slowConsumers: 2,
    accounts: [{ name: 'OTHER', connections: 1, subscriptions: 0 }],
  }),
  connections: () => OPEN.slice(),
  closedConnections: () => CLOSED.slice(),
  subscriptions: (cid) =>
    [
      { cid: 2, account: '$G', subject: 'a.>', sid: '1', msgs: 4 },
      { cid: 2, account: '$G', subject: 'b', queue: 'q', sid: '2', msgs: 0, max: 5 },
      { cid: 3, account: '$G', subject: 'c', sid: '1', msgs: 0 },
    ].filter((s) => cid === undefined || s.cid === cid),
  closedSubscriptions: (cid) =>
    [
      { cid: 8, account: '$G', subject: 'left', sid: '1', msgs: 2 },
      { cid: 9, account: '$G', subject: 'last', queue: 'q', sid: '7', msgs: 0, max: 3 },
    ].filter((s) => cid === undefined || s.cid === cid),
};

let monitor: MonitorServer;
let base: string;

beforeAll(async () => {
  monitor = await MonitorServer.listen({ host: '127.0.0.1', port: 0, basePath: '/nats' }, () => source);
  base = `http://127.0.0.1:${monitor.port}/nats`;
});
afterAll(() => monitor.close());

async function connz(query = '') {
  const body = (await (await fetch(`${base}/connz${query}`)).json()) as {
    connections: (ConnectionInfo & Record<string, unknown>)[];
    [field: string]: unknown;
  };
  return { ...body, cids: body.connections?.map(({ cid }) => cid) };
}

describe('the listener', () => {
  it('serves a page that links what there is', async () => {
    const response = await fetch(base);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    const links = [...page.matchAll(/href=\.\/(\w+)/g)].map(([, path]) => path);
    expect(links).toEqual(['varz', 'connz']);
    for (const path of links) expect((await fetch(`${base}/${path}`)).status).toBe(200);
  });

  it.each(['/', '/varz', '/nats/none', '/natsvarz', '/nats/'])('knows no %s', async (path) => {
    const response = await fetch(`http://127.0.0.1:${monitor.port}${path}`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('404 page not found\n');
  });

  it('answers JSON that any page may read', async () => {
    const response = await fetch(`${base}/connz?subs=1&callback=x`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const text = await response.text();
    expect(text).toMatch(/^\{\n {2}"server_id": "NSERVER",\n/);
    expect(text).toContain('"a.\\u003e"');
  });
});

describe('/varz', () => {
  it('has the fields of the reference in their order', async () => {
    const before = await (await fetch(`${base}/varz`)).json();
    const body = (await (await fetch(`${base}/varz`)).json()) as Record<string, unknown>;
    expect(Object.keys(body).join(' ')).toBe(
      'server_id server_name version proto go host port auth_required max_connections max_subscriptions ' +
        'ping_interval ping_max http_host http_port http_base_path https_port auth_timeout max_control_line ' +
        'max_payload max_pending cluster gateway leaf mqtt websocket jetstream tls_timeout write_deadline ' +
        'write_timeout start now uptime mem cores gomaxprocs cpu connections total_connections routes remotes ' +
        'leafnodes in_msgs in_bytes in_client_msgs in_client_bytes out_msgs out_bytes out_client_msgs ' +
        'out_client_bytes slow_consumers stale_connections stalled_clients subscriptions http_req_stats ' +
        'config_load_time config_digest feature_flags slow_consumer_stats stale_connection_stats ' +
        'disk_io_wait_stats nats_turbo_version',
    );
    expect(body).toMatchObject({
      version: '2.15.2',
      ping_interval: 120_000_000_000,
      write_deadline: 10_000_000_000,
      write_timeout: 'retry',
      auth_timeout: 2,
      http_port: monitor.port,
      http_base_path: '/nats',
      start: '2026-11-21T01:20:00Z',
      in_msgs: 21,
      in_client_msgs: 21,
      slow_consumer_stats: { clients: 2, routes: 0, gateways: 0, leafs: 0 },
    });
    const hits = (varz: unknown) => (varz as { http_req_stats: Record<string, number> }).http_req_stats['/varz'];
    expect(hits(body)).toBe((hits(before) ?? 0) + 1);
  });
});

describe('/connz', () => {
  it('lists open connections by number', async () => {
    const body = await connz();
    expect(body).toMatchObject({ num_connections: 3, total: 3, offset: 0, limit: 1024, cids: [1, 2, 3] });
    expect(Object.keys(body.connections[2] ?? {}).join(' ')).toBe(
      'cid kind type ip port start last_activity rtt uptime idle pending_bytes in_msgs out_msgs in_bytes out_bytes ' +
        'subscriptions name lang',
    );
    expect(body.connections[0]).toMatchObject({ kind: 'Client', type: 'nats', rtt: '0s', stalls: 4 });
    expect(body.connections.map(({ rtt }) => rtt)).toEqual(['0s', '42µs', '300.970123ms']);
  });

  it('shows users and accounts only when asked', async () => {
    const { connections } = await connz('?auth=true');
    expect(connections.map(({ authorized_user, account, name_tag }) => [authorized_user, account, name_tag])).toEqual([
      [undefined, 'OTHER', 'OTHER'],
      [undefined, undefined, '$G'],
      ['ann', undefined, '$G'],
    ]);
    expect((await connz('?auth=1&state=closed')).connections[0]).not.toHaveProperty('name_tag');
    expect((await connz()).connections[0]).not.toHaveProperty('account');
  });

  it('lists subscriptions of closed connections', async () => {
    expect((await connz('?subs=1&state=closed')).connections.map((c) => c.subscriptions_list)).toEqual([
      ['left'],
      ['last'],
    ]);
    expect((await connz('?subs=1&state=all')).connections.map((c) => c.subscriptions_list)).toEqual([
      undefined,
      ['a.>', 'b'],
      ['c'],
      ['left'],
      ['last'],
    ]);
    expect((await connz('?subs=detail&state=closed&cid=9')).connections[0]?.subscriptions_list_detail).toEqual([
      { account: '$G', account_tag: '$G', subject: 'last', qgroup: 'q', sid: '7', msgs: 0, max: 3, cid: 9 },
    ]);
  });

  it('lists subscriptions, plainly or in detail', async () => {
    expect((await connz('?subs=1')).connections.map((c) => c.subscriptions_list)).toEqual([
      undefined,
      ['a.>', 'b'],
      ['c'],
    ]);
    expect((await connz('?subs=detail&cid=2')).connections[0]?.subscriptions_list_detail).toEqual([
      { subject: 'a.>', sid: '1', msgs: 4, cid: 2 },
      { subject: 'b', qgroup: 'q', sid: '2', msgs: 0, max: 5, cid: 2 },
    ]);
  });

  it.each([
    ['cid', [1, 2, 3]],
    ['start', [1, 2, 3]],
    ['msgs_from', [1, 2, 3]],
    ['msgs_to', [2, 1, 3]],
    ['subs', [2, 3, 1]],
    ['rtt', [3, 2, 1]],
    ['last', [3, 2, 1]],
    ['idle', [1, 2, 3]],
    ['uptime', [3, 2, 1]],
  ])('sorts by %s', async (sort, cids) => expect((await connz(`?sort=${sort}`)).cids).toEqual(cids));

  it('sorts closed connections by end and reason', async () => {
    expect((await connz('?state=closed&sort=stop')).cids).toEqual([8, 9]);
    expect((await connz('?state=closed&sort=reason')).cids).toEqual([9, 8]);
    expect((await connz('?state=closed')).connections[0]).toMatchObject({
      reason: 'Stale Connection',
      stop: '2026-11-21T01:20:05Z',
      uptime: '4s',
    });
    expect(await connz('?state=ANY')).toMatchObject({ total: 5, cids: [1, 2, 3, 8, 9] });
  });

  it('cuts pages', async () => {
    expect(await connz('?offset=1&limit=1')).toMatchObject({ num_connections: 1, total: 3, cids: [2], limit: 1 });
    expect(await connz('?offset=9')).toMatchObject({ num_connections: 0, total: 3, connections: [], offset: 9 });
    expect(await connz('?offset=-9&limit=-1')).toMatchObject({ num_connections: 3, offset: 0, limit: 1024 });
  });

  it('filters', async () => {
    expect(await connz('?cid=2')).toMatchObject({ num_connections: 1, total: 3, limit: 1, cids: [2] });
    expect(await connz('?cid=9')).toMatchObject({ num_connections: 0, connections: [] });
    expect(await connz('?cid=9&state=all')).toMatchObject({ cids: [9] });
    expect(await connz('?user=ann')).toMatchObject({ cids: [3], total: 3 });
    expect(await connz('?acc=OTHER')).toMatchObject({ cids: [1], total: 1 });
    expect(await connz('?acc=$G')).toMatchObject({ cids: [2, 3], total: 2 });
    expect(await connz('?acc=NONE')).toMatchObject({ server_id: '', connections: null, num_connections: 0 });
    expect(await connz('?mqtt_client=x')).toMatchObject({ connections: [] });
  });

  it.each([
    ['limit=x', `Error decoding int for 'limit': strconv.Atoi: parsing "x": invalid syntax`],
    [
      'offset=99999999999999999999',
      `Error decoding int for 'offset': strconv.Atoi: parsing "99999999999999999999": value out of range`,
    ],
    ['subs=zz', `Error decoding boolean for 'subs': strconv.ParseBool: parsing "zz": invalid syntax`],
    ['auth=yes', `Error decoding boolean for 'auth': strconv.ParseBool: parsing "yes": invalid syntax`],
    ['cid=-1', `Error decoding uint64 for 'cid': strconv.ParseUint: parsing "-1": invalid syntax`],
    ['state=zz', 'Error decoding state for zz'],
    ['sort=foo', 'invalid sorting option: foo'],
    ['sort=toString', 'invalid sorting option: toString'],
    ['sort=stop', 'sort by stop only valid on closed connections'],
    ['sort=reason&state=all', 'sort by reason only valid on closed connections'],
  ])('refuses %s', async (query, text) => {
    const response = await fetch(`${base}/connz?${query}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe(text);
  });
});
