/** Sections 6.1 to 6.3: what a user of the system account asks the server. */
import { expect } from 'vitest';
import { closedReason, getJson, type Json } from '../support/monitor.js';
import { compares, proves } from '../support/proves.js';
import { pub } from '../support/raw.js';
import { endServersAfterEach, referenceCommand, TestServer, writeConfig } from '../support/server.js';
import { gunzip, SystemClient, WITH_SYSTEM } from '../support/system.js';

endServersAfterEach();

const start = (more = '') => TestServer.start({ config: `${WITH_SYSTEM}${more}`, monitor: true });

/** Requests about the server and the endpoints that show the same. */
const SAME_AS_ENDPOINT: [string, string][] = [
  ['VARZ', '/varz'],
  ['SUBSZ', '/subsz'],
  ['CONNZ', '/connz'],
  ['ROUTEZ', '/routez'],
  ['GATEWAYZ', '/gatewayz'],
  ['LEAFZ', '/leafz'],
  ['ACCOUNTZ', '/accountz'],
  ['JSZ', '/jsz'],
];

proves('6.2-01', 'requests about the server are answered with what monitoring shows', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  for (const [name, path] of SAME_AS_ENDPOINT) {
    const shown = Object.keys(await getJson(server, path));
    for (const to of ['PING', 'ID']) {
      expect(Object.keys(await system.data(`$SYS.REQ.SERVER.${to}.${name}`)), name).toEqual(shown);
    }
  }
  expect(await system.data('$SYS.REQ.SERVER.ID.HEALTHZ')).toEqual({ status: 'ok', status_code: 200 });
  expect(await system.data('$SYS.REQ.SERVER.ID.RAFTZ')).toEqual({});
  expect(await system.data('$SYS.REQ.SERVER.PING.EXPVARZ')).toMatchObject({ memstats: { Alloc: expect.any(Number) } });
  expect(await system.data('$SYS.REQ.SERVER.PING.IPQUEUESZ', { all: true })).toEqual(expect.any(Object));
});

proves('6.2-02', 'STATSZ and IDZ have forms of their own', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  for (const subject of ['PING', 'PING.STATSZ', 'ID.STATSZ']) {
    const answer = await system.json<{ statsz: Json }>(`$SYS.REQ.SERVER.${subject}`);
    expect(Object.keys(answer)).toEqual(['server', 'statsz']);
    expect(Object.keys(answer.statsz)).toEqual([
      ...['start', 'mem', 'cores', 'cpu', 'connections', 'total_connections', 'active_accounts', 'subscriptions'],
      ...['sent', 'sent_to_clients', 'received', 'received_from_clients', 'slow_consumers', 'active_servers'],
      'gomaxprocs',
    ]);
    expect(answer.statsz).toMatchObject({ connections: 1, total_connections: 1, active_accounts: 1 });
  }
  const { server_name: name } = await getJson(server, '/varz');
  for (const subject of ['PING.IDZ', 'ID.IDZ']) {
    const answer = await system.ask(`$SYS.REQ.SERVER.${subject}`, 'whatever');
    expect(answer.body.toString()).toBe(JSON.stringify({ name, host: '127.0.0.1', id: system.serverId }));
  }
});

proves('6.3-01', 'answers say which server they are from, and count', async () => {
  const server = await start('server_name: me\nserver_tags: ["Zone:A", "b"]\nserver_metadata: { rack: "7" }\n');
  const system = await SystemClient.open(server);
  const first = await system.json<{ server: Json }>('$SYS.REQ.SERVER.PING.VARZ');
  expect(Object.keys(first)).toEqual(['server', 'data']);
  expect(Object.keys(first.server)).toEqual([
    ...['name', 'host', 'id', 'ver', 'tags', 'metadata', 'feature_flags', 'jetstream', 'flags', 'seq', 'time'],
  ]);
  const { seq, time, feature_flags, ...rest } = first.server;
  expect(rest).toEqual({
    ...{ name: 'me', host: '127.0.0.1', id: system.serverId, ver: '2.15.2' },
    ...{ tags: ['zone:a', 'b'], metadata: { rack: '7' }, jetstream: false, flags: 0 },
  });
  expect(feature_flags).toHaveProperty('js_ack_fc_v2');
  expect(Date.parse(String(time))).not.toBeNaN();
  const second = await system.json<{ server: Json }>('$SYS.REQ.SERVER.PING.VARZ');
  expect(Number(second.server.seq)).toBeGreaterThan(Number(seq));
});

