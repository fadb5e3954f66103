/** Sections 5.1 and 5.4-5.8 on one server: index page, base path, counting of requests, health, metrics. */
import { describe, expect } from 'vitest';
import { settled, until } from '../support/deadline.js';
import { get, getJson, type Json } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, msg, pub, RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer, underReference, useServer } from '../support/server.js';

describe('one server', () => {
  const server = useServer({ monitor: true });

  proves('5.1-05', 'requests are counted by path', async () => {
    for (const path of ['/', '/subsz', '/subscriptionsz', '/connz?limit=x', '/accstatz', '/stacksz']) {
      await get(server, path);
    }
    const { http_req_stats } = await getJson<{ http_req_stats: Record<string, number> }>(server, '/varz');
    expect(http_req_stats).toEqual({ '/': 1, '/accstatz': 1, '/subsz': 2, '/varz': 1 });
  });

  proves('5.1-06', 'callback is ignored', async () => {
    for (const path of ['/varz', '/connz', '/healthz']) {
      const response = await get(server, `${path}?callback=f`);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect((await response.text()).startsWith('{')).toBe(true);
    }
  });

  proves(['5.4-01', '5.6-01'], 'the index and the account are counted', async () => {
    const counts = async () => {
      const subsz = await getJson<Record<string, number>>(server, '/subsz?acc=$G');
      const { account_statz } = await getJson<{ account_statz: Account[] }>(server, '/accstatz?unused=1');
      return { subsz, account: account_statz.find(({ acc }) => acc === '$G') as Account };
    };
    const before = await counts();
    const client = await server.open();
    await client.exchange(`SUB a 1\r\nSUB b 2\r\nUNSUB 2\r\n${pub('a', 'four')}`, msg('a', 1, 'four'));
    await settled(async () => {
      const after = await counts();
      const grown = (key: string) => Number(after.subsz[key]) - Number(before.subsz[key]);
      expect([grown('num_subscriptions'), grown('num_inserts'), grown('num_removes')]).toEqual([1, 2, 1]);
      expect(grown('num_matches')).toBeGreaterThan(0);
      expect(after.account.conns).toBe(1);
      expect(after.account.sent).toMatchObject({
        msgs: before.account.sent.msgs + 1,
        bytes: before.account.sent.bytes + 4,
      });
      expect(after.account.received).toMatchObject({ msgs: before.account.received.msgs + 1 });
    });
  });

  proves('5.7-01', 'healthz is compact', async () => {
    const response = await get(server, '/healthz');
    expect([response.status, await response.text()]).toEqual([200, '{"status":"ok"}']);
    const bad = await get(server, '/healthz?stream=S');
    const error = '"account" must not be empty when checking stream health';
    expect([bad.status, await bad.text()]).toEqual([400, JSON.stringify({ status: 'error', error })]);
  });

  proves(
    '5.1-07',
    'metrics follow the counters',
    async () => {
      const client = await server.open();
      await client.exchange(`SUB m 1\r\n${pub('m', 'four')}`, msg('m', 1, 'four'));
      const { server_id } = await getJson(server, '/varz');
      const value = async (name: string) => {
        const line = (await (await get(server, '/metrics')).text())
          .split('\n')
          .find((text) => text.startsWith(`${name}{server_id="${server_id}"} `));
        return line && Number(line.split(' ')[1]);
      };
      // Clients of the tests before may still be on their way out.
      await settled(async () => {
        const names = ['num_connections', 'subscriptions', 'in_msgs', 'in_bytes', 'out_msgs', 'out_bytes'];
        const told = await Promise.all(names.map((name) => value(`gnatsd_connz_${name}`)));
        expect(told).toEqual([1, 1, 1, 4, 1, 4]);
      });
      const varz = await getJson<Record<string, number>>(server, '/varz');
      for (const key of ['in_msgs', 'out_bytes', 'total_connections', 'max_payload', 'subscriptions']) {
        expect(await value(`gnatsd_varz_${key}`), key).toBe(varz[key]);
      }
      expect(await value('gnatsd_varz_start')).toBe(Date.parse(String(varz.start)));
      client.destroy();
      await until(
        async () => ((await value('gnatsd_connz_num_connections')) === 0 ? true : undefined),
        'the end of the connection in the metrics',
      );
      // What it moved stays in the totals of the server only.
      expect(await value('gnatsd_connz_out_msgs')).toBe(0);
      expect(await value('gnatsd_varz_out_msgs')).toBe(varz.out_msgs);
    },
    { oursOnly: 'the reference needs the exporter for them' },
  );
});

interface Page {
  offset: number;
  limit: number;
  total: number;
  subscriptions_list?: Json[];
}

interface Account {
  acc: string;
  conns: number;
  sent: { msgs: number; bytes: number };
  received: { msgs: number; bytes: number };
}

