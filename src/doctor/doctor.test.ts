/** Every finding of every check, each on a fake machine made to cause it. */

import { describe, expect, test } from 'vitest';
import { loadConfigText } from '../config/load.js';
import { resolveOptions } from '../config/resolve.js';
import type { CheckInput } from './check-input.js';
import { bytesText, type Finding } from './finding.js';
import { runChecks } from './run-checks.js';
import { CERTIFICATE, KEY, NAMELESS_CERTIFICATE, OTHER_KEY } from './testing/certificates.js';
import { type FakeFacts, machineWith, NOW } from './testing/fake-machine.js';

const DAY = 86_400_000;
const GIB = 1024 ** 3;

function input(config: string, file?: string): CheckInput {
  const { options, root } = loadConfigText(config, 'F', { env: {}, allowUnsupported: true });
  const setNames = new Set([...root.keys()]);
  return { ...(file && { file }), options: resolveOptions(options), root, setNames };
}

async function findings(config: string, facts: FakeFacts = {}, file?: string): Promise<Finding[]> {
  return runChecks(input(config, file), machineWith(facts));
}

/** Warnings and problems as `level check: message`. */
async function complaints(config: string, facts: FakeFacts = {}, file?: string): Promise<string[]> {
  const found = await findings(config, facts, file);
  return found.flatMap(({ level, check, message }) => (level === 'ok' ? [] : [`${level} ${check}: ${message}`]));
}

const limits = (soft: string, hard: string) => ({
  '/proc/self/limits': `Max open files            ${soft}              ${hard}              files     \n`,
});

test('a machine without problems', async () => {
  const found = await findings(
    'log_file: /tmp/a.log\nlog_size_limit: 1MB\npid_file: /tmp/pid\nhttp: 8222\nstore_dir: /tmp/s',
  );
  expect(found.filter(({ level }) => level !== 'ok')).toEqual([]);
  expect(found.map(({ check }) => check)).toEqual([
    'listener 0.0.0.0:4222 (port)',
    'listener 0.0.0.0:8222 (http)',
    'open files',
    'accept queue',
    'memory',
    'log_file /tmp/a.log',
    'pid_file /tmp/pid',
    'store_dir /tmp/s',
    'store_dir /tmp/s',
    'store_dir /tmp/s',
    'clock',
    'Node',
  ]);
});

describe('every finding says what to do', () => {
  test.each<[string, FakeFacts]>([
    ['max_connections: 70000', { texts: limits('1024', '4096') }],
    ['port: 80\nhost: x', { bind: { 80: 'EACCES' } }],
    ['store_dir: /a/b', { files: { '/': { kind: 'directory', writable: false } } }],
    ['tls { cert_file: c }', {}],
  ])('%j', async (config, facts) => {
    const found = (await findings(config, facts)).filter(({ level }) => level !== 'ok');
    expect(found.length).toBeGreaterThan(0);
    for (const { todo } of found) expect(todo).toMatch(/^[A-Z].*\.$/);
  });
});

describe('open files and the accept queue', () => {
  test.each<[string, FakeFacts, string[]]>([
    ['port: 1', { texts: limits('1024', '65600') }, []],
    ['port: 1', { texts: limits('1024', 'unlimited') }, []],
    [
      'port: 1',
      { texts: limits('1024', '65599') },
      ['warning open files: the limit is 65599, but max_connections is 65536'],
    ],
    [
      'max_connections: 5000',
      { texts: limits('1024', '4096') },
      ['problem open files: the limit is 4096, but max_connections is 5000'],
    ],
    ['max_connections: 0', { texts: limits('10', '10') }, []],
    ['port: 1', { texts: { '/proc/self/limits': '' }, platform: 'darwin' }, []],
    [
      'port: 1',
      { texts: { '/proc/sys/net/core/somaxconn': '128\n' } },
      ['warning accept queue: net.core.somaxconn is 128, so many clients that reconnect at once have to try again'],
    ],
  ])('%j on %j', async (config, facts, expected) => {
    expect(await complaints(config, facts)).toEqual(expected);
  });
});

