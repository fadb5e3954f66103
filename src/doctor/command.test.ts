/** The command: valid, invalid and unreadable configurations; text, JSON and exit codes. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doctorCommand } from './command.js';
import type { Finding } from './finding.js';
import { localMachine } from './local-machine.js';
import { machineWith } from './testing/fake-machine.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function ask(text: string, ...flags: string[]) {
  const path = join(dir, 'd.conf');
  writeFileSync(path, text);
  const outcome = await doctorCommand(['-c', path, '--json', ...flags], machineWith(), {});
  const { healthy, findings } = JSON.parse(outcome.stdout) as { healthy: boolean; findings: Finding[] };
  return { ...outcome, healthy, findings };
}

const complaints = (findings: Finding[]) =>
  findings.filter(({ level }) => level !== 'ok').map(({ message }) => message);

describe('doctor', () => {
  test('a configuration without findings', async () => {
    const { code, healthy, findings } = await ask('port: 4222');
    expect([code, healthy, complaints(findings)]).toEqual([0, true, []]);
    expect(findings[0]).toMatchObject({ level: 'ok', message: 'can be used' });
  });

  test('warnings leave the exit code at 0', async () => {
    const { code, healthy, findings } = await ask('port: 40000\nping_interval: 5');
    expect([code, healthy, complaints(findings).length]).toEqual([0, true, 2]);
  });

  test('users without a password, and a server that nobody can enter', async () => {
    const { code, findings } = await ask('authorization { users: [{ user: a }] }');
    expect([code, complaints(findings)]).toEqual([0, [expect.stringContaining('user "a" has no password')]]);
    const closed = await ask('authorization { users: [] }');
    expect(complaints(closed.findings)).toEqual([expect.stringContaining('NOBODY CAN CONNECT')]);
  });

  test('a refused configuration: the machine is checked too', async () => {
    const { code, healthy, findings } = await ask('prot: 1\nport: 40000\nlog_file: /no/a.log\nlog_size_limit: 1MB');
    expect([code, healthy]).toEqual([1, false]);
    expect(complaints(findings)).toEqual([
      expect.stringContaining('d.conf:1:0: unknown field "prot", did you mean "port"?'),
      expect.stringContaining('lies in the range'),
      'the directory /no does not exist',
    ]);
  });

  test('options that are not supported yet: reported, and their files checked', async () => {
    const { code, findings } = await ask('tls { cert_file: /c, key_file: /k }\nzork: 1');
    expect(code).toBe(1);
    expect(complaints(findings)).toEqual([
      expect.stringMatching(/"tls" can't be used|unknown field "zork"/),
      expect.stringMatching(/"tls" can't be used|unknown field "zork"/),
      'does not exist',
      'does not exist',
    ]);
  });

  test('options of a refused configuration count, under any alias', async () => {
    const { findings } = await ask('max_conn: 2000000\nzork: 1');
    expect(findings.filter(({ level }) => level === 'problem').map(({ check }) => check)).toEqual([
      expect.stringContaining('d.conf'),
      'open files',
    ]);
  });

  test('options that contradict each other', async () => {
    const { code, findings } = await ask('max_payload: 10MB\nmax_pending: 1MB');
    expect(code).toBe(1);
    expect(complaints(findings)).toEqual([
      expect.stringMatching(/d\.conf:1:14: max_payload \(10485760\) cannot be higher than max_pending \(1048576\)$/),
    ]);
    expect(findings[0]?.todo).toBe('Raise max_pending or lower max_payload.');
  });

  test('text that is no configuration', async () => {
    const { code, findings } = await ask('port: [');
    expect(code).toBe(1);
    expect(complaints(findings)).toEqual([expect.stringMatching(/^Parse error on line 1/)]);
    expect(findings.length).toBeGreaterThan(4);
  });

  test('a file that is not there', async () => {
    const outcome = await doctorCommand(['-c', '/nowhere/x.conf'], machineWith(), {});
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toMatch(
      /^PROBLEM {2}configuration \/nowhere\/x\.conf: open \/nowhere\/x\.conf: no such file/,
    );
  });

  test('flags override the file', async () => {
    const { findings } = await ask('port: 40000', '-p', '4222');
    expect(complaints(findings)).toEqual([]);
  });

  test('as text', async () => {
    const { stdout, code } = await doctorCommand(['-p', '40000', '-l', '/no/x'], machineWith(), {});
    expect(code).toBe(1);
    expect(stdout).toMatch(/^WARNING {2}port 40000 \(port\): lies in .*\n {9}Use a port below 32768/m);
    expect(stdout).toMatch(/^PROBLEM {2}log_file \/no\/x: the directory \/no does not exist\n {9}Create it/m);
    expect(stdout).toMatch(/\n1 problem, 2 warnings, \d+ ok\n$/);
  });

  test('help and mistakes in the flags', async () => {
    expect(await doctorCommand(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('doctor [-c') });
    const wrong = await doctorCommand(['-zork']);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('not defined: -zork') });
    const refused = await doctorCommand(['--tls']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("--tls can't be used") });
    expect(await doctorCommand(['help', 'x'])).toMatchObject({ code: 0 });
  });
});

describe('the local machine', () => {
  test('distinguishes free ports from used ones', async () => {
    expect(await localMachine.tryBind('127.0.0.1', 0)).toBeUndefined();
    const server = createServer();
    const port = await new Promise<number>((listening) => {
      server.listen(0, '127.0.0.1', () => listening((server.address() as { port: number }).port));
    });
    expect(await localMachine.tryBind('127.0.0.1', port)).toBe('EADDRINUSE');
    await new Promise((closed) => server.close(closed));
    expect(await localMachine.tryBind('127.0.0.1', port)).toBeUndefined();
  });

  test('describes files', () => {
    writeFileSync(join(dir, 'f'), 'text', { mode: 0o600 });
    expect(localMachine.stat(join(dir, 'f'))).toMatchObject({ kind: 'file', readable: true, writable: true });
    expect(localMachine.stat(dir)).toMatchObject({ kind: 'directory', writable: true });
    expect(localMachine.stat(join(dir, 'nope'))).toBe('ENOENT');
    expect(localMachine.read(join(dir, 'f'))).toBe('text');
    expect(localMachine.read(join(dir, 'nope'))).toBeUndefined();
    expect(localMachine.fileSystem(dir)?.totalBytes).toBeGreaterThan(0);
    expect(localMachine.fileSystem(join(dir, 'nope'))).toBeUndefined();
  });

  test('resolves hosts and finds processes', async () => {
    expect(await localMachine.resolve('127.0.0.1')).toEqual(['127.0.0.1']);
    expect(localMachine.isAlive(process.pid)).toBe(true);
    expect(localMachine.isAlive(2 ** 30)).toBe(false);
  });
});
