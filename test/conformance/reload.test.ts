/**
 * Section 7: another configuration for a server that runs. What differs on purpose: the reference closes whoever named
 * a user that is no more without a word, even where nobody is asked for credentials any more or a token does as well.
 * Ours asks everyone the same question again: who may still be here stays, the others are told.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from '../support/deadline.js';
import { closedReason, getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, err, msg, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach, runToExit, TestServer, underReference, writeConfig } from '../support/server.js';

endServersAfterEach();

const ENDED = /Reloaded server configuration|Failed to reload server configuration/;
/** Told at each reload of the reference, whatever changed. */
const ALWAYS = ['[INF] Reloaded: authorization users', '[INF] Reloaded: accounts'];

/** Another file, and what the log says about it, without the signal and the digest. */
async function reload(server: TestServer, config: string): Promise<string[]> {
  const from = server.log.length;
  writeConfig(server.dir, config);
  server.kill('SIGHUP');
  await server.waitForLog(ENDED, from);
  return texts(server, from).filter((text) => !/Trapped|CONNECT|\[DBG\]|\[TRC\]/.test(text));
}

function texts(server: TestServer, from: number): string[] {
  return server.log.slice(from).map((line) => line.replace(/^\[\d+\] (\S+ \S+ )?(?=\[)/, ''));
}

const ended = expect.stringMatching(/^\[INF\] Reloaded server configuration \(sha256:[0-9a-f]{64}\)$/);

/** The options that change, what the file says, the line, and the line when it is gone again. */
const LINES: [option: string, there: string, gone: string][] = [
  ['debug: true', 'Reloaded: debug = true', 'Reloaded: debug = false'],
  ['trace: true', 'Reloaded: trace = true', 'Reloaded: trace = false'],
  ['logtime_utc: true', 'Reloaded: logtime_utc = true', 'Reloaded: logtime_utc = false'],
  ['max_control_line: 2k', 'Reloaded: max_control_line = 2000', 'Reloaded: max_control_line = 4096'],
  ['max_payload: 1000', 'Reloaded: max_payload = 1000', 'Reloaded: max_payload = 1048576'],
  ['max_connections: 10', 'Reloaded: max_connections = 10', 'Reloaded: max_connections = 65536'],
  ['ping_interval: "90s"', 'Reloaded: ping_interval = 1m30s', 'Reloaded: ping_interval = 2m0s'],
  ['ping_max: 7', 'Reloaded: ping_max = 7', 'Reloaded: ping_max = 2'],
  ['write_deadline: "1500ms"', 'Reloaded: write_deadline = 1.5s', 'Reloaded: write_deadline = 10s'],
  ['max_traced_msg_len: 10', 'Reloaded: max_traced_msg_len = 10', 'Reloaded: max_traced_msg_len = 0'],
  [
    'no_fast_producer_stall: true',
    'Reloaded: fast producers will not be stalled',
    'Reloaded: fast producers will be stalled',
  ],
  ['server_tags: [a]', 'Reloaded: tags', 'Reloaded: tags'],
  ['server_metadata { a: b }', 'Reloaded: metadata', 'Reloaded: metadata'],
  ['client_advertise: "1.2.3.4:5"', 'Reload: client_advertise = 1.2.3.4:5', 'Reload: client_advertise = '],
];
const AUTHORIZATION: [option: string, there: string[], gone: string[]][] = [
  ['authorization { token: t }', ['token'], ['token']],
  ['authorization { user: u, password: p }', ['username', 'password'], ['username', 'password']],
  ['authorization { timeout: 2.5 }', ['timeout = 2.5'], ['timeout = 2']],
  ['authorization { users: [{user: a, password: b}] }', [], []],
];

proves(['7.1-01', '7.1-05', '3.2-04'], 'each option, there and gone again', async () => {
  const server = await TestServer.start({ config: '' });
  const told = (lines: string[]) => lines.filter((text) => !ALWAYS.includes(text)).map((text) => text.trimEnd());
  for (const [option, there, gone] of LINES) {
    const lines = await reload(server, option);
    expect(lines, option).toEqual(expect.arrayContaining(ALWAYS));
    expect(told(lines), option).toEqual([`[INF] ${there}`, ended]);
    expect(told(await reload(server, '# nothing')), option).toEqual([`[INF] ${gone}`.trimEnd(), ended]);
  }
  const line = (part: string) => `[INF] Reloaded: authorization ${part}`;
  for (const [option, there, gone] of AUTHORIZATION) {
    expect(told(await reload(server, option)), option).toEqual([...there.map(line), ended]);
    expect(told(await reload(server, '# nothing')), option).toEqual([...gone.map(line), ended]);
  }
  // An unchanged file is reloaded all the same.
  expect(await reload(server, '# nothing')).toEqual([...ALWAYS, ended]);
  expect(await reload(server, 'trace_verbose: true')).toEqual([
    '[INF] Reloaded: trace = true',
    '[INF] Reloaded: trace_verbose = true',
    ...ALWAYS,
    ended,
  ]);
});

proves('3.2-04', '--signal reload', async () => {
  const server = await TestServer.start({ config: '' });
  writeConfig(server.dir, 'max_payload: 77\n');
  const { exit, stderr } = await runToExit(['--signal', `reload=${server.pid}`]);
  expect([exit.code, stderr]).toEqual([0, '']);
  await server.waitForLog(/\[INF\] Trapped "hangup" signal$/);
  await server.waitForLog(/\[INF\] Reloaded: max_payload = 77$/);
  await server.waitForLog(ENDED);
  expect((await server.connect()).info.max_payload).toBe(77);
});

proves('7.1-02', 'a wrong file changes nothing', async () => {
  const server = await TestServer.start({ config: 'max_payload: 100\n', monitor: true });
  const client = await server.open();
  const before = await getJson(server, '/varz');
  const http = 'http: "127.0.0.1:-1"\n';
  const wrong: [string, RegExp][] = [
    [
      `${http}max_payload: 5\nfoo: 1`,
      /^\[ERR\] Failed to reload server configuration: .*server\.conf:3:1: unknown field "foo"/,
    ],
    [`${http}max_payload: {`, /^\[ERR\] Failed to reload server configuration: ./],
    [
      `${http}max_payload: 100MB`,
      /Failed to reload server configuration: (\S+: )?max_payload \(104857600\) cannot be higher than max_pending \(67108864\)/,
    ],
    [`${http}authorization {users: [{user: a, password: b}, {user: a, password: c}]}`, /Duplicate user "a" detected/],
  ];
  for (const [config, reason] of wrong) {
    expect(await reload(server, config)).toEqual([expect.stringMatching(reason)]);
    await client.exchange(`SUB a 1\r\n${pub('a', '123456')}UNSUB 1\r\n`, msg('a', 1, '123456'));
  }
  const after = await getJson(server, '/varz');
  for (const field of ['max_payload', 'config_load_time', 'config_digest']) expect(after[field]).toBe(before[field]);
  expect(await reload(server, `${http}max_payload: 5`)).toContain('[INF] Reloaded: max_payload = 5');
});

/** Changes that are refused, and what is said of the field. */
const REFUSED: [before: string, after: string, told: string][] = [
  ['', 'server_name: vf', 'ServerName: old=, new=vf'],
  ['', 'max_subscriptions: 5', 'MaxSubs: old=0, new=5'],
  ['max_sub_tokens: 5', 'max_sub_tokens: 6', 'MaxSubTokens: old=5, new=6'],
  ['', 'max_pending: 32MB', 'MaxPending: old=67108864, new=33554432'],
  ['', 'write_timeout: retry', 'WriteTimeout: old=, new=retry'],
  ['', 'lame_duck_duration: "40s"', 'LameDuckDuration: old=2m0s, new=40s'],
  ['', 'lame_duck_grace_period: "5s"', 'LameDuckGracePeriod: old=10s, new=5s'],
  ['', 'http: "127.0.0.1:-1"', 'HTTPPort: old=0, new=-1'],
  ['http: "127.0.0.1:-1"', '', 'HTTPPort: old=-1, new=0'],
  ['http: "127.0.0.1:-1"', 'http: "127.0.0.1:-1"\nhttp_base_path: "/x"', 'HTTPBasePath: old=, new=/x'],
  ['', 'log_size_limit: 1000000', 'LogSizeLimit: old=0, new=1000000'],
  ['', 'log_max_num: 3', 'LogMaxFiles: old=0, new=3'],
  ['', 'no_header_support: true', 'NoHeaderSupport: old=false, new=true'],
  ['', 'prof_port: -1', 'ProfPort: old=0, new=-1'],
  ['', 'disable_sublist_cache: true', 'NoSublistCache: old=false, new=true'],
  ['', 'feature_flags { zz: true, a: false }', 'FeatureFlags: old=map[], new=map[a:false zz:true]'],
  ['', 'max_closed_clients: 6', 'MaxClosedClients: old=10000, new=6'],
  [
    'authorization {users: [{user: a, password: b}, {user: c, password: d}]}\nno_auth_user: a',
    'authorization {users: [{user: a, password: b}, {user: c, password: d}]}\nno_auth_user: c',
    'NoAuthUser: old=a, new=c',
  ],
];

proves(['7.3-01', '7.1-03'], 'what needs a restart, and nothing that stands beside it', async () => {
  for (const before of new Set(REFUSED.map(([config]) => config))) {
    const server = await TestServer.start({ config: `${before}\n` });
    for (const [, after, told] of REFUSED.filter(([config]) => config === before)) {
      const lines = await reload(server, `debug: true\n${after}\n`);
      const text = `[ERR] Failed to reload server configuration: config reload not supported for ${told}`;
      expect(lines, after).toEqual([text]);
    }
    expect(await reload(server, `${before}\n`)).toEqual([...ALWAYS, ended]);
    await server.stop();
  }
});

proves('7.3-01', 'the listener stays where it is', async () => {
  const dir = (await TestServer.start()).dir;
  const file = (text: string) => writeConfig(dir, text, 'listener.conf');
  const server = TestServer.spawn(['-c', file('listen: "127.0.0.1:-1"')], dir);
  const ready = await server.waitForLog(/Listening for client connections on/);
  await server.waitForLog(/Server is ready/);
  const port = /:(\d+)$/.exec(ready)?.[1];
  for (const [config, told] of [
    ['listen: "127.0.0.1:4"', `Port: old=${port}, new=4`],
    ['host: localhost\nport: -1', 'Host: old=127.0.0.1, new=localhost'],
  ] as const) {
    const from = server.log.length;
    file(config);
    server.kill('SIGHUP');
    const line = await server.waitForLog(ENDED, from);
    expect(line).toContain(`config reload not supported for ${told}`);
  }
  server.kill('SIGINT');
  await server.exited;
});

proves('7.1-04', 'no file, no reload', async () => {
  const server = await TestServer.start();
  server.kill('SIGHUP');
  const line = await server.waitForLog(ENDED);
  expect(line).toMatch(
    /\[ERR\] Failed to reload server configuration: can only reload config when a file is provided using -c or --config$/,
  );
  await (await server.open()).exchange('', '');
});

proves('7.1-06', 'flags win', async () => {
  const server = await TestServer.start({ config: 'debug: false\n', args: ['-D', '--client_advertise', '1.2.3.4:5'] });
  expect(await reload(server, 'debug: false\nclient_advertise: "6.7.8.9:1"\nport: 4\n')).toEqual([...ALWAYS, ended]);
});

proves('7.1-07', 'varz after a reload', async () => {
  const server = await TestServer.start({ config: '', monitor: true });
  const before = await getJson(server, '/varz');
  const lines = await reload(
    server,
    'http: "127.0.0.1:-1"\nmax_payload: 1000\nmax_connections: 5\nping_max: 7\nauthorization { token: t, timeout: 3 }\n',
  );
  const after = await getJson(server, '/varz');
  expect(after).toMatchObject({
    max_payload: 1000,
    max_connections: 5,
    ping_max: 7,
    auth_timeout: 3,
    auth_required: true,
    start: before.start,
  });
  expect(Date.parse(after.config_load_time as string)).toBeGreaterThan(Date.parse(before.config_load_time as string));
  expect(lines.at(-1)).toBe(`[INF] Reloaded server configuration (${after.config_digest})`);
  expect(after.config_digest).not.toBe(before.config_digest);
});

proves(['7.2-01', '1.2-18'], 'limits bind clients that are there, who are not told', async () => {
  const server = await TestServer.start({ config: '' });
  const [one, two, three] = [await server.open(), await server.open(), await server.open()];
  await three.exchange('SUB a 1\r\n', '');
  await one.exchange(pub('a', '123456'), '');
  await three.exchange('', msg('a', 1, '123456'));
  await reload(server, 'max_payload: 5\nmax_control_line: 1k\nclient_advertise: "1.2.3.4:5"\n');
  one.send(pub('a', '123456'));
  await one.expect(err('Maximum Payload Violation'));
  await one.expectClosed();
  two.send(`SUB ${'s'.repeat(1500)} 1\r\n`);
  await two.expect(err('maximum control line exceeded'));
  await two.expectClosed();
  // Neither the message nor an INFO.
  await three.exchange('', '');
  expect((await server.connect()).info.max_payload).toBe(5);
});

proves('7.2-02', 'fewer connections', async () => {
  const server = await TestServer.start({ config: '', monitor: true });
  const clients: RawClient[] = [];
  for (let i = 0; i < 6; i++) clients.push(await server.open());
  const lines = await reload(server, 'http: "127.0.0.1:-1"\nmax_connections: 2\n');
  expect(lines).toContain('[INF] Closed 4 connections to fall within max_connections');
  const gone = await until(() => {
    const closed = clients.filter((client) => client.closed);
    return closed.length === 4 ? closed : undefined;
  }, 'four to be closed');
  for (const client of gone) {
    await client.expect(err('maximum connections exceeded'));
    expect(await closedReason(server, client.info.client_id)).toBe('Maximum Connections Exceeded');
  }
  for (const client of clients.filter((client) => !gone.includes(client))) await client.exchange('', '');
  await server.waitForLog(/\[ERR\] 127\.0\.0\.1:\d+ - cid:\d+ - maximum connections exceeded - Account:\$G$/);
});

proves(['7.2-03', '3.3-03'], 'pid file and ports file', async () => {
  const dir = (await TestServer.start()).dir;
  const [a, b] = [join(dir, 'a'), join(dir, 'b')];
  mkdirSync(a);
  mkdirSync(b);
  const listen = 'listen: "127.0.0.1:-1"\n';
  const config = writeConfig(dir, `${listen}ports_file_dir: "${a}"\npid_file: "${a}/pid"\n`, 'files.conf');
  const server = TestServer.spawn(['-c', config], dir);
  await server.waitForLog(/Server is ready/);
  const ports = (folder: string) => [join(folder, `nats-server_${server.pid}.ports`)].find((path) => existsSync(path));
  const first = readFileSync(await until(() => ports(a), 'the ports file'), 'utf8');
  writeConfig(dir, `${listen}ports_file_dir: "${b}"\npid_file: "${b}/pid"\n`, 'files.conf');
  server.kill('SIGHUP');
  await server.waitForLog(/Reloaded server configuration/);
  expect(readFileSync(join(b, 'pid'), 'utf8')).toBe(String(server.pid));
  expect(ports(a)).toBeUndefined();
  expect(readFileSync(ports(b) ?? '', 'utf8')).toBe(first);
  const from = server.log.length;
  writeConfig(dir, `${listen}ports_file_dir: "${b}"\npid_file: "${dir}/none/pid"\n`, 'files.conf');
  server.kill('SIGHUP');
  await server.waitForLog(/Reloaded server configuration/, from);
  expect(texts(server, from)).toContain(
    `[ERR] Failed to write pidfile: open ${dir}/none/pid: no such file or directory`,
  );
  server.kill('SIGINT');
  await server.exited;
  expect(ports(b)).toBeUndefined();
});

proves('7.2-04', 'what is logged, and where', async () => {
  const server = await TestServer.start({ config: '' });
  const client = await server.open();
  await client.exchange('SUB quiet 1\r\n', '');
  await reload(server, 'debug: true\ntrace: true\n');
  await client.exchange('SUB heard 2\r\n', '');
  await server.waitForLog(/<<- \[SUB heard 2\]/);
  expect(server.log.some((line) => line.includes('quiet'))).toBe(false);
  const file = join(server.dir, 'other.log');
  writeConfig(server.dir, `log_file: "${file}"\n`);
  server.kill('SIGHUP');
  const text = await until(() => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return text.includes('Reloaded server configuration') ? text : undefined;
  }, 'the other log file');
  expect(text).not.toContain('Reloaded: log_file');
  await server.waitForLog(/Reloaded: log_file = /);
  await client.exchange('SUB hidden 3\r\n', '');
  writeConfig(server.dir, '# back to standard error\n');
  const from = server.log.length;
  server.kill('SIGHUP');
  await server.waitForLog(/Reloaded server configuration/, from);
  expect(readFileSync(file, 'utf8')).not.toContain('hidden');
});