describe('listeners', () => {
  test.each<[string, FakeFacts, string[]]>([
    ['port: -1', { bind: { 4222: 'EADDRINUSE' } }, []],
    [
      'port: 4222',
      { bind: { 4222: 'EADDRINUSE' } },
      ['problem listener 0.0.0.0:4222 (port): another process listens there already'],
    ],
    [
      'pid_file: /tmp/pid',
      { bind: { 4222: 'EADDRINUSE' }, texts: { '/tmp/pid': '77' }, alive: [77] },
      ['warning listener 0.0.0.0:4222 (port): in use, and the process 77 named in the pid file is running'],
    ],
    [
      'pid_file: /tmp/pid',
      { bind: { 4222: 'EADDRINUSE' }, texts: { '/tmp/pid': '77' } },
      ['problem listener 0.0.0.0:4222 (port): another process listens there already'],
    ],
    [
      'port: 80',
      { bind: { 80: 'EACCES' }, texts: { '/proc/sys/net/ipv4/ip_unprivileged_port_start': '90' } },
      ['problem listener 0.0.0.0:80 (port): this user may not listen below port 90'],
    ],
    [
      'listen: "10.9.9.9:4222"',
      { bind: { 4222: 'EADDRNOTAVAIL' } },
      ['problem listener 10.9.9.9:4222 (port): this machine has no address 10.9.9.9'],
    ],
    [
      'http: "[::1]:8222"',
      { bind: { 8222: 'EAFNOSUPPORT' } },
      ['problem listener [::1]:8222 (http): this machine does not speak the protocol of ::1'],
    ],
    ['port: 5', { bind: { 5: 'EWHAT' } }, ['problem listener 0.0.0.0:5 (port): listening fails (EWHAT)']],
    [
      'host: nowhere',
      { hosts: { nowhere: 'ENOTFOUND' } },
      ['problem listener nowhere:4222 (port): the host nowhere is not known (ENOTFOUND)'],
    ],
    ['port: 4222\nhttp: 4222', {}, ['problem listeners: clients and monitoring are both to listen on port 4222']],
    ['listen: "10.0.0.1:4222"\nhttp: "10.0.0.2:4222"', {}, []],
    ['http: 8222\nprof_port: 8222', {}, ['problem listeners: monitoring and profiles are both to listen on port 8222']],
    [
      'prof_port: 6060',
      { bind: { 6060: 'EWHAT' } },
      ['problem listener 0.0.0.0:6060 (prof_port): listening fails (EWHAT)'],
    ],
    ['prof_port: -1', {}, []],
    [
      'port: 40000',
      {},
      [
        'warning port 40000 (port): lies in the range 32768-60999 of outgoing connections, any of which may take it before a start',
      ],
    ],
    ['port: 40000', { texts: { '/proc/sys/net/ipv4/ip_local_reserved_ports': '8080,39000-41000\n' } }, []],
    ['port: 40000', { texts: { '/proc/sys/net/ipv4/ip_local_port_range': '' } }, []],
  ])('%j on %j', async (config, facts, expected) => {
    expect(await complaints(config, facts)).toEqual(expected);
  });
});