proves('6.1-01', 'what does not exist has no responders; without a reply subject nothing happens', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  for (const subject of ['SERVER.PING.NOPE', 'SERVER.ID.ACCSTATZ', 'SERVER.OTHER.VARZ', 'ACCOUNT.A.NOPE', 'NOPE']) {
    expect((await system.ask(`$SYS.REQ.${subject}`)).headers, subject).toContain('NATS/1.0 503');
  }
  const victim = await server.open({ user: 'a', pass: 'a' });
  const kick = `{"cid":${victim.info.client_id}}`;
  system.client.send(pub(`$SYS.REQ.SERVER.${system.serverId}.KICK`, kick));
  system.client.send(pub('$SYS.REQ.SERVER.PING.VARZ', ''));
  await system.silent();
  await victim.exchange('', '');
});

proves('6.1-02', 'a body that is no JSON, or has other types, is answered with 400', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  const field = 'Go struct field ConnzEventOptions';
  for (const [body, description] of [
    ['bad', "invalid character 'b' looking for beginning of value"],
    ['{"limit":1', 'unexpected end of JSON input'],
    ['{limit:1}', "invalid character 'l' looking for beginning of object key string"],
    ['{"x":}', "invalid character '}' looking for beginning of value"],
    ['{"limit":1} x', "invalid character 'x' after top-level value"],
    ['tru', "invalid character ' ' in literal true (expecting 'e')"],
    ['[]', 'json: cannot unmarshal array into Go value of type server.ConnzEventOptions'],
    ['"x"', 'json: cannot unmarshal string into Go value of type server.ConnzEventOptions'],
    ['{"limit":"x"}', `json: cannot unmarshal string into ${field}.ConnzOptions.limit of type int`],
    ['{"limit":1.5}', `json: cannot unmarshal number 1.5 into ${field}.ConnzOptions.limit of type int`],
    ['{"cid":-1}', `json: cannot unmarshal number -1 into ${field}.ConnzOptions.cid of type uint64`],
    ['{"auth":1}', `json: cannot unmarshal number into ${field}.ConnzOptions.auth of type bool`],
    ['{"state":"closed"}', `json: cannot unmarshal string into ${field}.ConnzOptions.state of type server.ConnState`],
    ['{"host":1}', `json: cannot unmarshal number into ${field}.EventFilterOptions.host of type string`],
  ] as const) {
    expect(await system.error('$SYS.REQ.SERVER.PING.CONNZ', body), body).toEqual([400, description]);
  }
  expect(await system.error('$SYS.REQ.SERVER.PING.STATSZ', 'x')).toEqual([
    ...[400, "invalid character 'x' looking for beginning of value"],
  ]);
  expect(await system.error('$SYS.REQ.SERVER.PING.JSZ', { limit: 'x' })).toEqual([
    ...[400, 'json: cannot unmarshal string into Go struct field JszEventOptions.JSzOptions.limit of type int'],
  ]);
});

proves('6.1-03', 'what can not be done is answered with 500', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  for (const [request, body, description] of [
    ['SERVER.PING.CONNZ', { sort: 'zzz' }, 'invalid sorting option: zzz'],
    ['SERVER.PING.CONNZ', { sort: 'stop' }, 'sort by stop only valid on closed connections'],
    ['SERVER.PING.CONNZ', { filter_subject: 'x' }, 'filter by subject only valid with account filtering'],
    ['SERVER.PING.SUBSZ', { test: 'a.*' }, 'invalid test subject, must be valid publish subject: a.*'],
    ['SERVER.PING.ACCOUNTZ', { account: 'NOPE' }, 'Account NOPE does not exist'],
    ['ACCOUNT.NOPE.INFO', '', 'Account NOPE does not exist'],
    ['ACCOUNT.A.JSZ', '', 'jetstream not enabled'],
  ] as const) {
    const answer = await system.json<{ data: null; error: Json }>(`$SYS.REQ.${request}`, body);
    expect(answer).toEqual({ server: expect.any(Object), data: null, error: { code: 500, description } });
  }
});

