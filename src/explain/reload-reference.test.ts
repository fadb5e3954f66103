/**
 * Every option, changed in a file under the reference server, which then reloads it: it applies the change or refuses
 * it, and `config diff` said so before.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OPTIONS } from '../config/schema.js';
import type { OptionSpec } from '../config/spec.js';
import { referenceServer } from '../config/testing/reference.js';
import { configCommand } from './command.js';

const BASE = 'host: 127.0.0.1\nport: -1';
const USERS = 'authorization { users: [{user: a, password: b}, {user: c, password: d}] }';

/** By option: what a file says before and after. Where only one text is given, before there is nothing. */
const CHANGES: Record<string, [after: string] | [before: string, after: string]> = {
  client_advertise: ['client_advertise: "1.2.3.4:5"'],
  server_name: ['server_name: a', 'server_name: b'],
  no_header_support: ['no_header_support: true'],
  max_control_line: ['max_control_line: 1000'],
  max_payload: ['max_payload: 1000'],
  max_pending: ['max_pending: 32MB'],
  max_connections: ['max_connections: 10'],
  max_subscriptions: ['max_subscriptions: 10'],
  max_sub_tokens: ['max_sub_tokens: 5', 'max_sub_tokens: 6'],
  max_closed_clients: ['max_closed_clients: 10'],
  ping_interval: ['ping_interval: "10s"'],
  ping_max: ['ping_max: 7'],
  write_deadline: ['write_deadline: "5s"'],
  write_timeout: ['write_timeout: retry'],
  no_fast_producer_stall: ['no_fast_producer_stall: true'],
  lame_duck_duration: ['lame_duck_duration: "40s"'],
  lame_duck_grace_period: ['lame_duck_grace_period: "5s"'],
  debug: ['debug: true'],
  trace: ['trace: true'],
  trace_verbose: ['trace_verbose: true'],
  trace_headers: ['trace_headers: true'],
  max_traced_msg_len: ['max_traced_msg_len: 10'],
  logtime: ['logtime: false'],
  logtime_utc: ['logtime_utc: true'],
  log_size_limit: ['log_size_limit: 1000000'],
  log_max_num: ['log_max_num: 3'],
  pid_file: ['pid_file: "DIR/pid"'],
  ports_file_dir: ['ports_file_dir: "DIR"'],
  http: ['http: "127.0.0.1:-1"', 'http: "127.0.0.1:4"'],
  http_port: ['http_port: -1', 'http_port: 4'],
  http_base_path: ['http: "127.0.0.1:-1"', 'http: "127.0.0.1:-1"\nhttp_base_path: "/x"'],
  authorization: ['authorization { user: a, password: b }', 'authorization { user: a, password: c }'],
  no_auth_user: [`${USERS}\nno_auth_user: a`, `${USERS}\nno_auth_user: c`],
  server_tags: ['server_tags: ["a:b"]'],
  server_metadata: ['server_metadata { a: b }'],
  feature_flags: ['feature_flags { x: true }'],
  proxy_protocol: ['proxy_protocol: true'],
  disable_sublist_cache: ['disable_sublist_cache: true'],
  prof_port: ['prof_port: 4'],
  prof_block_rate: ['prof_block_rate: 5'],
  connect_error_reports: ['connect_error_reports: 5'],
  reconnect_error_reports: ['reconnect_error_reports: 5'],
  mappings: ['mappings { a: b }'],
  accounts: ['accounts { A {} }', 'accounts { A {}, B {} }'],
  system_account: ['accounts { A {}, B {} }\nsystem_account: A', 'accounts { A {}, B {} }\nsystem_account: B'],
  no_system_account: ['no_system_account: true'],
  allow_non_tls: ['allow_non_tls: true'],
  proxies: [
    'proxies { trusted: [] }',
    'proxies { trusted: [ { key: "UCARKS2E3KVB7YORL2DG34XLT7PUCOL2SVM7YXV6ETHLW6Z46UUJ2VZ3" } ] }',
  ],
};

/** Why an option is not in the table above. */
const LEFT_OUT: Record<string, string> = {
  listen: 'changed below, without port',
  port: 'changed below',
  host: 'changed below',
  log_file: 'the answer would go to the new file',
  store_dir: 'means something only with JetStream',
  syslog: 'the answer would go to the syslog',
  remote_syslog: 'the answer would go to the syslog',
};
/** Options that only this broker has. */
const OUR_OWN = ['reactors', 'shutdown_grace', 'log_format', 'auth_module'];

const ADDRESSES: [before: string, after: string][] = [
  ['listen: "127.0.0.1:-1"', 'listen: "127.0.0.1:4"'],
  [BASE, 'host: 127.0.0.1\nport: 4'],
  [BASE, 'host: localhost\nport: -1'],
];

const server = referenceServer();
const running = new Set<ChildProcess>();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'reload-'));
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('7.2 7.3 config diff foretells what the reference reloads', () => {
  test('every option of the reference that works here is changed', () => {
    const rows = (OPTIONS as readonly OptionSpec[]).filter((row) => row.support === 'yes' && row.inFile !== false);
    const names = rows.map(({ name }) => name).filter((name) => !OUR_OWN.includes(name));
    expect(names.filter((name) => !(name in CHANGES) && !(name in LEFT_OUT))).toEqual([]);
  });

  const changes = Object.entries(CHANGES).map(([name, [first, second]]): [string, string, string] =>
    second === undefined ? [name, BASE, `${BASE}\n${first}`] : [name, `${BASE}\n${first}`, `${BASE}\n${second}`],
  );
  const addresses = ADDRESSES.map(([before, after]): [string, string, string] => ['port', before, after]);

  test.for([...changes, ...addresses])('%s: %j to %j', async ([name, before, after], ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    if (process.platform === 'win32') return ctx.skip('skipped: needs signals');
    expect(foretold(name, before, after)).toBe((await reloaded(server, before, after)) ? 'reload' : 'restart');
  });
});

/** Of what is refused yet, only the table can speak. */
function foretold(name: string, before: string, after: string): string {
  const row = (OPTIONS as readonly OptionSpec[]).find((candidate) => candidate.name === name);
  if (row?.support !== 'yes') return row?.reload === 'N' ? 'restart' : 'reload';
  const [a, b] = [before, after].map((text, index) => {
    const path = join(dir, `${index}.conf`);
    writeFileSync(path, text.replaceAll('DIR', dir));
    return path;
  }) as [string, string];
  return JSON.parse(configCommand(['diff', a, b, '--json'], {}).stdout).verdict;
}

/** Whether the reference applies the change. */
async function reloaded(binary: string, before: string, after: string): Promise<boolean> {
  const file = join(dir, 'running.conf');
  writeFileSync(file, before.replaceAll('DIR', dir));
  const child = spawn(binary, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  const ended = new Promise((done) => child.once('close', done));
  let log = '';
  const line = (pattern: RegExp) =>
    new Promise<string>((found, failed) => {
      const look = (): void => {
        const match = pattern.exec(log);
        if (match) found(match[0]);
      };
      child.stderr?.on('data', look);
      child.once('close', () => failed(new Error(`ended without ${pattern}: ${log}`)));
      look();
    });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  await line(/Server is ready/);
  writeFileSync(file, after.replaceAll('DIR', dir));
  child.kill('SIGHUP');
  const answer = await line(/Reloaded server configuration|Failed to reload server configuration: .*\n/);
  child.kill('SIGTERM');
  await ended;
  running.delete(child);
  if (answer.startsWith('Failed')) expect(answer).toContain('config reload not supported for');
  return !answer.startsWith('Failed');
}