proves('7.2-05', 'client_advertise', async () => {
  const server = await TestServer.start({ config: '' });
  const before = await server.connect();
  await reload(server, 'client_advertise: "1.2.3.4:5"\n');
  expect((await server.connect()).info).toMatchObject({ host: '1.2.3.4', port: 5 });
  await reload(server, '# nothing\n');
  expect((await server.connect()).info).toMatchObject({ host: before.info.host, port: before.info.port });
});

proves('7.2-06', 'the time to log in', async () => {
  const server = await TestServer.start({ config: 'authorization { token: t, timeout: 60 }\n' });
  await reload(server, 'authorization { token: t, timeout: 0.2 }\n');
  const silent = await server.connect();
  await silent.expect(err('Authentication Timeout'));
  await silent.expectClosed();
});

const users = (...entries: string[]) => `authorization { timeout: 60, users: [ ${entries.join('\n')} ] }\n`;
const user = (name: string, permissions = '', password = name) =>
  `{ user: ${name}, password: ${password}${permissions && `, permissions: { ${permissions} }`} }`;

proves('7.4-01', 'users that are gone or changed', async () => {
  const http = 'http: "127.0.0.1:-1"\n';
  const server = await TestServer.start({
    config: users(user('gone'), user('changed'), user('same')),
    monitor: true,
  });
  const open = (name: string) => server.open({ user: name, pass: name });
  const [gone, changed, same] = [await open('gone'), await open('changed'), await open('same')];
  await same.exchange('SUB a 1\r\n', '');
  const from = server.log.length;
  await reload(server, http + users(user('changed', '', 'other'), user('same')));
  for (const client of underReference ? [changed] : [gone, changed]) {
    await client.expect(err('Authorization Violation'));
    await client.expectClosed();
    expect(await closedReason(server, client.info.client_id)).toBe('Authentication Failure');
  }
  await gone.expectClosed();
  await server.waitForLog(/\[ERR\] .* - authentication error - User "changed"$/, from);
  await same.exchange(pub('a', 'x'), msg('a', 1, 'x'));
  const late = await server.connect();
  late.send(connectLine({ user: 'gone', pass: 'gone' }));
  await late.expect(err('Authorization Violation'));
  await late.expectClosed();
  await (await server.open({ user: 'changed', pass: 'other' })).exchange('', '');
});

