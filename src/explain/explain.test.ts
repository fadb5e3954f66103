/** What an explanation says about each way a value can come about, and what a difference says about each change. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPTIONS } from '../config/schema.js';
import type { OptionSpec } from '../config/spec.js';
import { configCommand, type Outcome } from './command.js';

const ENV = { NAME: 'from-env', PASSWORD: 'hunter2' };

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'explain-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

interface Shown {
  name: string;
  value: unknown;
  origin: Record<string, unknown>;
  reload: string;
  ignored?: string;
}

function asked(text: string, ...flags: string[]): Map<string, Shown> {
  const { code, stdout, stderr } = configCommand(['explain', file('a.conf', text), '--json', ...flags], ENV);
  expect([code, stderr]).toEqual([0, '']);
  const { options } = JSON.parse(stdout) as { options: Shown[] };
  return new Map(options.map((option) => [option.name, option]));
}

/** The place of an option, e.g. `a.conf:3`, and what it went through. */
function origin(shown: Shown | undefined): string {
  const { kind, place, included, variables, flag, by } = shown?.origin ?? {};
  if (kind === 'flag' || kind === 'implied') return `${kind} ${flag ?? by}`;
  if (kind !== 'file') return String(kind);
  const where = ({ file, line }: { file: string; line: number }) => `${file.slice(dir.length + 1)}:${line}`;
  const steps = (variables as { name: string; definedAt?: { file: string; line: number } }[]).map(
    (step) => ` via ${step.name}${step.definedAt ? ` at ${where(step.definedAt)}` : ' of the environment'}`,
  );
  return `${where(place as { file: string; line: number })}${included ? ' included' : ''}${steps.join('')}`;
}