proves('6.1-04', 'only servers that the filters fit answer', async () => {
  const server = await start('server_name: "the-server"\nserver_tags: [a, b]\n');
  const system = await SystemClient.open(server);
  const about = '$SYS.REQ.SERVER.PING.VARZ';
  for (const filter of [
    ...[{ server_name: 'server' }, { server_name: 'the-server', exact_match: true }, { host: '127' }],
    ...[{ tags: ['b', 'a'] }, { SERVER_NAME: 'the' }, { cluster: '' }],
  ]) {
    expect(await system.data(about, filter), JSON.stringify(filter)).toBeDefined();
  }
  await system.silent(
    [about, { server_name: 'other' }],
    [about, { server_name: 'server', exact_match: true }],
    [about, { host: '10.' }],
    [about, { cluster: 'C' }],
    [about, { domain: 'D' }],
    [about, { tags: ['a', 'c'] }],
    ['$SYS.REQ.SERVER.PING.STATSZ', { server_name: 'other' }],
    ['$SYS.REQ.SERVER.ID.RELOAD', { server_name: 'other' }],
  );
});

proves('6.1-05', 'answers are compressed as the request allows', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  const ask = (encoding: string) => system.ask('$SYS.REQ.SERVER.PING.VARZ', '', { 'Accept-Encoding': encoding });
  const gzip = await ask('br, GZIP');
  expect(gzip.headers).toBe('NATS/1.0\r\nContent-Encoding: gzip\r\n\r\n');
  expect(JSON.parse(gunzip(gzip.body))).toMatchObject({ data: { server_id: system.serverId } });
  for (const encoding of ['snappy', 'gzip, s2']) {
    const answer = await ask(encoding);
    expect(answer.headers).toBe('NATS/1.0\r\nContent-Encoding: snappy\r\n\r\n');
    expect(answer.body.subarray(0, 10).toString('latin1')).toBe('\xff\x06\x00\x00sNaPpY');
  }
  const plain = await ask('zstd');
  expect(plain.headers).toBe('NATS/1.0\r\nContent-Encoding: identity\r\n\r\n');
  expect(JSON.parse(plain.body.toString())).toHaveProperty('data');
});

proves('6.2-03', 'CONNZ and SUBSZ take the options of the endpoints', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  const [a, b] = [await server.open({ user: 'a', pass: 'a' }), await server.open({ user: 'b', pass: 'b' })];
  await a.exchange('SUB orders.* 1\r\nSUB orders.new q 2\r\n', '');
  await b.exchange('SUB x 1\r\n', '');
  const cids = async (options: object) => {
    const { connections } = await system.data<{ connections: Json[] }>('$SYS.REQ.SERVER.PING.CONNZ', options);
    return connections.map(({ cid }) => cid);
  };
  const [s, ca, cb] = [system.client, a, b].map(({ info }) => info.client_id);
  expect(await cids({})).toEqual([s, ca, cb]);
  expect(await cids({ offset: 1, limit: 1 })).toEqual([ca]);
  expect(await cids({ LIMIT: 1 })).toEqual([s]);
  expect(await cids({ cid: cb })).toEqual([cb]);
  expect(await cids({ acc: 'A', state: 2 })).toEqual([ca]);
  expect(await cids({ user: 'b' })).toEqual([cb]);
  expect(await cids({ acc: 'A', filter_subject: 'orders.new' })).toEqual([ca]);
  expect(await cids({ acc: 'A', filter_subject: 'payments.>' })).toEqual([]);
  expect(await cids({ state: 1 })).toEqual([]);
  const detailed = await system.data<{ connections: Json[] }>('$SYS.REQ.SERVER.PING.CONNZ', {
    ...{ cid: ca, auth: true, subscriptions_detail: true },
  });
  expect(detailed.connections[0]).toMatchObject({ authorized_user: 'a', account: 'A', name_tag: 'A' });
  expect(detailed.connections[0]?.subscriptions_list_detail).toHaveLength(2);
  const unknown = await system.data('$SYS.REQ.SERVER.PING.CONNZ', { acc: 'NOPE' });
  expect(unknown).toMatchObject({ server_id: '', connections: null });
  const subsz = await system.data<{ subscriptions_list: Json[] }>('$SYS.REQ.SERVER.PING.SUBSZ', {
    ...{ subscriptions: true, account: 'A', test: 'orders.new' },
  });
  expect(subsz.subscriptions_list.map(({ subject }) => subject).sort()).toEqual(['orders.*', 'orders.new']);
  await b.close();
  expect(await closedReason(server, cb as number)).toBe('Client Closed');
  expect(await cids({ state: 1, acc: 'B' })).toEqual([cb]);
});

