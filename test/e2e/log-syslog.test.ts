/** The log sent to a syslog: what arrives is compared with what the reference sends. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/deadline.js';
import { portToKeep } from '../support/port.js';
import { openClient } from '../support/raw.js';
import { endServersAfterEach, referenceCommand, runToExit, TestServer, writeConfig } from '../support/server.js';
import { startQuiet } from './log-support.js';

interface Receiver {
  url: string;
  messages: string[];
  close(): void;
}

const receivers = new Set<Receiver>();
endServersAfterEach();
afterEach(() => {
  for (const receiver of receivers) receiver.close();
  receivers.clear();
});

async function listen(kind: 'udp' | 'tcp' | 'unix', tcpPort = 0): Promise<Receiver> {
  const messages: string[] = [];
  let receiver: Receiver;
  if (kind === 'udp') {
    const socket = createSocket('udp4', (message) => messages.push(message.toString()));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    receiver = { url: `udp://127.0.0.1:${socket.address().port}`, messages, close: () => socket.close() };
  } else {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      createInterface(socket).on('line', (line) => messages.push(`${line}\n`));
    });
    const folder = mkdtempSync(join(tmpdir(), 'nats-syslog-'));
    const path = join(folder, 'log');
    if (kind === 'unix') await new Promise<void>((resolve) => server.listen(path, resolve));
    else await new Promise<void>((resolve) => server.listen(tcpPort, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const close = () => {
      for (const socket of open) socket.destroy();
      server.close();
      rmSync(folder, { recursive: true });
    };
    receiver = { url: kind === 'unix' ? `unix://${path}` : `tcp://127.0.0.1:${port}`, messages, close };
  }
  receivers.add(receiver);
  return receiver;
}

const arrived = ({ messages }: Receiver, text: string) =>
  until(() => (messages.some((message) => message.includes(text)) ? true : undefined), `the message ${text}`);

/** Priority, form of the header, and text of the lines that both servers write. */
async function received(kind: 'udp' | 'tcp' | 'unix', exe?: string[]): Promise<string[]> {
  const receiver = await listen(kind);
  const server = await startQuiet(`remote_syslog: "${receiver.url}"\n`, ['-DV'], exe);
  await arrived(receiver, 'Server is ready');
  const client = await openClient(server.port, { name: 'n' });
  await client.ping();
  await client.close();
  await arrived(receiver, 'Client connection closed');
  server.kill('SIGUSR1');
  await arrived(receiver, 'not a file logger');
  server.kill('SIGTERM');
  await server.exited;
  await arrived(receiver, 'Server Exiting..');
  expect(server.log).toEqual([]);
  const common =
    /Starting nats|Listening for|Server is ready|Trapped|File log|Initiating|accept loop|Exiting|cid:\d.*(created|<<-|->>|closed)/;
  return (
    receiver.messages
      // Signs of life come when they like.
      .filter((message) => common.test(message) && !/->> \[PING\]|<<- \[PONG\]/.test(message))
      .map((message) =>
        message
          .replace(` nats-turbo[${server.pid}]: `, ' TAG ')
          .replace(` nats-server[${server.pid}]: `, ' TAG ')
          .replace(/>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) /, '>RFC3339 ')
          .replace(/>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /, '>STAMP ')
          .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')
          .replace(/cid:\d+/, 'cid:N'),
      )
  );
}

describe.each(['udp', 'tcp', 'unix'] as const)('over %s', (kind) => {
  test('every line is a message, as the reference sends them', async (ctx) => {
    const ours = await received(kind);
    const header = kind === 'unix' ? /^<5>STAMP TAG Starting/ : /^<5>RFC3339 \S+ TAG Starting/;
    expect(ours[0]).toMatch(header);
    expect(ours.filter((message) => message.startsWith('<7>')).length).toBeGreaterThan(1);
    expect(ours.at(-1)).toMatch(/TAG Server Exiting\.\.\n$/);
    const reference = referenceCommand();
    if (!reference) return ctx.skip('skipped: needs nats-server');
    expect(ours).toEqual(await received(kind, reference));
  });
});

