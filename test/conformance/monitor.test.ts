/** Sections 5.2 and 5.3: varz and connz of a single plain server. */
import { beforeEach, describe, expect } from 'vitest';
import { settled } from '../support/deadline.js';
import { closedReason, connz, get, getJson, type Json } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { msg, pub, type RawClient } from '../support/raw.js';
import { useServer } from '../support/server.js';

const server = useServer({
  monitor: true,
  config:
    'server_name: mon\nmax_payload: 2000\nmax_connections: 77\nping_interval: "60s"\nping_max: 3\n' +
    'authorization { users: [{user: u, password: pw}], timeout: 50 }\n',
});
const login = (fields = {}) => server.open({ user: 'u', pass: 'pw', ...fields });
const cids = (page: { connections: { cid: number }[] }) => page.connections.map(({ cid }) => cid);
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

// The server counts what it did shortly after it did it, and learns shortly after they left that clients are gone: what
// is told of them is looked at until it is all there. A test begins when those of the one before it are forgotten.
beforeEach(() => settled(async () => expect((await connz(server)).total).toBe(0)));

describe('varz', () => {
  proves('5.2-01', 'has the fields of a single plain server', async () => {
    const response = await get(server, '/varz');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const text = await response.text();
    expect(text).toMatch(/^\{\n {2}"server_id": "N/);
    const { info } = await server.connect();
    const number = expect.any(Number) as number;
    const varz = JSON.parse(text) as Json;
    expect(varz).toMatchObject({
      server_id: info.server_id,
      server_name: 'mon',
      version: info.version,
      proto: 1,
      go: expect.any(String),
      host: '127.0.0.1',
      port: server.port,
      auth_required: true,
      http_host: '127.0.0.1',
      http_port: number,
      http_base_path: '',
      https_port: 0,
      max_control_line: 4096,
      max_pending: 67_108_864,
      tls_timeout: 2,
      write_deadline: 10_000_000_000,
      start: expect.stringMatching(time),
      now: expect.stringMatching(time),
      uptime: expect.stringMatching(/^(\d+[ydhm])*\d+s$/),
      mem: number,
      cores: number,
      gomaxprocs: number,
      cpu: number,
      connections: number,
      total_connections: number,
      routes: 0,
      remotes: 0,
      leafnodes: 0,
      slow_consumers: 0,
      stale_connections: 0,
      stalled_clients: 0,
      subscriptions: number,
      config_load_time: expect.stringMatching(time),
      config_digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      slow_consumer_stats: { clients: 0, routes: 0, gateways: 0, leafs: 0 },
      stale_connection_stats: { clients: 0, routes: 0, gateways: 0, leafs: 0 },
    });
    for (const unused of ['cluster', 'gateway', 'leaf', 'mqtt', 'websocket', 'jetstream']) {
      expect(varz[unused], unused).toEqual({});
    }
    for (const absent of ['tls_required', 'tls_verify', 'connect_urls', 'ip', 'max_subscriptions', 'write_timeout']) {
      expect(Object.keys(varz)).not.toContain(absent);
    }
  });

  proves('5.2-03', 'shows configured limits', async () => {
    expect(await getJson(server, '/varz')).toMatchObject({
      max_payload: 2000,
      max_connections: 77,
      ping_interval: 60_000_000_000,
      ping_max: 3,
      auth_timeout: 50,
    });
  });

  proves('5.2-02', 'counts connections, messages, bytes, subscriptions and requests', async () => {
    const client = await login({ headers: true });
    type Counters = Record<string, number> & { http_req_stats: Record<string, number> };
    const varz = () => getJson<Counters>(server, '/varz');
    const before = await varz();
    await client
      .exchange(
        `SUB a 1\r\nSUB a 2\r\n${pub('a', 'four')}${pub('none', '12345')}HPUB b 12 14\r\nNATS/1.0\r\n\r\nhi\r\n`,
        msg('a', 1, 'four') + msg('a', 2, 'four'),
      )
      .catch(async (error) => {
        // The two subscriptions may be served in any order.
        if (!String(error).includes('MSG a 2')) throw error;
        await client.readUntil((frame) => frame.op === 'PONG');
      });
    const after = await settled(async () => {
      const now = await varz();
      const grown = (key: string) => (now[key] as number) - (before[key] as number);
      const moved = (direction: string) => [grown(`${direction}_msgs`), grown(`${direction}_bytes`)];
      for (const client of ['', '_client']) {
        expect(moved(`in${client}`)).toEqual([3, 4 + 5 + 14]);
        expect(moved(`out${client}`)).toEqual([2, 8]);
      }
      expect(grown('subscriptions')).toBe(2);
      return now;
    });
    await login();
    const more = await varz();
    expect(more.connections).toBe((after.connections as number) + 1);
    expect(more.total_connections).toBe((after.total_connections as number) + 1);
    expect(more.http_req_stats['/varz']).toBe((after.http_req_stats['/varz'] as number) + 1);
  });
});

describe('connz', () => {
  proves('5.3-01', 'what a client has read is counted', async () => {
    const client = await login();
    await client.exchange('SUB counted 1\r\n', '');
    for (let count = 1; count <= 50; count++) {
      client.send(pub('counted', 'xyz'));
      await client.expect(msg('counted', 1, 'xyz'));
      const [entry] = (await connz(server, `?cid=${client.info.client_id}`)).connections;
      expect(entry).toMatchObject({ in_msgs: count, out_msgs: count, out_bytes: 3 * count });
    }
  });

  proves('5.3-01', 'lists open connections with their fields', async () => {
    const named = await login({ name: 'nm', lang: 'ts', version: '9.9' });
    const plain = await login();
    await named.exchange(`SUB c.> 1\r\nSUB d q 2\r\n${pub('c.a', 'four')}`, msg('c.a', 1, 'four'));
    const page = await settled(async () => {
      const page = await connz(server);
      expect(Object.keys(page)).toEqual([
        'server_id',
        'now',
        'num_connections',
        'total',
        'offset',
        'limit',
        'connections',
      ]);
      expect(page).toMatchObject({ num_connections: 2, total: 2, offset: 0, limit: 1024 });
      expect(page.now).toMatch(time);
      expect(cids(page)).toEqual([named.info.client_id, plain.info.client_id]);
      expect(page.connections[0]).toEqual({
        cid: named.info.client_id,
        kind: 'Client',
        type: 'nats',
        ip: '127.0.0.1',
        port: named.socket.localPort,
        start: expect.stringMatching(time),
        last_activity: expect.stringMatching(time),
        rtt: expect.stringMatching(/^[\d.]+(ns|µs|ms|s)$/),
        uptime: expect.stringMatching(/^\d+s$/),
        idle: expect.stringMatching(/^\d+s$/),
        pending_bytes: 0,
        in_msgs: 1,
        out_msgs: 1,
        in_bytes: 4,
        out_bytes: 4,
        subscriptions: 2,
        name: 'nm',
        lang: 'ts',
        version: '9.9',
      });
      return page;
    });
    for (const absent of ['name', 'lang', 'version', 'stalls', 'stop', 'reason', 'subscriptions_list']) {
      expect(Object.keys(page.connections[1] ?? {})).not.toContain(absent);
    }
  });

  proves('5.3-02', 'state: open, closed, all and any', async () => {
    const open = await login();
    const gone = await login({ name: 'gone' });
    const id = gone.info.client_id;
    await gone.exchange('SUB left 1\r\n', '');
    gone.destroy();
    await closedReason(server, id);
    const closed = await connz(server, '?state=closed&limit=10000');
    expect(closed.connections.find(({ cid }) => cid === id)).toMatchObject({
      name: 'gone',
      reason: 'Client Closed',
      stop: expect.stringMatching(time),
    });
    expect(cids(closed)).not.toContain(open.info.client_id);
    expect(cids(await connz(server, '?state=open'))).toEqual([open.info.client_id]);
    for (const state of ['all', 'any', 'ALL']) {
      const both = cids(await connz(server, `?state=${state}&limit=10000`));
      expect(both).toContain(id);
      expect(both).toContain(open.info.client_id);
    }
  });

  proves('5.3-03', 'cid, offset and limit', async () => {
    const clients: RawClient[] = [];
    for (let i = 0; i < 5; i++) clients.push(await login());
    const ids = clients.map((client) => client.info.client_id);
    const part = await connz(server, '?offset=1&limit=2');
    expect(part).toMatchObject({ num_connections: 2, total: 5, offset: 1, limit: 2 });
    expect(cids(part)).toEqual(ids.slice(1, 3));
    expect(cids(await connz(server, `?cid=${ids[3]}`))).toEqual([ids[3]]);
    expect(await connz(server, '?offset=99')).toMatchObject({ num_connections: 0, total: 5, connections: [] });
    expect((await connz(server, '?cid=999999')).connections).toEqual([]);
    expect(await connz(server, '?limit=-1')).toMatchObject({ num_connections: 5, limit: 1024 });
  });

  proves('5.3-04', 'sort orders', async () => {
    const clients: RawClient[] = [];
    for (let i = 0; i < 3; i++) clients.push(await login());
    const [a, b, c] = clients as [RawClient, RawClient, RawClient];
    // Distinct numbers for each counter, in a different order for what goes in and what comes out.
    await a.exchange('SUB s.a 1\r\n', '');
    await b.exchange('SUB s.b 1\r\nSUB s.z 2\r\nSUB s.y 3\r\n', '');
    await c.exchange('SUB s.c 1\r\nSUB s.x 2\r\n', '');
    await c.exchange(pub('s.a', 'x'.repeat(100)).repeat(3) + pub('s.b', 'x').repeat(2) + pub('none', 'x'), '');
    await a.ping();
    await a.exchange(pub('s.c', 'xy'), '');
    const order = async (sort: string, state = 'open') => cids(await connz(server, `?sort=${sort}&state=${state}`));
    const [ia, ib, ic] = clients.map((client) => client.info.client_id);
    await settled(async () => {
      const { connections } = await connz(server);
      const told = connections.map((entry) => [entry.in_msgs, entry.in_bytes, entry.out_msgs, entry.out_bytes]);
      expect(told).toEqual([
        [1, 2, 3, 300],
        [0, 0, 2, 2],
        [6, 303, 1, 2],
      ]);
    });
    expect(await order('cid')).toEqual([ia, ib, ic]);
    expect(await order('subs')).toEqual([ib, ic, ia]);
    expect(await order('msgs_from')).toEqual([ic, ia, ib]);
    expect(await order('bytes_from')).toEqual([ic, ia, ib]);
    expect(await order('msgs_to')).toEqual([ia, ib, ic]);
    // The other two got as many bytes as each other: either order is right.
    const byBytes = await connz(server, '?sort=bytes_to');
    expect(byBytes.connections.map((entry) => entry.out_bytes)).toEqual([300, 2, 2]);
    expect(cids(byBytes)[0]).toBe(ia);
    for (const sort of ['start', 'pending', 'last', 'idle', 'uptime', 'rtt']) {
      expect([...(await order(sort))].sort(), sort).toEqual([ia, ib, ic].sort());
    }
    for (const sort of ['stop', 'reason']) expect(Array.isArray(await order(sort, 'closed'))).toBe(true);
    // Closed connections are sorted among the open ones. The server remembers those of other tests, too.
    c.destroy();
    await closedReason(server, ic as number);
    const ofAll = async (sort: string) => (await order(sort, 'all')).filter((cid) => [ia, ib, ic].includes(cid));
    expect(await ofAll('msgs_from')).toEqual([ic, ia, ib]);
    expect(await ofAll('subs')).toEqual([ib, ic, ia]);
    expect(await ofAll('cid')).toEqual([ia, ib, ic]);
  });

  proves('5.3-05', 'auth adds user and account fields', async () => {
    const { info } = await login();
    const without = (await connz(server, `?cid=${info.client_id}`)).connections[0];
    expect(without?.authorized_user).toBeUndefined();
    expect(without?.account).toBeUndefined();
    for (const value of ['1', 'true', 'TRUE', 't']) {
      const entry = (await connz(server, `?cid=${info.client_id}&auth=${value}`)).connections[0];
      expect(entry?.authorized_user).toBe('u');
      expect(entry?.account).toBeUndefined();
      expect(entry?.name_tag).toBe('$G');
    }
  });

  proves('5.3-06', 'subs lists subscriptions, plain and in detail', async () => {
    const client = await login();
    await client.exchange(`SUB a.> 1\r\nSUB b q 2\r\nUNSUB 2 5\r\n${pub('a.b', 'x')}`, msg('a.b', 1, 'x'));
    const cid = client.info.client_id;
    const text = await (await get(server, `/connz?subs=1&cid=${cid}`)).text();
    expect(text).toContain('"a.\\u003e"');
    const listed = (JSON.parse(text) as { connections: { subscriptions_list: string[] }[] }).connections[0];
    expect(listed?.subscriptions_list.sort()).toEqual(['a.>', 'b']);
    const detail = (await connz(server, `?subs=detail&cid=${cid}`)).connections[0];
    expect(detail?.subscriptions_list).toBeUndefined();
    const list = detail?.subscriptions_list_detail as { sid: string }[];
    expect(list.sort((x, y) => x.sid.localeCompare(y.sid))).toEqual([
      { subject: 'a.>', sid: '1', msgs: 1, cid },
      { subject: 'b', qgroup: 'q', sid: '2', msgs: 0, max: 5, cid },
    ]);
  });

  proves('5.3-06', 'subs lists what closed connections were subscribed to', async () => {
    const client = await login();
    const cid = client.info.client_id;
    await client.exchange(`SUB left 1\r\nSUB here q 2\r\n${pub('left', 'x')}`, msg('left', 1, 'x'));
    client.destroy();
    await closedReason(server, cid);
    const query = `state=closed&cid=${cid}`;
    const plain = (await connz(server, `?${query}`)).connections[0];
    expect(plain?.subscriptions).toBe(2);
    expect(Object.keys(plain ?? {}).filter((key) => key.startsWith('subscriptions_list'))).toEqual([]);
    const listed = (await connz(server, `?${query}&subs=1`)).connections[0]?.subscriptions_list as string[];
    expect(listed.sort()).toEqual(['here', 'left']);
    const detail = (await connz(server, `?${query}&subs=detail`)).connections[0];
    const list = detail?.subscriptions_list_detail as { sid: string }[];
    expect(list.sort((x, y) => x.sid.localeCompare(y.sid))).toEqual([
      { account: '$G', account_tag: '$G', subject: 'left', sid: '1', msgs: 1, cid },
      { account: '$G', account_tag: '$G', subject: 'here', qgroup: 'q', sid: '2', msgs: 0, cid },
    ]);
  });

  const bad: [string, string][] = [
    ['limit=x', `Error decoding int for 'limit': strconv.Atoi: parsing "x": invalid syntax`],
    ['offset=x', `Error decoding int for 'offset': strconv.Atoi: parsing "x": invalid syntax`],
    ['cid=x', `Error decoding uint64 for 'cid': strconv.ParseUint: parsing "x": invalid syntax`],
    ['subs=x', `Error decoding boolean for 'subs': strconv.ParseBool: parsing "x": invalid syntax`],
    ['auth=x', `Error decoding boolean for 'auth': strconv.ParseBool: parsing "x": invalid syntax`],
    ['state=zz', 'Error decoding state for zz'],
    ['sort=foo', 'invalid sorting option: foo'],
    ['sort=stop', 'sort by stop only valid on closed connections'],
    ['sort=reason', 'sort by reason only valid on closed connections'],
  ];
  for (const [query, text] of bad) {
    proves('5.3-07', `?${query} is refused`, async () => {
      const response = await get(server, `/connz?${query}`);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect((await response.text()).trim()).toBe(text);
    });
  }
});