describe('memory', () => {
  const v2 = (path: string, files: Record<string, string>) => ({
    texts: { '/proc/self/cgroup': `0::${path}\n`, ...files },
  });
  test.each<[string, FakeFacts, string[]]>([
    ['port: 1', v2('/', { '/sys/fs/cgroup/memory.max': 'max\n' }), []],
    [
      'port: 1',
      v2('/', { '/sys/fs/cgroup/memory.max': '67108864\n' }),
      ['problem memory: the container limit 64 MiB: too little to start'],
    ],
    [
      'port: 1',
      v2('/a/b', { '/sys/fs/cgroup/a/memory.max': '134217728\n', '/sys/fs/cgroup/a/b/memory.max': '1073741824' }),
      ['warning memory: the container limit 128 MiB, and max_pending lets a single slow client hold 64 MiB of it'],
    ],
    [
      'max_payload: 60MB',
      v2('/', { '/sys/fs/cgroup/memory.max': '209715200' }),
      [
        'warning memory: the container limit 200 MiB, and max_pending lets a single slow client hold 64 MiB of it',
        'warning memory: the container limit 200 MiB, and a single message of max_payload may take 60 MiB of it',
      ],
    ],
    [
      'port: 1',
      {
        texts: {
          '/proc/self/cgroup': '5:cpu:/x\n4:memory:/docker/x\n0::/\n',
          '/sys/fs/cgroup/memory/memory.limit_in_bytes': '100000000\n',
        },
      },
      ['problem memory: the container limit 95 MiB: too little to start'],
    ],
    [
      'port: 1',
      {
        texts: {
          '/proc/self/cgroup': '4:memory:/\n',
          '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
        },
      },
      [],
    ],
    ['port: 1', { totalMemoryBytes: 1e8 }, ['problem memory: this machine has 95 MiB: too little to start']],
  ])('%j on %j', async (config, facts, expected) => {
    expect(await complaints(config, facts)).toEqual(expected);
  });
});

describe('files', () => {
  const limited = '\nlog_size_limit: 1MB';
  test.each<[string, FakeFacts, string[]]>([
    [`log_file: /tmp/a.log`, {}, ['warning log_file /tmp/a.log: grows without limit']],
    [`log_file: /no/a.log${limited}`, {}, ['problem log_file /no/a.log: the directory /no does not exist']],
    [
      `log_file: /no/a.log${limited}`,
      { files: { '/no': 'EACCES' } },
      ['problem log_file /no/a.log: the directory /no can not be looked at (EACCES)'],
    ],
    [
      `log_file: /tmp/a.log${limited}`,
      { files: { '/tmp/a.log': { writable: false } } },
      ['problem log_file /tmp/a.log: is not writable'],
    ],
    [`log_file: /tmp${limited}`, {}, ['problem log_file /tmp: is a directory']],
    [`log_file: /tmp/a${limited}`, { disk: { freeBytes: 1e6 } }, ['problem log_file /tmp/a: 977 KiB free']],
    [
      'pid_file: /tmp/x/pid',
      { files: { '/tmp/x': { kind: 'directory', writable: false } } },
      ['problem pid_file /tmp/x/pid: the directory /tmp/x is not writable'],
    ],
    ['ports_file_dir: /no', {}, ['problem ports_file_dir /no: the directory /no does not exist']],
    ['ports_file_dir: /f', { files: { '/f': {} } }, ['problem ports_file_dir /f: /f is no directory']],
    ['ports_file_dir: /tmp', {}, []],
  ])('%j on %j', async (config, facts, expected) => {
    expect(await complaints(config, facts)).toEqual(expected);
  });

  const secret = 'authorization { user: a, pass: b }';
  test.each<[string, FakeFacts, string[]]>([
    [secret, { files: { '/c': { mode: 0o640 } } }, []],
    [secret, { files: { '/c': { mode: 0o644 } }, platform: 'win32' }, []],
    ['port: 1', { files: { '/c': { mode: 0o644 } } }, []],
    [
      secret,
      { files: { '/c': { mode: 0o644 } } },
      ['warning file /c: holds credentials, and every user of this machine may read it'],
    ],
  ])('the file itself: %j on %j', async (config, facts, expected) => {
    expect(await complaints(config, facts, '/c')).toEqual(expected);
  });
});