test('a syslog that comes back is written to again', async () => {
  const port = await portToKeep();
  const first = await listen('tcp', port);
  const server = await startQuiet(`remote_syslog: "${first.url}"\ndebug: true\n`);
  await arrived(first, 'Server is ready');
  first.close();
  receivers.delete(first);
  // Nobody is there: the log waits, clients do not.
  for (let i = 0; i < 3; i += 1) await (await openClient(server.port)).close();
  const messages: string[] = [];
  const again = createServer((socket) => createInterface(socket).on('line', (line) => messages.push(line)));
  await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve));
  await (await openClient(server.port)).close();
  await until(() => (messages.length > 0 ? true : undefined), 'messages after the interruption');
  expect(messages[0]).toMatch(/^<7>\S+ \S+ nats-turbo\[\d+\]: 127\.0\.0\.1:\d+ - cid:\d+ - Client (connection|Ping)/);
  await server.stop();
  await new Promise((resolve) => again.close(resolve));
});

test('a socket of datagrams, as local syslogs have it, is understood, too', async (ctx) => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-syslog-'));
  const path = join(folder, 'log');
  const program = [
    'import socket, sys',
    's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)',
    's.bind(sys.argv[1])',
    'print("bound", flush=True)',
    'while True: print(repr(s.recv(65536).decode()), flush=True)',
  ].join('\n');
  const python = spawn('python3', ['-c', program, path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines: string[] = [];
  createInterface(python.stdout).on('line', (line) => lines.push(line));
  const bound = await new Promise<boolean>((resolve) => {
    python.once('error', () => resolve(false));
    python.stdout.once('data', () => resolve(true));
  });
  if (!bound) return ctx.skip('skipped: needs python3');
  try {
    const server = await startQuiet(`remote_syslog: "unix://${path}"\nlog_format: json\n`);
    await until(() => (lines.some((line) => line.includes('Server is ready')) ? true : undefined), 'the datagram');
    await server.stop();
    expect(lines[1]).toMatch(
      /^'<5>[A-Z][a-z]{2} [ \d]\d \S+ nats-turbo\[\d+\]: \{.*"msg":"Starting nats-server"\}\\n'$/,
    );
  } finally {
    python.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['-r tcp://127.0.0.1:1', /error connecting to syslog: "dial tcp 127\.0\.0\.1:1: connect: connection refused"/],
  ['-r foo://127.0.0.1:514', /error invalid network type: "foo"/],
  ['-r unix:///none/log', /error connecting to syslog: "dial unix \/none\/log: connect: no such file or directory"/],
])('%s says why it can not be', async (args, text) => {
  const { exit, stderr } = await runToExit(['-a', '127.0.0.1', '-p', '-1', ...args.split(' ')]);
  expect(stderr).toMatch(text);
  expect(exit.code).toBe(1);
});

test('the local syslog is asked for, and said to be missing where it is', async (ctx) => {
  if (['/dev/log', '/var/run/syslog'].some(existsSync)) return ctx.skip('skipped: needs a machine without syslog');
  const { exit, stderr } = await runToExit(['-a', '127.0.0.1', '-p', '-1', '-s']);
  expect(stderr).toMatch(/error connecting to syslog: ".*": start a syslog at \/dev\/log or /);
  expect(exit.code).toBe(1);
});

test('a reload moves the log to a syslog and back; one that is not there changes nothing', async () => {
  const receiver = await listen('udp');
  const server = await TestServer.start({ config: '# standard error\n' });
  const reload = (config: string) => {
    writeConfig(server.dir, config);
    server.kill('SIGHUP');
  };
  reload('remote_syslog: "tcp://127.0.0.1:1"\ndebug: true\n');
  await server.waitForLog(/\[ERR\] Failed to reload server configuration: error connecting to syslog: /);
  await (await server.open()).close();
  reload(`remote_syslog: "${receiver.url}"\n`);
  await arrived(receiver, 'Reloaded server configuration');
  // Debug lines were not switched on by the reload that failed.
  expect(server.log.join('\n')).not.toContain('[DBG]');
  const lines = server.log.length;
  reload('log_format: json\n');
  await server.waitForLog(/^\{.*"msg":"Reloaded server configuration/, lines);
  await server.stop();
  expect(receiver.messages.at(-1)).not.toContain('Server Exiting');
});