describe('config explain: where a value came from', () => {
  test.each<[text: string, flags: string[], name: string, value: unknown, origin: string]>([
    ['', [], 'port', 4222, 'default'],
    ['', [], 'max_payload', 1_048_576, 'default'],
    ['', [], 'ping_interval', '2m0s', 'default'],
    ['', [], 'log_file', null, 'default'],
    ['\n\nport: 5', [], 'port', 5, 'a.conf:3'],
    ['port: -1', [], 'port', -1, 'a.conf:1'],
    ['port: 0', [], 'port', 4222, 'default'],
    ['max_conn: 0', [], 'max_connections', 0, 'a.conf:1'],
    ['port: 5\nport: 6', [], 'port', 6, 'a.conf:2'],
    ['host: a\nlisten: "b:7"', [], 'host', 'b', 'a.conf:2'],
    ['host: a\nlisten: "b:7"', [], 'port', 7, 'a.conf:2'],
    ['host: a\nlisten: 7', [], 'host', '0.0.0.0', 'default'],
    ['http: "x:7"', [], 'http', 'x:7', 'a.conf:1'],
    ['monitor_port: 7', [], 'http', '0.0.0.0:7', 'a.conf:1'],
    ['http: "[::1]:-1"', [], 'http', '[::1]:-1', 'a.conf:1'],
    ['http: "x:7"', ['-m', '8'], 'http', 'x:8', 'flag -m'],
    ['http: "x:7"', ['-m', '0'], 'http', null, 'flag -m'],
    ['', [], 'http', null, 'default'],
    ['http: 7\nhttp_base_path: x', [], 'http_base_path', '/x', 'a.conf:2'],
    ['port: 5', ['-p', '6'], 'port', 6, 'flag -p'],
    ['port: 5', ['--port=6', '-p', '7'], 'port', 7, 'flag -p'],
    ['port: 5', ['-addr', 'h'], 'host', 'h', 'flag --addr'],
    ['trace_verbose: true', [], 'trace', true, 'implied trace_verbose'],
    ['trace_headers: true\ntrace: false', [], 'trace', true, 'implied trace_headers'],
    ['trace_headers: true\ntrace: true', [], 'trace', true, 'a.conf:2'],
    ['trace_headers: true', ['-V'], 'trace', true, 'flag -V'],
    ['debug: false', ['-DV'], 'debug', true, 'flag -DV'],
    ['', ['-DV', '-D=false'], 'debug', true, 'flag -DV'],
    ['server_name: $NAME', [], 'server_name', 'from-env', 'a.conf:1 via NAME of the environment'],
    [
      'X: $NAME\nserver_name: $X',
      [],
      'server_name',
      'from-env',
      'a.conf:2 via X at a.conf:1 via NAME of the environment',
    ],
    ['L: 2MB\nmax_payload: $L', [], 'max_payload', 2_097_152, 'a.conf:2 via L at a.conf:1'],
    ['ping_interval: "90s"', [], 'ping_interval', '1m30s', 'a.conf:1'],
    ['include "inc.conf"', [], 'ping_max', 9, 'inc.conf:2 included'],
    ['include "inc.conf"\nping_max: 8', [], 'ping_max', 8, 'a.conf:2'],
    ['authorization { user: a, pass: b }', [], 'authorization.timeout', '2s', 'default'],
    ['authorization {\n timeout: 3 }', [], 'authorization.timeout', '3s', 'a.conf:2'],
    ['authorization { user: a, pass: b }', ['--user', 'c'], 'authorization.user', 'c', 'flag --user'],
    ['authorization { username: a }', [], 'authorization.user', 'a', 'a.conf:1'],
    ['authorization { users: [\n{user: a}] }\nno_auth_user: a', [], 'no_auth_user', 'a', 'a.conf:3'],
    [
      'authorization { users: [\n{user: a.b, permissions: {pub: "x"}}] }',
      [],
      'authorization.users[a.b].permissions.publish.allow',
      ['x'],
      'a.conf:2',
    ],
    [
      'authorization { default_permissions { sub: {deny: [x, y]} }, users: [] }',
      [],
      'authorization.default_permissions.subscribe.deny',
      ['x', 'y'],
      'a.conf:1',
    ],
  ])('%j %j: %s', (text, flags, name, value, from) => {
    file('inc.conf', '# limits\nping_max: 9\n');
    const shown = asked(text === '' ? '# empty' : text, ...flags).get(name);
    expect([shown?.value, origin(shown)]).toEqual([value, from]);
  });

  test('every option that works and can stand in a file is there', () => {
    const names = [...asked('port: 1').keys()];
    const rows = (OPTIONS as readonly OptionSpec[]).filter(
      ({ support, inFile }) => support === 'yes' && inFile !== false,
    );
    const elsewhere = ['listen', 'http_port'];
    const missing = rows.filter(({ name }) => !names.some((known) => known === name || known.startsWith(`${name}.`)));
    expect(missing.map(({ name }) => name)).toEqual(elsewhere);
  });

  test('without a file', () => {
    const { code, stdout } = configCommand(['explain', '-p', '7'], ENV);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^no configuration file$/m);
    expect(stdout).toMatch(/^port +7 +flag -p$/m);
  });

  test('as text', () => {
    const path = file('t.conf', 'PW: $PASSWORD\nmax_payload: 2MB\ninclude "inc.conf"\nauthorization { token: $PW }');
    file('inc.conf', 'ping_max: 9');
    const { stdout } = configCommand(['explain', path], ENV);
    expect(stdout).toMatch(/^\S+t\.conf \(sha256:[0-9a-f]{64}\)$/m);
    expect(stdout).toMatch(/^max_payload +2MB +\S+t\.conf:2$/m);
    expect(stdout).toMatch(/^max_pending +64MB +default$/m);
    expect(stdout).toMatch(/^max_control_line +4KB +default$/m);
    expect(stdout).toMatch(/^ping_interval +"2m0s" +default$/m);
    expect(stdout).toMatch(/^ping_max +9 +\S+inc\.conf:1 \(include\)$/m);
    const origin = String.raw`\S+t\.conf:4, variable PW \(\S+t\.conf:1\), environment variable PASSWORD`;
    expect(stdout).toMatch(new RegExp(`^authorization\\.token +\\[REDACTED\\] +${origin}$`, 'm'));
  });
});