proves('6.2-04', 'HEALTHZ and PROFILEZ say what is wrong in their data', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  expect(await system.data('$SYS.REQ.SERVER.PING.HEALTHZ', { stream: 'S' })).toEqual({
    ...{ status: 'error', status_code: 400, error: '"account" must not be empty when checking stream health' },
  });
  expect(await system.data('$SYS.REQ.SERVER.PING.HEALTHZ', { details: true, consumer: 'C' })).toEqual({
    ...{ status: 'error', status_code: 400 },
    errors: [{ type: 'BAD_REQUEST', error: '"stream" must not be empty when checking consumer health' }],
  });
  const profile = (options: object) => system.data<Json>('$SYS.REQ.SERVER.ID.PROFILEZ', options);
  expect(await profile({})).toEqual({ profile: null, error: 'Profile name not specified' });
  expect(await profile({ name: 'nope' })).toEqual({ profile: null, error: 'Profile "nope" not found' });
  expect(await profile({ name: 'cpu' })).toEqual({ profile: null, error: 'Duration 0s should be between 0s and 15s' });
  for (const options of [{ name: 'heap' }, { name: 'cpu', duration: 50_000_000 }]) {
    const { profile: base64 } = await profile(options);
    // Profiles are compressed.
    expect(gunzip(Buffer.from(String(base64), 'base64')).length).toBeGreaterThan(0);
  }
});

proves('6.2-05', 'KICK closes a connection', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  const victim = await server.open({ user: 'a', pass: 'a' });
  const cid = victim.info.client_id;
  const answer = await system.json('$SYS.REQ.SERVER.ID.KICK', { cid });
  expect(Object.keys(answer)).toEqual(['server']);
  await victim.drainUntilClosed();
  expect(await closedReason(server, cid)).toBe('Kicked');
  for (const body of [{ cid }, { cid: 99_999 }, {}]) {
    expect(await system.error('$SYS.REQ.SERVER.ID.KICK', body)).toEqual([500, 'no such client or leafnode id']);
  }
  await system.silent(['$SYS.REQ.SERVER.ID.KICK', 'bad'], ['$SYS.REQ.SERVER.ID.KICK', '']);
  await server.waitForLog(/\[ERR\] SYSTEM - Error unmarshalling kick client request: invalid character 'b' looking/);
  await server.waitForLog(/\[ERR\] SYSTEM - Error unmarshalling kick client request: unexpected end of JSON input/);
});