describe('the store', () => {
  const at = 'store_dir /tmp/s';
  test.each<[string, FakeFacts, string[]]>([
    ['store_dir: /tmp/s', { files: { '/tmp/s': { kind: 'directory' } } }, []],
    ['store_dir: /tmp/s', { files: { '/tmp/s': {} } }, [`problem ${at}: /tmp/s is no directory`]],
    ['store_dir: /tmp/s', { files: { '/tmp/s': 'EACCES' } }, [`problem ${at}: can not be looked at (EACCES)`]],
    [
      'store_dir: /tmp/s',
      { files: { '/tmp/s': { kind: 'directory', writable: false } } },
      [`problem ${at}: is not writable`],
    ],
    [
      'store_dir: /tmp/s/t',
      { files: { '/tmp': { kind: 'directory', writable: false } } },
      ['problem store_dir /tmp/s/t: does not exist, and /tmp is not writable'],
    ],
    [
      'store_dir: /tmp/s',
      { files: { '/tmp/s': 'ENOENT', '/tmp': 'ENOENT', '/': 'ENOENT' } },
      [`problem ${at}: can not be looked at`],
    ],
    ['store_dir: /tmp/s', { disk: { freeBytes: GIB / 2 } }, [`problem ${at}: 512 MiB of 100 GiB free`]],
    ['store_dir: /tmp/s', { disk: { freeBytes: 4 * GIB } }, [`warning ${at}: 4 GiB of 100 GiB free`]],
    ['store_dir: /tmp/s', { disk: { freeInodes: 9 } }, [`warning ${at}: only 9 inodes are free`]],
    ['store_dir: /tmp/s', { disk: { freeInodes: 0, totalInodes: 0 } }, []],
    [
      'jetstream { store_dir: /tmp/s, max_file: 60GB }',
      {},
      ['warning jetstream.store_dir /tmp/s: 50 GiB of 100 GiB free, but JetStream may store 60 GiB'],
    ],
    [
      'store_dir: /tmp/s',
      { disk: { type: 0x6969 } },
      [
        `warning ${at}: lies on NFS: locks and syncs over a network are slow, and may be lost when the server of the files restarts`,
      ],
    ],
    [
      'store_dir: /tmp/s',
      { disk: { type: 0x794c7630 } },
      [`warning ${at}: lies on overlay: what is stored goes away with the container`],
    ],
    [
      'store_dir: /tmp/s',
      { disk: { type: 0x01021994 } },
      [`warning ${at}: lies on tmpfs: it is memory: what is stored is gone after a restart`],
    ],
    // As a signed number, which some platforms give.
    [
      'store_dir: /tmp/s',
      { disk: { type: 0xff534d42 | 0 } },
      [
        `warning ${at}: lies on CIFS: locks and syncs over a network are slow, and may be lost when the server of the files restarts`,
      ],
    ],
    ['store_dir: /tmp/s', { disk: { type: 12345 } }, []],
  ])('%j on %j', async (config, facts, expected) => {
    expect(await complaints(config, facts)).toEqual(expected);
  });
});