proves(['7.4-02', '1.11-23'], 'subscriptions that lost their permission', async () => {
  const server = await TestServer.start({ config: users(user('a'), user('b')) });
  const [a, b] = [await server.open({ user: 'a', pass: 'a' }), await server.open({ user: 'b', pass: 'b' })];
  await b.exchange('SUB x.1 1\r\n', '');
  await reload(server, users(user('a'), user('b', 'subscribe: { allow: ["y", "_INBOX.>"] }')));
  await b.exchange('', err('Permissions Violation for Subscription to "x.1" (sid "1")'));
  await server.waitForLog(/\[INF\] Removed sub "x\.1" \(sid "1"\) for User "b" - not authorized$/);
  await b.exchange('SUB y 2\r\n', '');
  await a.exchange(pub('x.1', '1') + pub('y', '2'), '');
  await b.exchange('', msg('y', 2, '2'));
  await reload(server, users(user('a'), user('b')));
  await b.exchange('SUB x.1 q 3\r\n', '');
  await reload(server, users(user('a'), user('b', 'subscribe: { deny: "x.1 q" }')));
  await b.exchange('', err('Permissions Violation for Subscription to "x.1" using queue "q" (sid "3")'));
  await server.waitForLog(/Removed sub "x\.1" using queue "q" \(sid "3"\) for User "b" - not authorized$/);
  await b.exchange('SUB x.1 4\r\n', '');
  await a.exchange(pub('x.1', '3'), '');
  await b.exchange('', msg('x.1', 4, '3'));
});