proves(['6.2-06', '1.13-08'], 'LDM sends the notice to one client, which stays', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  const client = await server.open({ user: 'a', pass: 'a', protocol: 1 });
  await client.next('INFO');
  const cid = client.info.client_id;
  expect(Object.keys(await system.json('$SYS.REQ.SERVER.ID.LDM', { cid }))).toEqual(['server']);
  const info = JSON.parse((await client.next('INFO')).args);
  expect(info).toMatchObject({ ldm: true, client_id: cid });
  expect(info).not.toHaveProperty('connect_info');
  await client.exchange('', '');
  const old = await server.open({ user: 'a', pass: 'a', protocol: 0 });
  const notReady = 'client does not support Lame Duck Mode or is not ready to receive the notification';
  expect(await system.error('$SYS.REQ.SERVER.ID.LDM', { cid: old.info.client_id })).toEqual([500, notReady]);
  expect(await system.error('$SYS.REQ.SERVER.ID.LDM', { cid: 99_999 })).toEqual([500, 'no such client id']);
});

proves('6.2-07', 'RELOAD reads the configuration again', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  expect(Object.keys(await system.json('$SYS.REQ.SERVER.ID.RELOAD'))).toEqual(['server']);
  await server.waitForLog(/Reloaded server configuration/);
  writeConfig(server.dir, `http: "127.0.0.1:-1"\n${WITH_SYSTEM}server_name: other\n`);
  expect(await system.error('$SYS.REQ.SERVER.ID.RELOAD')).toEqual([
    ...[500, 'config reload not supported for ServerName: old=, new=other'],
  ]);
  expect(await system.error('$SYS.REQ.SERVER.ID.RELOAD', 'bad')).toEqual([
    ...[400, "invalid character 'b' looking for beginning of value"],
  ]);
});

proves('6.2-08', 'requests about an account are answered with what monitoring shows of it', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  const a = await server.open({ user: 'a', pass: 'a' });
  await a.exchange('SUB x 1\r\n', '');
  const about = (name: string, account = 'A') => `$SYS.REQ.ACCOUNT.${account}.${name}`;
  const connz = await system.data<{ connections: Json[] }>(about('CONNZ'), { acc: 'B' });
  expect(connz.connections.map(({ cid }) => cid)).toEqual([a.info.client_id]);
  const subsz = await system.data<{ subscriptions_list: Json[] }>(about('SUBSZ'));
  expect(subsz.subscriptions_list.map(({ subject }) => subject)).toContain('x');
  expect(await system.data(about('LEAFZ'))).toMatchObject({ leafnodes: 0, leafs: [] });
  const detail = await getJson<{ account_detail: Json }>(server, '/accountz?acc=A');
  expect(Object.keys(await system.data(about('INFO')))).toEqual(Object.keys(detail.account_detail));
  const statz = await system.data<{ account_statz: Json[] }>(about('STATZ'));
  expect(statz.account_statz).toMatchObject([{ acc: 'A', name: 'A', conns: 1, total_conns: 1 }]);
  const conns = await system.json(about('CONNS'));
  expect(Object.keys(conns)).toEqual([
    ...['type', 'id', 'timestamp', 'server', 'acc', 'name', 'conns', 'leafnodes', 'total_conns'],
    ...['num_subscriptions', 'sent', 'received', 'slow_consumers'],
  ]);
  expect(conns).toMatchObject({ type: 'io.nats.server.advisory.v1.account_connections', acc: 'A', conns: 1 });
  expect(conns.id).toMatch(/^[0-9A-Za-z]{22}$/);
  const all = await system.data<{ account_statz: Json[] }>('$SYS.REQ.ACCOUNT.PING.STATZ');
  expect(all.account_statz.map(({ acc }) => acc).sort()).toEqual(['A', 'SYS']);
  const unused = await system.data<{ account_statz: Json[] }>(about('STATZ', 'B'), { include_unused: true });
  expect(unused.account_statz).toMatchObject([{ acc: 'B', conns: 0 }]);
  await system.silent([about('STATZ', 'B')], [about('CONNS', 'B')], [about('CONNS', 'NOPE')], [about('STATZ', 'NOPE')]);
  await system.silent([about('CONNS'), { acc: 'B' }]);
  await server.waitForLog(/\[ERR\] SYSTEM - Error unmarshalled account does not match subject/);
});

