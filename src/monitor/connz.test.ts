/** `/connz` on a real listener and a scripted broker: what it asks the data plane, and what it makes of the answers. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { goJson } from '../http/go-format.js';
import type { ConnectionInfo } from '../native/contract.js';
import { connection } from '../native/testing/fake-addon.js';
import { MonitorServer } from './server.js';
import { FakeSource, SUBSCRIPTIONS } from './testing/fake-source.js';

let source: FakeSource;
let monitor: MonitorServer;
let base: string;

beforeEach(() => {
  source = new FakeSource();
});
beforeAll(async () => {
  monitor = await MonitorServer.listen({ host: '127.0.0.1', port: 0, basePath: '' }, () => source);
  base = `http://127.0.0.1:${monitor.port}`;
});
afterAll(() => monitor.close());

async function connz(query = '') {
  const body = (await (await fetch(`${base}/connz${query}`)).json()) as {
    connections: (ConnectionInfo & Record<string, unknown>)[];
    [field: string]: unknown;
  };
  return { ...body, cids: body.connections?.map(({ cid }) => cid) };
}

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
      { account: '$G', account_tag: '$G', subject: 'last', qgroup: 'q', sid: '7', msgs: 0, cid: 9 },
    ]);
  });

  it('lists subscriptions, plainly or in detail', async () => {
    expect((await connz('?subs=1')).connections.map((c) => c.subscriptions_list)).toEqual([
      undefined,
      ['a.>', 'b'],
      ['c'],
    ]);
    expect(source.takeSubscriptionQuery()).toEqual({
      cids: Float64Array.of(1, 2, 3),
      offset: 0,
      limit: Number.MAX_SAFE_INTEGER,
    });
    source.foundSubscriptions = SUBSCRIPTIONS.slice(0, 2);
    expect((await connz('?subs=detail&cid=2')).connections[0]?.subscriptions_list_detail).toEqual([
      { subject: 'a.>', sid: '1', msgs: 4, cid: 2 },
      { subject: 'b', qgroup: 'q', sid: '2', msgs: 0, max: 5, cid: 2 },
    ]);
  });

  it.each([
    ['', 'cid'],
    ['cid', 'cid'],
    ['start', 'cid'],
    ['subs', 'subs'],
    ['pending', 'pending'],
    ['msgs_from', 'msgs_from'],
    ['msgs_to', 'msgs_to'],
    ['bytes_from', 'bytes_from'],
    ['bytes_to', 'bytes_to'],
    ['rtt', 'rtt'],
    ['last', 'last'],
    ['idle', 'idle'],
    ['uptime', 'uptime'],
  ])('sort=%s: asks the data plane for the order %s and keeps it', async (sort, order) => {
    source.found = { total: 3, cids: [2, 3, 1], keys: [-9, -5, -1] };
    expect((await connz(`?sort=${sort}`)).cids).toEqual([2, 3, 1]);
    expect(source.takeConnectionQuery()).toEqual({ order, limit: 1024, nowMs: expect.any(Number) });
  });

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
    source.found = { total: 3, cids: [1, 2], keys: [1, 2] };
    expect(await connz('?offset=1&limit=1')).toMatchObject({ num_connections: 1, total: 3, cids: [2], limit: 1 });
    expect(source.takeConnectionQuery()).toMatchObject({ limit: 2 });
    source.found = { total: 3, cids: [1, 2, 3], keys: [1, 2, 3] };
    expect(await connz('?offset=9')).toMatchObject({ num_connections: 0, total: 3, connections: [], offset: 9 });
    expect(source.takeConnectionQuery()).toMatchObject({ limit: 1033 });
    expect(await connz('?offset=-9&limit=-1')).toMatchObject({ num_connections: 3, offset: 0, limit: 1024 });
  });

  it('asks for the connections of a user or account', async () => {
    source.found = { total: 3, cids: [3], keys: [3] };
    expect(await connz('?user=ann')).toMatchObject({ cids: [3], total: 3 });
    expect(source.takeConnectionQuery()).toMatchObject({ user: 'ann', limit: 1024 });
    source.found = { total: 1, cids: [1], keys: [1] };
    expect(await connz('?acc=OTHER')).toMatchObject({ cids: [1], total: 1 });
    expect(source.takeConnectionQuery()).toMatchObject({ account: 'OTHER' });
    await connz('?acc=$G');
    expect(source.takeConnectionQuery()).toMatchObject({ account: '$G' });
  });

  it('asks nothing about an unknown account', async () => {
    expect(await connz('?acc=NONE')).toMatchObject({ server_id: '', connections: null, num_connections: 0 });
    expect(source.takeConnectionQuery()).toBeUndefined();
  });

  it('shows one connection by its number', async () => {
    source.found = { total: 3, cids: [], keys: [] };
    expect(await connz('?cid=2')).toMatchObject({ num_connections: 1, total: 3, limit: 1, cids: [2] });
    expect(source.takeConnectionQuery()).toMatchObject({ limit: 0 });
    expect(await connz('?cid=9')).toMatchObject({ num_connections: 0, connections: [] });
    expect(await connz('?cid=9&state=all')).toMatchObject({ cids: [9] });
  });

  it('finds no MQTT clients', async () => {
    expect(await connz('?mqtt_client=x')).toMatchObject({ connections: [] });
  });

  it('merges open and closed connections by their keys, equal ones by number', async () => {
    source.found = { total: 3, cids: [1, 2, 3], keys: [-9, -7, 0] };
    expect((await connz('?state=all&sort=msgs_from')).cids).toEqual([1, 8, 2, 3, 9]);
    expect((await connz('?state=all&sort=msgs_from&offset=1&limit=2')).cids).toEqual([8, 2]);
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

describe('a long page of /connz', () => {
  const MANY = Array.from({ length: 2500 }, (_, at) => connection(at + 1, { name: 'a"<b' }));
  const numbers = MANY.map(({ cid }) => cid);
  beforeEach(() => {
    source.open = MANY;
    source.found = { total: MANY.length, cids: numbers, keys: numbers };
  });

  it('is the same text as a short one', async () => {
    const text = await (await fetch(`${base}/connz?limit=9999`)).text();
    const parsed = JSON.parse(text) as { num_connections: number; connections: { cid: number }[] };
    expect(parsed.num_connections).toBe(2500);
    expect(parsed.connections.map(({ cid }) => cid)).toEqual(numbers);
    expect(text).toBe(goJson(parsed));
  });

  it('leaves out connections that were closed meanwhile', async () => {
    source.open = MANY.filter(({ cid }) => cid < 1000 || cid > 2300);
    const text = await (await fetch(`${base}/connz?limit=9999`)).text();
    const parsed = JSON.parse(text) as { connections: object[] };
    expect(parsed.connections).toHaveLength(999 + 200);
    expect(text).toBe(goJson(parsed));
  });

  it('has closed connections among the open ones', async () => {
    source.found.keys = numbers.map(() => 0);
    const { cids } = await connz('?limit=9999&state=all&sort=msgs_from');
    // The counter of 8 is the only one above zero; 9 stands between the open ones of the same number.
    expect(cids.slice(0, 3)).toEqual([8, 1, 2]);
    expect(cids).toHaveLength(2502);
  });
});