proves(['7.4-03', '7.4-04'], 'permissions change at once, for warm subjects too', async () => {
  const server = await TestServer.start({ config: users(user('a'), user('b')) });
  const [a, b] = [await server.open({ user: 'a', pass: 'a' }), await server.open({ user: 'b', pass: 'b' })];
  await b.exchange('SUB w.* 1\r\n', '');
  const warm = (times: number, text: string) => pub('w.x', text).repeat(times);
  const heard = (times: number, text: string) => msg('w.x', 1, text).repeat(times);
  await a.exchange(warm(5, '1'), '');
  await b.exchange('', heard(5, '1'));
  await reload(server, users(user('a', 'publish: { deny: "w.x" }'), user('b')));
  const refused = err('Permissions Violation for Publish to "w.x"');
  await a.exchange(warm(2, '2') + pub('w.y', '3'), refused.repeat(2));
  await b.exchange('', msg('w.y', 1, '3'));
  await reload(server, users(user('a'), user('b', 'subscribe: { deny: "w.x" }')));
  await a.exchange(warm(2, '4') + pub('w.y', '5'), '');
  await b.exchange('', msg('w.y', 1, '5'));
  await reload(server, users(user('a'), user('b')));
  await a.exchange(warm(2, '6'), '');
  await b.exchange('', heard(2, '6'));
});