proves('6.2-09', 'subscriptions of connections are counted by subject', async () => {
  const server = await start();
  const system = await SystemClient.open(server);
  const a = await server.open({ user: 'a', pass: 'a' });
  await a.exchange('SUB x.* 1\r\nSUB x.y q 2\r\nSUB x.y r 3\r\nSUB z 4\r\n', '');
  const count = async (options: object) =>
    (await system.ask('$SYS.REQ.ACCOUNT.NSUBS', JSON.stringify(options))).body.toString();
  expect(await count({ acc: 'A', subject: 'x.y' })).toBe('3');
  expect(await count({ acc: 'A', subject: 'x.y', queue: Buffer.from('q').toString('base64') })).toBe('1');
  expect(await count({ acc: 'A', subject: 'x.>' })).toBe('3');
  expect(await count({ acc: 'A', subject: 'none' })).toBe('0');
  // The server's own do not count.
  expect(await count({ acc: 'SYS', subject: '$SYS.REQ.>' })).toBe('0');
  await system.silent(
    ['$SYS.REQ.ACCOUNT.NSUBS'],
    ['$SYS.REQ.ACCOUNT.NSUBS', { acc: 'B', subject: 'x' }],
    ['$SYS.REQ.ACCOUNT.NSUBS', { acc: 'NOPE', subject: 'x' }],
  );
  const debug = async (body: string) => (await system.ask('$SYS.DEBUG.SUBSCRIBERS', body)).body.toString();
  await system.client.exchange('SUB own.* 2\r\nSUB own.x q 3\r\n', '');
  expect(await debug('own.x')).toBe('2');
  expect(await debug(' own.x q ')).toBe('1');
  expect(await debug('own.>')).toBe('2');
  expect(await debug('')).toBe('0');
});

proves('6.1-06', 'the account has its usual name without another one, and there may be none', async () => {
  const server = await TestServer.start({ config: 'no_system_account: true\n' });
  const client = await server.open({ headers: true, no_responders: true });
  client.send(`SUB reply 1\r\n${pub('$SYS.REQ.SERVER.PING.IDZ', '', 'reply')}`);
  expect((await client.next('HMSG')).headers?.toString()).toContain('503');
  const usual = await TestServer.start({ config: 'accounts { $SYS { users: [ { user: s, password: s } ] } }\n' });
  await (await SystemClient.open(usual)).ask('$SYS.REQ.SERVER.PING.IDZ');
});

/** Values that differ for good reasons: only their types are compared. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [shape(value[0])] : [];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

const OWN_KEYS = new Set(['nats_turbo_version', 'imports', 'exports', 'feature_flags']);

function withoutOwn(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (OWN_KEYS.has(key) ? undefined : inner)));
}

compares('6.3-02', 'every answer has the fields of the reference, in their order', async () => {
  const answers: unknown[][] = [];
  for (const command of [undefined, referenceCommand()]) {
    const server = await TestServer.start({ config: WITH_SYSTEM, monitor: true }, command);
    const system = await SystemClient.open(server);
    const a = await server.open({ user: 'a', pass: 'a' });
    await a.exchange('SUB x 1\r\n', '');
    const got: unknown[] = [];
    for (const name of ['', '.STATSZ', '.VARZ', '.CONNZ', '.ROUTEZ', '.GATEWAYZ', '.LEAFZ', '.ACCOUNTZ', '.JSZ']) {
      got.push(
        withoutOwn(shape(await system.json(`$SYS.REQ.SERVER.PING${name}`, { auth: true, subscriptions: true }))),
      );
    }
    for (const name of ['CONNZ', 'LEAFZ', 'INFO', 'STATZ', 'CONNS']) {
      got.push(withoutOwn(shape(await system.json(`$SYS.REQ.ACCOUNT.A.${name}`))));
    }
    answers.push(got.map((one) => JSON.stringify(one, null, 1)));
  }
  expect(answers[0]).toEqual(answers[1]);
});