describe('secrets', () => {
  const text = [
    'authorization { user: a, password: hunter2 }',
    'authorization { token: hunter2 }',
    'P: hunter2\nauthorization { users: [ {user: a, pass: $P} ] }',
    'authorization { users: [ {user: a, password: $PASSWORD} ] }',
    'cluster { routes: ["nats://me:hunter2@host:1"], authorization { password: hunter2 } }',
    'default_sentinel: hunter2',
    'authorization { token: hunter2hunter2 }',
  ];
  test.each(text)('%s is never shown', (config) => {
    const [a, b] = [file('s.conf', config), file('u.conf', 'port: 5')];
    for (const args of [
      ['explain', a],
      ['diff', a, b],
      ['diff', b, a],
    ]) {
      for (const more of [[], ['--json']]) {
        const { stdout, stderr } = configCommand([...args, '--allow-unsupported', ...more], ENV);
        expect(stdout).toContain('[REDACTED]');
        expect(stdout + stderr).not.toContain('hunter2');
      }
    }
  });

  test('a private key under whatever name', () => {
    const seed = `SU${'A'.repeat(56)}`;
    const { stdout } = configCommand([
      'explain',
      file('k.conf', `cluster { advertise: ${seed} }`),
      '--allow-unsupported',
    ]);
    expect(stdout).toMatch(/^cluster\.cluster_advertise +\[REDACTED\]/m);
    expect(stdout).not.toContain(seed);
  });

  test('credentials in flags', () => {
    const { stdout } = configCommand(['explain', '--user', 'a', '--pass', 'hunter2'], ENV);
    expect(stdout).toMatch(/authorization\.password +\[REDACTED\] +flag --pass/);
    expect(stdout).not.toContain('hunter2');
  });
});

