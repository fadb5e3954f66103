/** Sections 1.14, 3.2, 3.3, 3.4 and 3.6: the process: start-up lines, signals, files, exit codes. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { proves } from '../support/proves.js';
import { endServersAfterEach, runToExit, TestServer, writeConfig } from '../support/server.js';

const dir = mkdtempSync(join(tmpdir(), 'nats-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
endServersAfterEach();

describe('signals', () => {
  const signals: [NodeJS.Signals, string][] = [
    ['SIGINT', 'interrupt'],
    ['SIGTERM', 'terminated'],
  ];
  for (const [signal, name] of signals) {
    proves(['1.14-01', '3.2-01'], `${signal} is logged and ends with 0`, async () => {
      const server = await TestServer.start();
      const client = await server.open();
      server.kill(signal);
      await client.expectClosed();
      expect(await server.exited).toEqual({ code: 0, signal: null });
      const texts = server.log.map((line) => line.replace(/^.*\[INF\] /, ''));
      const last = texts.filter((text) => /^Trapped|^Initiating|^Server Exiting/.test(text));
      expect(last).toEqual([`Trapped "${name}" signal`, 'Initiating Shutdown...', 'Server Exiting..']);
    });
  }

  proves('3.2-05', 'SIGUSR1 without a log file is logged and harmless', async () => {
    const server = await TestServer.start();
    server.kill('SIGUSR1');
    await server.waitForLog(/File log re-open ignored, not a file logger/);
    await (await server.open()).exchange('', '');
  });

  const commands: [string, Partial<{ code: number | null; signal: NodeJS.Signals | null }>][] = [
    ['quit', { code: 0 }],
    ['term', { code: 0 }],
    ['ldm', { code: 0 }],
    ['stop', { code: null, signal: 'SIGKILL' }],
  ];
  for (const [name, ending] of commands) {
    proves('3.2-02', `--signal ${name}=PID`, async () => {
      const server = await TestServer.start();
      const run = await runToExit(['--signal', `${name}=${server.pid}`]);
      expect(run.exit).toEqual({ code: 0, signal: null });
      expect(await server.exited).toMatchObject(ending);
    });
  }

  proves('3.2-02', '--signal with a pid file', async () => {
    const file = join(dir, 'signal.pid');
    const server = await TestServer.start({ args: ['-P', file] });
    expect((await runToExit(['-sl', `quit=${file}`])).exit.code).toBe(0);
    expect((await server.exited).code).toBe(0);
  });

  const errors: [string, RegExp][] = [
    ['quit=abc', /^nats-server: invalid pid: abc$/],
    ['quit=999999999', /^nats-server: \n?signal "quit" 999999999: no such process$/],
    [`bogus=${process.pid}`, /^nats-server: unknown signal "bogus"$/],
  ];
  for (const [argument, text] of errors) {
    proves('3.2-03', `--signal ${argument.replace(/\d{3,}/, 'PID')}`, async () => {
      const { exit, stderr } = await runToExit(['--signal', argument]);
      expect(stderr.trim()).toMatch(text);
      expect(exit.code).toBe(1);
    });
  }
});

describe('files', () => {
  proves(['3.3-01', '1.14-02'], 'the pid file: digits, no newline, stays', async () => {
    const file = join(dir, 'server.pid');
    const server = await TestServer.start({ config: `pid_file: "${file}"\n` });
    expect(readFileSync(file, 'utf8')).toBe(String(server.pid));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    server.kill('SIGINT');
    await server.exited;
    expect(existsSync(file)).toBe(true);
    const flagged = await TestServer.start({ args: ['-P', file] });
    expect(readFileSync(file, 'utf8')).toBe(String(flagged.pid));
  });

  proves(['3.3-02', '1.14-02'], 'the ports file: bound URLs by kind, gone at shutdown', async () => {
    const plain = await TestServer.start();
    const file = plain.portsFile as string;
    expect(basename(file)).toBe(`nats-server_${plain.pid}.ports`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ nats: [`nats://127.0.0.1:${plain.port}`] });
    const monitored = await TestServer.start({ monitor: true });
    expect(JSON.parse(readFileSync(monitored.portsFile as string, 'utf8'))).toEqual({
      nats: [`nats://127.0.0.1:${monitored.port}`],
      monitoring: [`http://127.0.0.1:${monitored.monitorPort}`],
    });
    plain.kill('SIGTERM');
    await plain.exited;
    expect(existsSync(file)).toBe(false);
  });
});

describe('log', () => {
  proves(['3.4-01', '3.4-02'], 'start-up lines, in order', async () => {
    const server = await TestServer.start({
      monitor: true,
      config: 'server_name: herta\nauthorization { user: u, password: pw }\n',
    });
    const { info } = await server.connect();
    for (const line of server.log) {
      expect(line).toMatch(
        new RegExp(`^\\[${server.pid}\\] \\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6} \\[(INF|WRN)\\] `),
      );
    }
    const wanted = [
      /\[INF\] Starting nats-server$/,
      /\[INF\] {3}Version: {2}\d+\.\d+\.\d+/,
      /\[INF\] {3}Name: {5}herta$/,
      new RegExp(`\\[INF\\] {3}ID: {7}${info.server_id}$`),
      /\[WRN\] Plaintext passwords detected, use nkeys or bcrypt$/,
      /\[INF\] Using configuration file: \S*server\.conf \(sha256:[0-9a-f]{64}\)$/,
      new RegExp(`\\[INF\\] Starting http monitor on 127\\.0\\.0\\.1:${server.monitorPort}$`),
      new RegExp(`\\[INF\\] Listening for client connections on 127\\.0\\.0\\.1:${server.port}$`),
      /\[INF\] Server is ready$/,
    ];
    const at = wanted.map((pattern) => server.log.findIndex((line) => pattern.test(line)));
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  proves('3.4-01', 'without time when logtime is off', async () => {
    const server = await TestServer.start({ config: 'logtime: false\n' });
    expect(server.log).toContain(`[${server.pid}] [INF] Server is ready`);
  });
});

describe('exit codes', () => {
  proves('3.6-01', '-v and --version', async () => {
    for (const flag of ['-v', '--version']) {
      const { exit, stdout } = await runToExit([flag]);
      expect(stdout).toMatch(/^nats-server: v\d+\.\d+\.\d+/);
      expect(exit.code).toBe(0);
    }
  });

  proves('3.6-02', '-t', async () => {
    const good = writeConfig(dir, 'port: 4222\n', 'good.conf');
    const valid = await runToExit(['-t', '-c', good]);
    expect(valid.stderr).toMatch(/^nats-server: configuration file \S+good\.conf is valid \(sha256:[0-9a-f]{64}\)$/);
    expect(valid.exit.code).toBe(0);
    const bad = await runToExit(['-t', '-c', writeConfig(dir, 'port: 4222\nbogus: 1\n', 'bad.conf')]);
    expect(bad.stderr).toMatch(/bad\.conf:2:\d+: unknown field "bogus"/);
    expect(bad.exit.code).toBe(1);
    const none = await runToExit(['-t']);
    expect(none.stderr).toContain('nats-server: must specify [-c, --config] option to check configuration file syntax');
    expect(none.exit.code).toBe(1);
  });

  proves(
    '3.6-02',
    '-t names what --allow-unsupported would skip',
    async () => {
      const file = writeConfig(dir, 'port: 4222\njetstream {}\n', 'skips.conf');
      const { exit, stderr } = await runToExit(['-t', '--allow-unsupported', '-c', file]);
      expect(stderr.split('\n')).toEqual([
        expect.stringMatching(/skips\.conf:2:\d+: ignoring "jetstream"/),
        expect.stringMatching(/skips\.conf is valid/),
      ]);
      expect(exit.code).toBe(0);
    },
    { oursOnly: 'the reference has no such flag' },
  );

  proves('3.6-03', 'a bad configuration', async () => {
    const file = writeConfig(dir, 'max_payload: 1MB\nmax_connections: lots\n', 'type.conf');
    const bad = await runToExit(['-a', '127.0.0.1', '-p', '-1', '-c', file]);
    expect(bad.stderr).toMatch(/^nats-server: /);
    expect(bad.stderr).toContain('type.conf:2:');
    expect(bad.exit.code).toBe(1);
    const broken = await runToExit(['-c', writeConfig(dir, 'authorization {\n', 'broken.conf')]);
    expect(broken.exit.code).toBe(1);
    const missing = await runToExit(['-c', join(dir, 'missing.conf')]);
    expect(missing.stderr).toMatch(/^nats-server: open \S+missing\.conf: no such file or directory$/);
    expect(missing.exit.code).toBe(1);
  });

  proves('3.6-04', 'an unknown flag or a bad value: usage on stdout, exit 0', async () => {
    const unknown = await runToExit(['-bogus']);
    expect(unknown.stderr).toContain('flag provided but not defined: -bogus');
    expect(unknown.stdout).toMatch(/Usage/);
    expect(unknown.exit.code).toBe(0);
    const value = await runToExit(['-p', 'abc']);
    expect(value.stderr).toContain('invalid value "abc" for flag -p: parse error');
    expect(value.exit.code).toBe(0);
  });

  proves('3.6-05', 'an unknown command', async () => {
    const { exit, stderr } = await runToExit(['foo']);
    expect(stderr.trim()).toBe('nats-server: unrecognized command: "foo"');
    expect(exit.code).toBe(1);
  });

  proves('3.6-06', 'a port in use', async () => {
    const server = await TestServer.start();
    const second = await runToExit(['-a', '127.0.0.1', '-p', String(server.port)]);
    expect(second.stderr).toMatch(/address already in use/);
    expect(second.exit.code).toBe(1);
    await (await server.open()).exchange('', '');
  });

  proves('3.6-07', '-h', async () => {
    for (const flag of ['-h', '--help']) {
      const { exit, stdout } = await runToExit([flag]);
      expect(stdout).toMatch(/Usage/);
      expect(stdout).toMatch(/--config/);
      expect(exit.code).toBe(0);
    }
  });
});
