import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfigText, resolveOptions } from '../config/index.js';
import { connection } from '../native/testing/fake-addon.js';
import { MonitorServer } from './server.js';
import { FakeSource, SUBSCRIPTIONS } from './testing/fake-source.js';

const INT64_MAX = '9223372036854775807';
const BIG_NUMBERS = `max_connections: ${INT64_MAX}, max_subscriptions: ${INT64_MAX}, max_pending: ${INT64_MAX}
  ping_max: ${INT64_MAX}, ping_interval: "${INT64_MAX}ns", write_deadline: "9223372036s"`;

let source: FakeSource;
let monitor: MonitorServer;
let base: string;

beforeEach(() => {
  source = new FakeSource();
});
beforeAll(async () => {
  monitor = await MonitorServer.listen({ host: '127.0.0.1', port: 0, basePath: '/nats' }, () => source);
  base = `http://127.0.0.1:${monitor.port}/nats`;
});
afterAll(() => monitor.close());

async function read<T>(path: string): Promise<T> {
  return (await (await fetch(`${base}/${path}`)).json()) as T;
}

describe('the listener', () => {
  it('serves a page that links what there is', async () => {
    const response = await fetch(base);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    const links = [...page.matchAll(/href="(.*?)"/g)].map(([, path]) => path as string);
    expect(links).toHaveLength(13);
    for (const link of links) {
      // As a browser resolves it, from a page whose path has no slash at the end.
      const { status } = await fetch(new URL(link, base));
      expect(status, link).toBe(link.endsWith('raftz') ? 404 : 200);
    }
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
  it('shows numbers of 64 bits to the last digit', async () => {
    Object.assign(source, { options: resolveOptions(loadConfigText(BIG_NUMBERS, 'F').options) });
    const text = await (await fetch(`${base}/varz`)).text();
    for (const name of ['max_connections', 'max_subscriptions', 'max_pending', 'ping_max', 'ping_interval']) {
      expect(text).toContain(`"${name}": 9223372036854775807,`);
    }
    expect(text).toContain('"write_deadline": 9223372036000000000,');
    expect((await fetch(`${base}/metrics`)).status).toBe(200);
  });

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
        'config_load_time config_digest tags metadata feature_flags system_account slow_consumer_stats stale_connection_stats ' +
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
      tags: ['zone:a', 'b'],
      metadata: { rack: '7' },
      feature_flags: { js_ack_fc_v2: true, js_raft_delete_range: true },
      slow_consumer_stats: { clients: 2, routes: 0, gateways: 0, leafs: 0 },
    });
    const hits = (varz: unknown) => (varz as { http_req_stats: Record<string, number> }).http_req_stats['/varz'];
    expect(hits(body)).toBe((hits(before) ?? 0) + 1);
  });
});