proves('7.4-05', 'credentials from now on, and no more', async () => {
  const server = await TestServer.start({ config: '' });
  const [stranger, known] = [await server.open(), await server.open({ user: 'a', pass: 'a' })];
  await reload(server, users(user('a')));
  await stranger.expect(err('Authorization Violation'));
  await stranger.expectClosed();
  await known.exchange('SUB a 1\r\n', '');
  expect((await server.connect()).info.auth_required).toBe(true);
  await reload(server, '# nothing\n');
  const free = await server.open();
  expect(free.info.auth_required).toBeUndefined();
  if (underReference) return known.expectClosed();
  await free.exchange(pub('a', 'x'), '');
  await known.exchange('', msg('a', 1, 'x'));
});

const SILENT = 'the reference closes everyone who named a user that is no more';

proves(
  '7.4-06',
  'a user becomes a token',
  async () => {
    const server = await TestServer.start({ config: 'authorization { timeout: 60, user: a, password: a }\n' });
    const one = await server.open({ user: 'a', pass: 'a' });
    const both = await server.open({ user: 'a', pass: 'a', auth_token: 't' });
    await reload(server, 'authorization { timeout: 60, token: t }\n');
    await one.expect(err('Authorization Violation'));
    await one.expectClosed();
    await both.exchange('', '');
  },
  { oursOnly: SILENT },
);