describe('certificates', () => {
  const pair = 'tls { cert_file: /c, key_file: /k }';
  const texts = { '/c': CERTIFICATE, '/k': KEY };
  const expiry = Date.parse('2036-11-18T00:00:00Z');
  test.each<[string, FakeFacts, RegExp[]]>([
    [pair, { texts }, []],
    [
      pair,
      { texts, nowMs: expiry - 10 * DAY },
      [/^warning tls\.cert_file \/c: the certificate expires in \d+ days, on 2036-11-\d\d$/],
    ],
    [
      pair,
      { texts, nowMs: expiry + 5 * DAY },
      [/^problem tls\.cert_file \/c: the certificate expired on 2036-11-\d\d$/],
    ],
    [
      pair,
      { texts, nowMs: NOW - 300 * DAY },
      [/^problem tls\.cert_file \/c: the certificate is valid only from 2026-11-\d\d$/],
    ],
    [pair, {}, [/^problem tls\.cert_file \/c: does not exist$/, /^problem tls\.key_file \/k: does not exist$/]],
    [
      pair,
      { files: { '/c': { readable: false }, '/k': { readable: false } } },
      [/^problem tls\.cert_file \/c: can not be read$/, /^problem tls\.key_file \/k: can not be read$/],
    ],
    [pair, { texts: { ...texts, '/k': OTHER_KEY } }, [/^problem tls\.key_file \/k: is not the key of cert_file$/]],
    [pair, { texts: { ...texts, '/k': 'hello' } }, [/^problem tls\.key_file \/k: is no private key$/]],
    [
      pair,
      { texts: { ...texts, '/k': '-----BEGIN ENCRYPTED PRIVATE KEY-----\n' } },
      [/^problem tls\.key_file \/k: is encrypted, and nobody is there to type the password$/],
    ],
    [pair, { texts: { ...texts, '/c': KEY } }, [/^problem tls\.cert_file \/c: holds no certificate in PEM form$/]],
    [
      pair,
      { texts: { ...texts, '/c': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' } },
      [/^problem tls\.cert_file \/c: holds a certificate that can not be read$/],
    ],
    [
      pair,
      { texts: { ...texts, '/c': NAMELESS_CERTIFICATE } },
      [/^warning tls\.cert_file \/c: names no host: clients will not accept it$/],
    ],
    [
      pair,
      { texts, files: { '/k': { mode: 0o644 } } },
      [/^warning tls\.key_file \/k: every user of this machine may read it$/],
    ],
    ['tls { cert_file: /c }', { texts }, [/^problem tls\.key_file: is missing beside cert_file$/]],
    ['tls { ca_file: /ca }', {}, [/^problem tls\.ca_file \/ca: does not exist$/]],
    ['tls { ca_file: /c }', { texts }, []],
    [
      'cluster { tls { cert_file: /x, key_file: /k } }',
      { texts },
      [/^problem cluster\.tls\.cert_file \/x: does not exist$/],
    ],
    [
      'tls { certs: [ {cert_file: /x, key_file: /k}, {cert_file: /c, key_file: /k} ] }',
      { texts },
      [/^problem tls\.cert_file \/x: does not exist$/],
    ],
  ])('%j on %j', async (config, facts, expected) => {
    const found = await complaints(config, { nowMs: NOW, ...facts });
    expect(found).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
  });
});

describe('clock and Node', () => {
  test.each<[FakeFacts, RegExp[]]>([
    [{ nowMs: 0 }, [/^problem clock: says 1970-01-01/]],
    [{ nowMs: Number.NaN }, [/^problem clock: says NaN/]],
    [{ nowMs: Date.parse('2150-01-01') }, [/^problem clock: says 2150-01-01/]],
    [{ files: { '/c': { modifiedMs: NOW + 30_000 } } }, []],
    [{ files: { '/c': { modifiedMs: NOW + 90_000 } } }, [/but \/c was written 90 seconds later than that$/]],
    [
      { files: { '/run/systemd/timesync': { kind: 'directory' } } },
      [/^warning clock: .* has not synchronised it yet$/],
    ],
    [{ files: { '/run/systemd/timesync': { kind: 'directory' }, '/run/systemd/timesync/synchronized': {} } }, []],
    [{ nodeVersion: '18.19.0' }, [/^problem Node: 18\.19\.0 is too old$/]],
  ])('%j', async (facts, expected) => {
    const found = await complaints('port: 1', facts, '/c');
    expect(found).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
  });

  test('the synchronising service is named where it is known', async () => {
    const kept = async (files: FakeFacts['files']) =>
      (await findings('port: 1', { files: files ?? {} })).find(({ check }) => check === 'clock')?.message;
    expect(await kept({ '/run/systemd/timesync/synchronized': {} })).toContain('kept by systemd-timesyncd');
    expect(await kept({ '/run/chrony': { kind: 'directory' } })).toContain('kept by chrony');
    expect(await kept({})).toContain('can not be seen from here');
  });
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [1024 ** 3 * 100, '100 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