describe('/subsz', () => {
  const subsz = (query = '') => read<object>(`subsz${query}`);

  it('sums up the index', async () => {
    const body = await subsz();
    expect(Object.keys(body).join(' ')).toBe(
      'server_id now num_subscriptions num_cache num_inserts num_removes num_matches cache_hit_rate max_fanout ' +
        'avg_fanout total offset limit',
    );
    expect(body).toMatchObject({
      num_subscriptions: 3,
      num_cache: 4,
      num_inserts: 5,
      num_removes: 2,
      num_matches: 8,
      cache_hit_rate: 0.25,
      max_fanout: 3,
      avg_fanout: 1.5,
      total: 0,
      offset: 0,
      limit: 1024,
    });
    expect(await (await fetch(`${base}/subscriptionsz`)).json()).toMatchObject({ num_inserts: 5 });
    expect(await subsz('?acc=OTHER')).toMatchObject({ num_inserts: 0, cache_hit_rate: 0, avg_fanout: 0 });
  });

  it('lists subscriptions in pages', async () => {
    source.foundSubscriptions = SUBSCRIPTIONS.slice(1, 2);
    expect(await subsz('?subs=1&offset=1&limit=1')).toMatchObject({
      total: 3,
      offset: 1,
      limit: 1,
      subscriptions_list: [
        { account: '$G', account_tag: '$G', subject: 'b', qgroup: 'q', sid: '2', msgs: 0, max: 5, cid: 2 },
      ],
    });
    expect(source.takeSubscriptionQuery()).toEqual({ offset: 1, limit: 1 });
  });

  it('asks for the subscriptions of a subject or account', async () => {
    await subsz('?subs=1&test=c');
    expect(source.takeSubscriptionQuery()).toEqual({ offset: 0, limit: 1024, subject: 'c' });
    source.foundSubscriptions = [];
    source.matchingSubscriptions = 0;
    const none = await subsz('?subs=1&acc=OTHER');
    expect(source.takeSubscriptionQuery()).toEqual({ offset: 0, limit: 1024, account: 'OTHER' });
    expect(none).toMatchObject({ total: 0 });
    expect(none).not.toHaveProperty('subscriptions_list');
  });

  it.each(['a.*', '>', 'a..b', '.a', 'a b'])('refuses to test %j', async (subject) => {
    const response = await fetch(`${base}/subsz?test=${encodeURIComponent(subject)}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toBe(`invalid test subject, must be valid publish subject: ${subject}`);
  });
});

describe('/accountz and /accstatz', () => {
  it('names accounts, and tells all of one', async () => {
    expect(await (await fetch(`${base}/accountz`)).json()).toMatchObject({ accounts: ['$G', 'OTHER', 'UNUSED'] });
    const { account_detail } = await read<{ account_detail: object }>('accountz?acc=$G');
    expect(account_detail).toMatchObject({
      account_name: '$G',
      update_time: '2026-11-21T01:20:00Z',
      complete: true,
      client_connections: 2,
      subscriptions: 3,
      name_tag: '$G',
      sublist_stats: { num_subscriptions: 3, num_inserts: 5 },
    });
    const unknown = await fetch(`${base}/accountz?acc=NOPE`);
    expect([unknown.status, await unknown.text()]).toEqual([400, 'Account NOPE does not exist']);
  });

  it('counts what accounts move; unused ones when asked', async () => {
    const names = async (query: string) => {
      const body = await read<{ account_statz: { acc: string }[] }>(`accstatz${query}`);
      return body.account_statz.map(({ acc }) => acc);
    };
    expect(await names('')).toEqual(['$G', 'OTHER']);
    expect(await names('?unused=1')).toEqual(['$G', 'OTHER', 'UNUSED']);
    const none = { msgs: 0, bytes: 0 };
    expect((await read<{ account_statz: object[] }>('accstatz')).account_statz[0]).toEqual({
      acc: '$G',
      name: '$G',
      conns: 2,
      leafnodes: 0,
      total_conns: 2,
      num_subscriptions: 3,
      sent: { msgs: 4, bytes: 40, gateways: none, routes: none, leafs: none },
      received: { msgs: 12, bytes: 120, gateways: none, routes: none, leafs: none },
      slow_consumers: 2,
    });
  });
});

describe('/healthz', () => {
  const ask = async (query = '') => {
    const response = await fetch(`${base}/healthz${query}`);
    return [response.status, await response.text()];
  };

  it('is fine', async () => {
    const response = await fetch(`${base}/healthz`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await ask()).toEqual([200, '{"status":"ok"}']);
    expect(await ask('?js-enabled-only=1&details=t&account=A&stream=S&consumer=C')).toEqual([200, '{"status":"ok"}']);
  });

  it('fails when clients can no longer connect', async () => {
    source.ready = false;
    const error = 'failed to be ready for connections after 1ms: server';
    expect(await ask()).toEqual([500, JSON.stringify({ status: 'error', error })]);
    const errors = [{ type: 'CONNECTION', error }];
    expect(await ask('?details=true')).toEqual([500, JSON.stringify({ status: 'error', errors })]);
    expect(source.warnings).toEqual([`Healthcheck failed: "${error}"`, 'Healthcheck failed: 1 errors']);
  });

  it('says what a question lacks', async () => {
    const error = '"account" must not be empty when checking stream health';
    expect(await ask('?stream=S')).toEqual([400, JSON.stringify({ status: 'error', error })]);
    const errors = [{ type: 'BAD_REQUEST', error: '"stream" must not be empty when checking consumer health' }];
    expect(await ask('?consumer=S&details=1')).toEqual([400, JSON.stringify({ status: 'error', errors })]);
    await ask('?js-enabled=1');
    expect(source.warnings).toEqual([
      'Healthcheck failed: "\\"account\\" must not be empty when checking stream health"',
      'Healthcheck failed: 1 errors',
      'Healthcheck: js-enabled deprecated, use js-enabled-only instead',
    ]);
  });
});

describe('endpoints of what there is not', () => {
  it.each([
    ['routez', { server_name: 'me', num_routes: 0, routes: [] }],
    ['routez?subs=detail', { routes: [] }],
    ['gatewayz?accs=1', { outbound_gateways: {}, inbound_gateways: {} }],
    ['leafz?subs=1', { leafnodes: 0, leafs: [] }],
    ['jsz?accounts=1', { disabled: true, config: { max_memory: 0, max_storage: 0 }, total: 0 }],
  ])('%s', async (path, content) => {
    expect(await (await fetch(`${base}/${path}`)).json()).toMatchObject({ server_id: 'NSERVER', ...content });
  });

  it.each([
    ['routez?subs=x', 400, `Error decoding boolean for 'subs': strconv.ParseBool: parsing "x": invalid syntax`],
    [
      'leafz?subs=detail',
      400,
      `Error decoding boolean for 'subs': strconv.ParseBool: parsing "detail": invalid syntax`,
    ],
    ['gatewayz?accs=x', 400, `Error decoding boolean for 'accs': strconv.ParseBool: parsing "x": invalid syntax`],
    ['jsz?limit=x', 400, `Error decoding int for 'limit': strconv.Atoi: parsing "x": invalid syntax`],
    ['jsz?leader-only=1', 400, 'filtered response: not leader'],
    ['accstatz?unused=x', 400, `Error decoding boolean for 'unused': strconv.ParseBool: parsing "x": invalid syntax`],
    ['ipqueuesz?all=x', 400, `Error decoding boolean for 'all': strconv.ParseBool: parsing "x": invalid syntax`],
    ['raftz', 404, 'No Raft nodes registered'],
  ])('%s is refused', async (path, status, text) => {
    const response = await fetch(`${base}/${path}`);
    expect([response.status, await response.text()]).toEqual([status, text]);
  });
});

describe('the process', () => {
  it('tells of its queues', async () => {
    const text = async (query: string) => (await fetch(`${base}/ipqueuesz${query}`)).text();
    expect(await text('')).toBe('{\n   "reactor 0 inbox": {\n      "pending": 3\n   }\n}');
    expect(JSON.parse(await text('?all=1'))).toEqual({
      'control plane events': { pending: 0 },
      'reactor 0 inbox': { pending: 3 },
    });
    expect(await text('?all=1&queues=none')).toBe('{}');
  });

  it('tells of its stacks', async () => {
    const text = await (await fetch(`${base}/stacksz`)).text();
    expect(text).toContain('main thread [running]');
    expect(text).toContain('stacksz');
  });

  it('tells of its memory as Go does', async () => {
    const response = await fetch(`${base}/debug/vars`);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    type Vars = { cmdline: string[]; memstats: { HeapAlloc: number; HeapSys: number; Sys: number; PauseNs: number[] } };
    const { cmdline, memstats } = (await response.json()) as Vars;
    expect(cmdline[0]).toBe(process.argv[0]);
    expect(memstats.HeapAlloc).toBeGreaterThan(0);
    expect(memstats.Sys).toBeGreaterThan(memstats.HeapSys);
    expect(memstats.PauseNs).toHaveLength(256);
  });

  it('keeps secrets of the command line', async () => {
    const { argv } = process;
    process.argv = [
      'nats-turbo',
      '--user',
      'u',
      '--pass',
      'p',
      '-auth=t',
      '--routes',
      'nats://u:p@host',
      '--port',
      '1',
    ];
    try {
      const { cmdline } = (await (await fetch(`${base}/debug/vars`)).json()) as { cmdline: string[] };
      const hidden = '[REDACTED]';
      expect(cmdline.join(' ')).toBe(
        `nats-turbo --user ${hidden} --pass ${hidden} -auth=${hidden} --routes nats://${hidden}@host --port 1`,
      );
    } finally {
      process.argv = argv;
    }
  });
});

