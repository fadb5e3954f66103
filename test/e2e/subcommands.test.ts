/** `nats-turbo config explain`, `config diff` and `doctor` as an operator types them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { underReference } from '../support/server.js';

const root = resolve(import.meta.dirname, '../..');
const [program = '', ...first] = process.env.NATS_UNDER_TEST?.trim().split(/\s+/) ?? ['node', 'dist/cli/nats-turbo.js'];

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nats-test-'));
  writeFileSync(join(dir, 'limits.conf'), 'max_payload: 2MB\n');
  writeFileSync(join(dir, 'a.conf'), 'include "limits.conf"\nport: -1\nhost: 127.0.0.1\nserver_name: $OUR_NAME\n');
  writeFileSync(join(dir, 'b.conf'), 'port: -1\nhost: 127.0.0.1\nserver_name: $OUR_NAME\n');
});
afterAll(() => rmSync(dir, { recursive: true }));

function run(...args: string[]) {
  const env = { PATH: process.env.PATH, OUR_NAME: 'alpha' };
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], { cwd: root, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const at = (name: string) => join(dir, name);

describe.skipIf(underReference)('sub-commands', () => {
  test('config explain', () => {
    const { status, stdout, stderr } = run('config', 'explain', at('a.conf'), '-D');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^max_payload +2MB +\S+limits\.conf:1 \(include\)$/m);
    expect(stdout).toMatch(/^server_name +"alpha" +\S+a\.conf:4, environment variable OUR_NAME$/m);
    expect(stdout).toMatch(/^debug +true +flag -D$/m);
  });

  test('config diff, by its exit code', () => {
    expect(run('config', 'diff', at('a.conf'), at('a.conf')).status).toBe(0);
    const changed = run('config', 'diff', at('a.conf'), at('b.conf'));
    expect(changed.status).toBe(1);
    expect(changed.stdout).toContain('A reload goes through.');
    const missing = run('config', 'diff', at('a.conf'), at('c.conf'));
    expect([missing.status, missing.stdout]).toEqual([2, '']);
    expect(missing.stderr).toContain('no such file or directory');
  });

  test('doctor looks at this machine', () => {
    const { stdout, stderr } = run('doctor', '-c', at('a.conf'), '--json');
    expect(stderr).toBe('');
    const { findings } = JSON.parse(stdout) as { findings: { check: string; level: string }[] };
    const level = (check: string) => findings.find((finding) => finding.check.startsWith(check))?.level;
    expect([level('configuration'), level('listener 127.0.0.1:any'), level('Node')]).toEqual(['ok', 'ok', 'ok']);
  });

  test('doctor, by its exit code', () => {
    const { status, stdout } = run('doctor', '-c', at('b.conf'), '-P', '/no/such/folder/pid');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^PROBLEM {2}pid_file/m);
  });

  test('the help names them', () => {
    const { stdout } = run('--help');
    for (const words of ['config explain', 'config diff', 'doctor']) expect(stdout).toContain(words);
  });
});
