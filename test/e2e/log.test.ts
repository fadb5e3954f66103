/** The log on standard error: a pipe nobody reads, a terminal, JSON for machines, and storms of one complaint. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { until, withDeadline } from '../support/deadline.js';
import { get } from '../support/monitor.js';
import { openClient, RawClient } from '../support/raw.js';
import { endServersAfterEach, referenceCommand, TestServer } from '../support/server.js';

endServersAfterEach();

test('a pipe nobody reads holds up nobody; what did not fit is counted', async () => {
  const server = await TestServer.start({ config: 'trace: true\n', monitor: true });
  const pipe = server.child.stderr as NodeJS.ReadableStream;
  pipe.pause();
  const client = await server.open();
  const batch = `PUB n 1000\r\n${'x'.repeat(1000)}\r\n`.repeat(500);
  // More than the pipe and the memory for lines keep together.
  for (let i = 0; i < 25; i += 1) {
    client.send(batch);
    await client.ping();
    // The main thread answers, too: it is the one that logs.
    if (i % 8 === 0) expect((await get(server, '/varz')).status).toBe(200);
  }
  pipe.resume();
  await server.waitForLog(/\[WRN\] \d+ log lines? dropped: what takes the log did not keep up$/);
  await client.exchange('PING\r\n', 'PONG\r\n');
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.log.at(-1)).toMatch(/\[INF\] Server Exiting\.\.$/);
});

test('a pipe that stays full does not keep the process from ending', async () => {
  const server = await TestServer.start({ config: 'trace: true\n' });
  const pipe = server.child.stderr as NodeJS.ReadableStream;
  pipe.pause();
  const client = await server.open();
  for (let i = 0; i < 10; i += 1) {
    client.send(`PUB n 1000\r\n${'x'.repeat(1000)}\r\n`.repeat(500));
    await client.ping();
  }
  const ended = new Promise<number | null>((resolve) => server.child.once('exit', resolve));
  server.kill('SIGTERM');
  expect(await withDeadline(ended, 'the end')).toBe(0);
  pipe.resume();
  await server.exited;
});

test('a pipe whose reader is gone stops nobody', async () => {
  const server = await TestServer.start({ config: 'debug: true\n' });
  server.child.stderr?.destroy();
  for (let i = 0; i < 5; i += 1) {
    const client = await server.open();
    await client.ping();
    await client.close();
  }
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

describe('log_format: json', () => {
  test('every line is an object, with what it says of a connection as fields', async () => {
    const server = await TestServer.start({
      config:
        'log_format: json\nauthorization { timeout: 60, users: [{ user: "u\\"v", password: p, permissions: { publish: "a" } }] }\n',
      args: ['-DV'],
    });
    const client = await server.open({ user: 'u"v', pass: 'p', name: 'n"\u2028', lang: 'ts', protocol: 1 });
    await client.ping();
    client.send('PUB b\u0001 2\r\n{}\r\n');
    await client.next('-ERR');
    const { localPort } = client.socket;
    await client.close();
    await server.waitForLog(/connection closed/);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const objects = server.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const { time, level, pid, msg } of objects) {
      expect(new Date(time as string).toISOString()).toMatch(/^20/);
      expect(time).toMatch(/\.\d{6}(Z|[+-]\d\d:\d\d)$/);
      expect(['info', 'debug', 'trace', 'warn', 'error']).toContain(level);
      expect([pid, typeof msg]).toEqual([server.pid, 'string']);
    }
    const closed = objects.find(({ reason }) => reason !== undefined);
    const who = { kind: 'Client', cid: client.info.client_id, ip: '127.0.0.1', port: localPort };
    expect(closed).toMatchObject({ level: 'debug', ...who, account: '$G', user: 'u"v', reason: 'Client Closed' });
    const violation = objects.find(({ msg }) => String(msg).includes('Publish Violation'));
    expect(violation).toMatchObject({ level: 'error', ...who, user: 'u"v' });
    expect(objects.at(-1)).toMatchObject({ level: 'info', msg: 'Server Exiting..' });
  });

  test('time is left out, or in UTC, as the options say', async () => {
    const plain = await TestServer.start({ config: 'log_format: json\nlogtime: false\n' });
    await plain.stop();
    expect(JSON.parse(plain.log[0] as string)).not.toHaveProperty('time');
    const utc = await TestServer.start({ config: 'log_format: json\nlogtime_utc: true\n' });
    await utc.stop();
    expect(JSON.parse(utc.log[0] as string).time).toMatch(/\d{6}Z$/);
  });
});

describe('a storm of one complaint', () => {
  const config = 'authorization { timeout: 60, users: [{ user: u, password: p }] }\n';
  const complaints = (server: TestServer) =>
    server.log.filter((line) => line.includes('[ERR]') && line.includes('authentication error'));

  async function storm(server: TestServer): Promise<void> {
    for (let i = 0; i < 60; i += 1) {
      const client = await RawClient.connect(server.port);
      client.send(`CONNECT {"user":"x${i}","pass":"p"}\r\n`);
      await client.next('-ERR');
      client.destroy();
    }
  }

  test('is cut, counted and told', async () => {
    const server = await TestServer.start({ config });
    await storm(server);
    await server.stop();
    const lines = complaints(server);
    // On a machine so slow that a period passes, more than one count is told.
    const counts = lines.flatMap((line) => {
      const match = / \[ERR\] (\d+) more like this in the last \d+s: authentication error - User "x\d+"$/.exec(line);
      return match ? [Number(match[1])] : [];
    });
    expect(counts.length).toBeGreaterThan(0);
    expect(lines.length - counts.length + counts.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(lines.length).toBeLessThan(60);
  });

  test('is written in full for those who look for a mistake', async () => {
    const server = await TestServer.start({ config, debug: true });
    await storm(server);
    await server.stop();
    expect(complaints(server)).toHaveLength(60);
  });
});

describe('a terminal', () => {
  const children = new Set<ReturnType<typeof spawn>>();
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** The first line as a terminal gets it; undefined without Python. */
  async function firstLine(command: string[]): Promise<string | undefined> {
    const program = 'import pty, sys; pty.spawn(sys.argv[1:])';
    const args = ['-c', program, ...command, '-a', '127.0.0.1', '-p', '-1'];
    const child = spawn('python3', args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: join(import.meta.dirname, '../..'),
    });
    children.add(child);
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    const exists = await new Promise<boolean>((resolve) => {
      child.once('spawn', () => resolve(true));
      child.once('error', () => resolve(false));
    });
    if (!exists) return undefined;
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until(() => (text.includes('Server is ready') ? true : undefined), 'the server in a terminal');
    const pid = Number(/\[(\d+)\]/.exec(text)?.[1]);
    process.kill(pid, 'SIGINT');
    await ended;
    return text.split('\r\n')[0]?.replace(/^\[\d+\] \S+ \S+ /, '[P] T ');
  }

  test('gets coloured labels, the same as from the reference', async (ctx) => {
    const ours = await firstLine([process.execPath, 'dist/cli/nats-turbo.js']);
    if (ours === undefined) return ctx.skip('skipped: needs python3');
    expect(ours).toBe('[P] T [\u001b[32mINF\u001b[0m] Starting nats-server');
    const reference = referenceCommand();
    if (reference) expect(await firstLine(reference)).toBe(ours);
  });
});

test('lines of connections and slow consumers are found by those who look for them', async () => {
  const server = await TestServer.start({
    config: 'max_payload: 20000\nmax_pending: 100000\nwrite_deadline: "10s"\n',
    debug: true,
  });
  const slow = await openClient(server.port);
  slow.send('SUB n 1\r\n');
  await slow.ping();
  slow.socket.pause();
  const fast = await openClient(server.port);
  const batch = `PUB n 10000\r\n${'x'.repeat(10_000)}\r\n`.repeat(100);
  const cid = slow.info.client_id;
  const found = server.waitForLog(new RegExp(`cid:${cid} - Slow Consumer Detected: MaxPending of 100000 Exceeded$`));
  let told = false;
  const tell = () => {
    told = true;
  };
  found.then(tell, tell);
  while (!told) {
    fast.send(batch);
    await fast.ping();
  }
  expect(await found).toContain('[INF] 127.0.0.1:');
  const end = `cid:${cid} - Client connection closed: Slow Consumer \\(Pending Bytes\\)$`;
  await server.waitForLog(new RegExp(`\\[DBG\\] 127\\.0\\.0\\.1:\\d+ - ${end}`));
  slow.destroy();
});