describe('/metrics', () => {
  it('has the names, labels and types of the exporter', async () => {
    const response = await fetch(`${base}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = (await response.text()).split('\n');
    for (const line of [
      '# HELP gnatsd_varz_connections connections',
      '# TYPE gnatsd_varz_connections gauge',
      'gnatsd_varz_connections{server_id="NSERVER"} 3',
      'gnatsd_varz_server_name{server_id="NSERVER",value="me"} 1',
      'gnatsd_varz_version{server_id="NSERVER",value="2.15.2"} 1',
      'gnatsd_varz_start{server_id="NSERVER"} 1795224000000',
      'gnatsd_varz_slow_consumer_stats_clients{server_id="NSERVER"} 2',
      '# TYPE gnatsd_connz_in_msgs counter',
      'gnatsd_connz_in_msgs{server_id="NSERVER"} 21',
      'gnatsd_connz_pending_bytes{server_id="NSERVER"} 77',
      'gnatsd_connz_total{server_id="NSERVER"} 3',
      'gnatsd_subsz_cache_hit_rate{server_id="NSERVER"} 0.25',
      'gnatsd_routez_num_routes{server_id="NSERVER"} 0',
      'gnatsd_leafz_conn_nodes_total{server_id="NSERVER"} 0',
      'gnatsd_healthz_status{server_id="NSERVER"} 0',
      'gnatsd_healthz_status_value{server_id="NSERVER",value="ok"} 1',
      'gnatsd_accstatz_sent_bytes{server_id="NSERVER",account="$G",account_id="$G",account_name="$G"} 40',
      'jetstream_server_jetstream_disabled{server_id="NSERVER",server_name="me",cluster="",domain="",meta_leader="",is_meta_leader="true"} 1',
      'gnatsd_accountz_client_connections{server_id="NSERVER",account_id="OTHER",account_name="OTHER"} 1',
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.some((line) => /^gnatsd_varz_http_req_stats_metrics\{.*\} \d+$/.test(line))).toBe(true);
    const families = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
    expect(families).toEqual([...new Set(families)].sort());
  });
});

describe('requests that come at the same time', () => {
  /** In one piece, so that all of them are there in one turn of the event loop. */
  async function ask(...paths: string[]): Promise<string[]> {
    const requests = paths.map((path) => `GET /nats/${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    let got = '';
    await new Promise<void>((resolve, reject) => {
      const socket = connect(monitor.port, '127.0.0.1');
      socket.end(requests.join(''));
      socket.setEncoding('utf8').on('data', (data) => {
        got += data;
      });
      socket.on('close', () => resolve()).on('error', reject);
    });
    return got.split(/HTTP\/1\.1 (?=\d{3} )/).slice(1);
  }
  const body = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);
  const hits = async (path: string) => {
    const { http_req_stats } = await read<{ http_req_stats: Record<string, number> }>('varz');
    return http_req_stats[path] ?? 0;
  };

  it('get one answer, each is counted, and the order is kept', async () => {
    const before = await hits('/varz');
    const answers = await ask('varz', 'healthz', 'connz?limit=1', 'varz', 'connz?limit=x', 'varz');
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(['200', '200', '200', '200', '400', '200']);
    const [first = '', health = '', , third = '', , last = ''] = answers.map(body);
    expect(health).toBe('{"status":"ok"}');
    expect(third).toBe(first);
    expect(last).toBe(first);
    const { http_req_stats } = JSON.parse(first) as { http_req_stats: Record<string, number> };
    expect(http_req_stats['/varz']).toBe(before + 3);
  });

  it('are counted only if they were valid, where the reference does so', async () => {
    const before = await hits('/connz');
    await ask('connz', 'connz?limit=x', 'connz', 'connz?limit=x');
    expect(await hits('/connz')).toBe(before + 2);
  });

  it('may have long answers', async () => {
    const many = Array.from({ length: 300 }, (_, at) => at + 1);
    source.open = many.map((cid) => connection(cid));
    source.found = { total: many.length, cids: many, keys: many };
    const answers = await ask('connz', 'connz');
    expect(answers.map((answer) => answer.match(/"cid"/g)?.length)).toEqual([300, 300]);
  });
});

describe('clients of the listener', () => {
  it('are sent to the tidy path', async () => {
    const response = await fetch(`${base}//./x/../varz?a=1`, { redirect: 'manual' });
    // fetch resolves dots itself; the double slash reaches the server.
    expect([response.status, response.headers.get('location')]).toEqual([307, '/nats/varz?a=1']);
    expect((await fetch(`${base}//varz`)).status).toBe(200);
  });

  it('may use any method, and write paths with escapes', async () => {
    expect((await fetch(`${base}/healthz`, { method: 'POST', body: 'x' })).status).toBe(200);
    const head = await fetch(`${base}/healthz`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '15']);
    expect((await fetch(`${base}/v%61rz`)).status).toBe(200);
  });

  it('are refused when what they send is no path, or too long', async () => {
    const { port } = monitor;
    const status = (request: string) =>
      new Promise<string>((resolve, reject) => {
        let got = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(request));
        socket.setEncoding('utf8').on('data', (data) => {
          got += data;
        });
        socket.on('close', () => resolve(got.split('\r\n')[0] ?? '')).on('error', reject);
      });
    const close = 'Host: x\r\nConnection: close\r\n\r\n';
    expect(await status(`GET /%zz HTTP/1.1\r\n${close}`)).toBe('HTTP/1.1 400 Bad Request');
    expect(await status(`GET http://x/nats/healthz HTTP/1.1\r\n${close}`)).toBe('HTTP/1.1 200 OK');
    expect(await status(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n${close}`)).toBe(
      'HTTP/1.1 431 Request Header Fields Too Large',
    );
  });

  it('may end their side before the answer has come; one that ends it without a request is let go', async () => {
    const many = Array.from({ length: 2000 }, (_, at) => at + 1);
    source.found = { total: many.length, cids: many, keys: many };
    const talk = (request: string) =>
      new Promise<string>((resolve, reject) => {
        let got = '';
        const socket = connect(monitor.port, '127.0.0.1');
        socket.end(request);
        socket.setEncoding('utf8').on('data', (data) => {
          got += data;
        });
        socket.on('close', () => resolve(got)).on('error', reject);
      });
    const answer = await talk('GET /nats/connz?limit=2000 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).toContain('"num_connections": 2000');
    expect(answer.endsWith('\r\n0\r\n\r\n')).toBe(true);
    expect(await talk('')).toBe('');
  });

  it('are given another connection when they ask for too much on one', async () => {
    const request = (more = '') => `GET /nats/healthz HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    let got = '';
    await new Promise<void>((resolve, reject) => {
      const socket = connect(monitor.port, '127.0.0.1');
      socket.write(request().repeat(149) + request('Connection: close\r\n'));
      socket.setEncoding('utf8').on('data', (data) => {
        got += data;
      });
      socket.on('close', () => resolve()).on('error', reject);
    });
    expect(got.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(100);
  });

  it('are disconnected after that, also those that leave it to the server', async () => {
    let answers = 0;
    await new Promise<void>((resolve, reject) => {
      const socket = connect(monitor.port, '127.0.0.1');
      const ask = () => socket.write('GET /nats/healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      ask();
      socket.setEncoding('utf8').on('data', (data) => {
        if (!String(data).endsWith('}')) return;
        answers += 1;
        if (answers < 100) ask();
      });
      socket.on('close', () => resolve()).on('error', reject);
    });
    expect(answers).toBe(100);
  });
});