describe('what can not be explained', () => {
  test.each<[string[], RegExp]>([
    [['explain', '/nowhere/x.conf'], /open \/nowhere\/x\.conf: no such file or directory/],
    [['explain', 'a', 'b'], /one file at a time/],
    [['explain', '-zork'], /flag provided but not defined: -zork/],
    [['explain', '--tls'], /--tls can't be used/],
    [['diff', 'a'], /two files are needed/],
    [['diff', '/nowhere/a', '/nowhere/b'], /no such file/],
    [['explode'], /unknown command: config explode/],
    [['explain', '-t'], /such a flag has no place here|must specify/],
  ])('%j', (args, words) => {
    const { code, stdout, stderr } = configCommand(args, ENV);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
  });

  test('a file with mistakes: all of them, with their places', () => {
    const path = file('bad.conf', 'prot: 1\ndebug: 5');
    const { code, stderr } = configCommand(['explain', path], ENV);
    expect(code).toBe(2);
    expect(stderr).toContain(`${path}:1:0: unknown field "prot", did you mean "port"?`);
    expect(stderr).toContain(`${path}:2:1: debug must be`);
  });

  test('help', () => {
    for (const args of [[], ['help'], ['--help'], ['-h']]) {
      expect(configCommand(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('config diff') });
    }
  });
});

interface Difference {
  verdict: string;
  reload: { name: string }[];
  restart: { name: string }[];
  partly: { name: string }[];
  ignored: { name: string }[];
}

function diff(before: string, after: string, ...flags: string[]): Outcome {
  return configCommand(['diff', file('a.conf', before), file('b.conf', after), ...flags], ENV);
}

describe('config diff', () => {
  const user = (fields: string) => `authorization { users: [{user: a, ${fields}}] }`;
  test.each<[before: string, after: string, reload: string[], restart: string[], flags?: string[]]>([
    ['port: 4222', 'port: 4222', [], []],
    ['port: 4222', 'listen: 4222', [], []],
    ['port: 4222', 'max_payload: 1MB', [], []],
    ['X: 5\nping_max: $X', 'ping_max: 5', [], []],
    ['ping_interval: "60s"', 'ping_interval: "1m"', [], []],
    ['max_payload: 1MB', 'max_payload: 2MB', ['max_payload'], []],
    ['max_payload: 2MB', 'debug: false', ['max_payload'], []],
    ['port: 1', 'port: 2', [], ['port']],
    ['mappings { a: b, c: d }', 'mappings { c: d, a: b }', ['mappings[order]'], []],
    ['mappings { a: b }', 'mappings { a: c }', ['mappings.a'], []],
    ['port: 1', 'port: 2', [], [], ['-p', '9']],
    ['http: 1', 'http: 2', [], ['http']],
    ['server_name: a', 'server_name: b\ndebug: true', ['debug'], ['server_name']],
    ['trace: false', 'trace_verbose: true', ['trace', 'trace_verbose'], []],
    [user('pass: b'), user('pass: c'), ['authorization.users[a].password'], []],
    [user('pass: b'), user('password: b'), [], []],
    [
      'authorization { users: [{user: a, pass: x}, {user: b, pass: y}] }',
      'authorization { users: [{user: b, pass: y}, {user: a, pass: x}] }',
      [],
      [],
    ],
    [
      user('permissions: {publish: a}'),
      user('permissions: {pub: {allow: [a, b]}}'),
      ['authorization.users[a].permissions.publish.allow'],
      [],
    ],
    [user('permissions: {publish: a}'), user('permissions: {pub: {allow: [a]}}'), [], []],
    ['authorization { token: a }', 'debug: false', ['authorization.token'], []],
    [`${user('pass: b')}\nno_auth_user: a`, user('pass: b'), [], ['no_auth_user']],
  ])('%j to %j', (before, after, reload, restart, flags = []) => {
    const { code, stdout } = diff(before, after, '--json', ...flags);
    const found = JSON.parse(stdout) as Difference;
    const names = (changes: { name: string }[]) => changes.map(({ name }) => name).sort();
    expect([names(found.reload), names(found.restart)]).toEqual([reload, restart]);
    const verdict = restart.length > 0 ? 'restart' : reload.length > 0 ? 'reload' : 'same';
    expect([found.verdict, code]).toEqual([verdict, verdict === 'same' ? 0 : 1]);
  });

  test.each(
    (OPTIONS as readonly OptionSpec[]).filter((row) => row.type.kind === 'bool' && row.key && row.inFile !== false),
  )('$name goes by its reload column', ({ name, reload, default: value }) => {
    const found = JSON.parse(diff(`${name}: ${value}`, `${name}: ${!value}`, '--json').stdout) as Difference;
    const changes = reload === 'N' ? found.restart : found.reload;
    expect(changes.map((change) => change.name)).toContain(name);
  });

  test('options that are skipped are told apart', () => {
    const { code, stdout } = diff(
      'jetstream { max_mem: 1 }',
      'jetstream { max_mem: 2 }',
      '--json',
      '--allow-unsupported',
    );
    const found = JSON.parse(stdout) as Difference;
    expect(found.ignored.map(({ name }) => name)).toEqual(['jetstream.max_memory_store']);
    expect([found.verdict, code]).toEqual(['reload', 1]);
  });

  test('as text', () => {
    const { stdout } = diff('port: 1\nmax_payload: 1MB', 'port: 2\nmax_payload: 2MB');
    expect(stdout).toMatch(
      /^A reload applies:\n {2}max_payload\n {4}- 1MB {2}\S+a\.conf:2\n {4}\+ 2MB {2}\S+b\.conf:2$/m,
    );
    expect(stdout).toMatch(/^Needs a restart:\n {2}port\n/m);
    expect(stdout).toMatch(/^A reload would be refused because of port, and nothing of it would apply/m);
    expect(diff('port: 1', 'port: 1').stdout).toBe('Both say the same.\n');
    expect(diff('debug: true', 'debug: false').stdout).toMatch(/A reload goes through\.\n$/);
  });

  test('one that can not be used', () => {
    expect(diff('port: 1', 'prot: 1')).toMatchObject({ code: 2, stdout: '' });
  });
});