describe('servers of their own', () => {
  endServersAfterEach();

  proves('5.1-03', 'a path with doubled slashes redirects', async () => {
    const server = await TestServer.start({ monitor: true });
    const url = `http://127.0.0.1:${server.monitorPort}//varz?a=1`;
    const response = await fetch(url, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([307, '/varz?a=1']);
  });

  proves('5.4-02', 'subscriptions in pages and by subject', async () => {
    const server = await TestServer.start({ monitor: true });
    const client = await server.open();
    await client.exchange('SUB p.* 1\r\nSUB p.a q 2\r\nSUB other 3\r\nUNSUB 3 7\r\nPING\r\n', 'PONG\r\n');
    const page = async (query: string) => {
      const body = await getJson<Page>(server, `/subsz?acc=$G&subs=1&${query}`);
      return { ...body, sids: body.subscriptions_list?.map(({ sid }) => sid) };
    };
    const cid = client.info.client_id;
    // The reference has subscriptions of its own in the account.
    const own = (await page('limit=99')).subscriptions_list?.filter((one) => one.cid === cid);
    const bySid = own?.sort((a, b) => Number(a.sid) - Number(b.sid));
    const shared = { account: '$G', account_tag: '$G', msgs: 0, cid };
    expect(bySid).toEqual([
      { ...shared, subject: 'p.*', sid: '1' },
      { ...shared, subject: 'p.a', qgroup: 'q', sid: '2' },
      { ...shared, subject: 'other', sid: '3', max: 7 },
    ]);
    const pages = [await page('test=p.a&offset=0&limit=1'), await page('test=p.a&offset=1&limit=1')];
    expect(pages.flatMap(({ sids }) => sids).sort()).toEqual(['1', '2']);
    expect(pages.map(({ offset, limit, total }) => [offset, limit, total])).toEqual([
      [0, 1, 2],
      [1, 1, 2],
    ]);
    expect((await page('test=p.b')).sids).toEqual(['1']);
    expect(await page('test=none')).not.toHaveProperty('subscriptions_list');
  });

  proves('5.8-01', 'endpoints about the process have their form', async () => {
    const server = await TestServer.start({ monitor: true });
    const vars = await get(server, '/debug/vars');
    expect(vars.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { cmdline, memstats } = (await vars.json()) as { cmdline: string[]; memstats: Record<string, unknown> };
    expect(cmdline).toContain('-p');
    expect(memstats.HeapAlloc).toBeGreaterThan(0);
    expect(memstats.PauseNs).toHaveLength(256);
    const queues = await get(server, '/ipqueuesz?all=1');
    expect(queues.headers.get('content-type')).toBe('application/json');
    for (const queue of Object.values((await queues.json()) as Json)) {
      expect(queue).toMatchObject({ pending: expect.any(Number) });
    }
    const stacks = await get(server, '/stacksz');
    expect(stacks.headers.get('content-type')).toBe('application/json');
    expect(await stacks.text()).toContain('[running]');
  });

  proves('5.1-04', 'http_base_path prefixes every path', async () => {
    for (const [written, prefix] of [
      ['"/nats"', '/nats'],
      ['"my/base/"', '/my/base'],
    ]) {
      const server = await TestServer.start({ monitor: true, config: `http_base_path: ${written}\n` });
      expect((await get(server, `${prefix}/varz`)).status).toBe(200);
      expect((await get(server, '/varz')).status).toBe(404);
      expect((await get(server, '/')).status).toBe(404);
      const page = await get(server, prefix as string);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      const links = [...(await page.text()).matchAll(/href="?(\.\/[^\s">]+)/g)].map(([, link]) => link as string);
      expect(links.length).toBeGreaterThan(11);
      for (const link of links) {
        // As a browser resolves it; those of the reference are right for a prefix of one part only.
        const path = underReference ? link.slice(1) : new URL(link, page.url).pathname;
        expect((await get(server, path)).status, path).toBe(path.endsWith('/raftz') ? 404 : 200);
      }
    }
  });

  proves('5.3-02', 'who was refused is remembered by what it said of itself', async () => {
    const server = await TestServer.start({
      monitor: true,
      config: 'authorization { timeout: 60, user: u, password: pw }\n',
    });
    const stranger = await RawClient.connect(server.port);
    stranger.send(connectLine({ user: 'who', pass: 'wrong', name: 'stranger', lang: 'ts', version: '3' }));
    await stranger.drainUntilClosed();
    const page = await until(async () => {
      const closed = await getJson<{ connections: Json[] }>(server, '/connz?state=closed&auth=1');
      return closed.connections.length > 0 ? closed : undefined;
    }, 'the closed connection');
    expect(page.connections[0]).toMatchObject({
      reason: 'Authentication Failure',
      name: 'stranger',
      lang: 'ts',
      version: '3',
      authorized_user: 'who',
    });
    for (const absent of ['account', 'name_tag']) expect(page.connections[0]).not.toHaveProperty(absent);
  });

  proves('1.13-07', 'healthz is unhealthy in lame duck mode', async () => {
    const server = await TestServer.start({
      monitor: true,
      config: 'lame_duck_duration: "30s"\nlame_duck_grace_period: "20s"\n',
    });
    await server.open();
    server.kill('SIGUSR2');
    await server.waitForLog(/Entering lame duck mode/);
    const answer = await until(async () => {
      const response = await get(server, '/healthz');
      return response.status === 200 ? undefined : response;
    }, 'an unhealthy answer');
    const error = 'failed to be ready for connections after 1ms: server';
    expect([answer.status, (await answer.json()) as Json]).toEqual([500, { status: 'error', error }]);
    await server.waitForLog(/\[WRN\] Healthcheck failed: "failed to be ready/);
    expect((await get(server, '/varz')).status).toBe(200);
  });
});
