/**
 * The command as its operator has it: stopped under full load, told by `--signal`, its log moved and rotated, its
 * files where nothing can be written, its doors left open by mistake.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until, withDeadline } from '../support/deadline.js';
import { openClient } from '../support/raw.js';
import { endServersAfterEach, runToExit, TestServer, writeConfig } from '../support/server.js';
import { Traffic } from './traffic.js';

const LOOPBACK = ['-a', '127.0.0.1', '-p', '-1'];

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nats-turbo-operator-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
endServersAfterEach();

function texts(server: TestServer): string[] {
  return server.log.map((line) => line.replace(/^\[\d+\] \S+ \S+ /, ''));
}

describe('stopped under full load', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: exit code 0, every client sees the end, the log ends in order',
    async (signal) => {
      const server = await TestServer.start();
      const traffic = await Traffic.start(server.port, 3);
      server.kill(signal);
      expect(await withDeadline(server.exited, 'the server to end')).toEqual({ code: 0, signal: null });
      await withDeadline(traffic.closed, 'all clients to see the end');
      expect(texts(server).slice(-3)).toEqual([
        expect.stringMatching(/^\[INF\] Trapped "/),
        '[INF] Initiating Shutdown...',
        '[INF] Server Exiting..',
      ]);
    },
  );

  test('a second and a third signal change nothing', async () => {
    const server = await TestServer.start();
    const traffic = await Traffic.start(server.port, 2);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) server.kill(signal);
    expect(await withDeadline(server.exited, 'the server to end')).toEqual({ code: 0, signal: null });
    await withDeadline(traffic.closed, 'all clients to see the end');
    expect(texts(server).filter((text) => text.includes('Initiating Shutdown'))).toHaveLength(1);
  });

  test('a subscriber that reads nothing holds nothing up', async () => {
    const server = await TestServer.start();
    const traffic = await Traffic.start(server.port, 1);
    traffic.stopReading();
    await server.open();
    server.kill('SIGTERM');
    expect(await withDeadline(server.exited, 'the server to end')).toEqual({ code: 0, signal: null });
  });
});

describe('--signal', () => {
  test('finds the process by a pattern', async () => {
    const server = await TestServer.start();
    const { exit, stderr } = await runToExit(['--signal', `reopen=${server.pid}*`]);
    expect({ exit, stderr }).toEqual({ exit: { code: 0, signal: null }, stderr: '' });
    await server.waitForLog(/File log re-open ignored, not a file logger/);
  });

  test('reload is sent, refused with a sentence, and survived', async () => {
    const server = await TestServer.start();
    expect((await runToExit(['-sl', `reload=${server.pid}`])).exit.code).toBe(0);
    await server.waitForLog(/\[ERR\] Failed to reload server configuration: can only reload config when a file is/);
    await server.open();
  });

  test('ldm by a pid file; the process ends once it is empty', async () => {
    const file = join(dir, 'ldm.pid');
    const server = await TestServer.start({ args: ['-P', file] });
    expect((await runToExit([`--signal=ldm=${file}`])).exit.code).toBe(0);
    expect((await withDeadline(server.exited, 'the server to end')).code).toBe(0);
    expect(server.log.join('\n')).toContain('Entering lame duck mode');
  });
});

describe('the log file', () => {
  test('goes on under its name after it was moved away and --signal reopen', async () => {
    const file = join(dir, 'moved.log');
    const server = TestServer.spawn([...LOOPBACK, '-l', file], dir);
    await until(() => (read(file).includes('Server is ready') ? true : undefined), 'the log file');
    renameSync(file, `${file}.1`);
    expect((await runToExit(['--signal', `reopen=${server.pid}`])).exit.code).toBe(0);
    await until(() => (read(file).includes('File log re-opened') ? true : undefined), 'the new log file');
    server.kill('SIGTERM');
    await server.exited;
    expect(read(`${file}.1`)).toContain('Server is ready');
    expect(read(`${file}.1`)).not.toContain('Server Exiting');
    expect(read(file)).toContain('Server Exiting');
  });

  test.each([
    ['log_size_limit', 'log_max_num'],
    ['logfile_size_limit', 'logfile_max_num'],
  ])('%s sets it aside, %s bounds how many there are', async (limit, number) => {
    const folder = mkdtempSync(join(dir, 'rotation-'));
    const file = join(folder, 'x.log');
    const config = writeConfig(dir, `log_file: "${file}"\n${limit}: 400\n${number}: 3\n`, `${limit}.conf`);
    const server = TestServer.spawn([...LOOPBACK, '-D', '--ports_file_dir', folder, '-c', config], folder);
    const port = await until(() => portIn(read(server.portsFile ?? '')), 'the ports file');
    // Each coming and going is a line or two.
    for (let client = 0; client < 20; client++) {
      await (await openClient(port)).close();
    }
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    const names = readdirSync(folder).sort();
    expect(names).toHaveLength(3);
    expect(names.slice(1)).toEqual(names.slice(1).map(() => expect.stringMatching(/^x\.log\.\d{4}(\.\d+){6}$/)));
    expect(allOf(folder)).toContain('Rotated log, backup saved as');
    // The last line may be the one that has the file set aside.
    expect(allOf(folder)).toContain('Server Exiting');
  });
});

describe('files that can not be used: exit code 1, the file and a remedy', () => {
  const cases: [string, string[], RegExp][] = [
    ['a log file in no folder', ['-l', 'none/x.log'], /none\/x\.log: no such file or directory: create its folder/],
    ['a log file that is a folder', ['-l', '.'], /: is a directory: name a file in it/],
    ['a pid file in no folder', ['-P', 'none/x.pid'], /pid file \S+none\/x\.pid \(no such file .*create its folder/],
  ];
  test.each(cases)('%s', async (_what, [flag = '', name = ''], pattern) => {
    const { exit, stderr } = await runToExit([...LOOPBACK, flag, join(dir, name)]);
    expect(exit).toEqual({ code: 1, signal: null });
    expect(stderr).toMatch(pattern);
  });

  test('a configuration file that this user may not read', async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('skipped: needs root, to become somebody else');
    const file = writeConfig(dir, 'port: -1\n', 'secret.conf');
    chmodSync(file, 0o600);
    chmodSync(dir, 0o755);
    const command = ['dist/cli/nats-turbo.js', ...LOOPBACK, '-c', file];
    const child = spawn(process.execPath, command, { uid: 65_534, gid: 65_534, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const code = await withDeadline(
      new Promise((resolve) => child.once('close', resolve)),
      'the server to end',
    ).finally(() => child.kill('SIGKILL'));
    expect({ code, said }).toEqual({
      code: 1,
      said: `nats-server: open ${file}: permission denied: let the user who runs the server read it\n`,
    });
  });

  test('a folder for the ports file that is not there is said, and survived', async () => {
    const server = TestServer.spawn([...LOOPBACK, '--ports_file_dir', join(dir, 'none')], dir);
    await server.waitForLog(/\[ERR\] Error writing ports file \(\S+none\/nats-server_\d+\.ports\)/);
    await server.waitForLog(/Server is ready/);
  });

  test('a port in use: what to do comes before the line that tools look for', async () => {
    const server = await TestServer.start();
    const { exit, stderr } = await runToExit(['-a', '127.0.0.1', '-p', String(server.port)]);
    expect(exit.code).toBe(1);
    expect(stderr.split('\n').slice(-2)).toEqual([
      expect.stringMatching(/\[ERR\] client port \d+ on 127\.0\.0\.1 is in use: stop what listens there, or choose/),
      expect.stringMatching(/\[FTL\] Error listening on port: 127\.0\.0\.1:\d+, .*address already in use/),
    ]);
  });
});

describe('doors left open', () => {
  test('--pass without --user', async () => {
    const server = await TestServer.start({ args: ['--pass', 'secret'] });
    await server.waitForLog(/\[WRN\] NOBODY IS ASKED FOR CREDENTIALS: a password without a user/);
    await server.open();
  });

  test('operators that --allow-unsupported skips', async () => {
    const config = 'trusted_keys: ["OA"]\n';
    const server = await TestServer.start({ config, args: ['--allow-unsupported'] });
    await server.waitForLog(/\[WRN\] NOBODY IS ASKED FOR CREDENTIALS: trusted_keys is not there yet/);
    const file = join(dir, 'operators.conf');
    writeFileSync(file, config);
    const checked = await runToExit(['-t', '--allow-unsupported', '-c', file]);
    expect(checked.stderr).toMatch(/^NOBODY IS ASKED FOR CREDENTIALS/m);
  });
});

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The port in a ports file; undefined while that is only half written. */
function portIn(text: string): number | undefined {
  try {
    return Number(new URL(JSON.parse(text).nats[0]).port);
  } catch {
    return undefined;
  }
}

function allOf(folder: string): string {
  return readdirSync(folder)
    .map((name) => read(join(folder, name)))
    .join('');
}
