/** The command line tool of NATS, which asks in the system account: it needs no change for this server. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeAllClients, type RawClient } from '../support/raw.js';
import { TestServer } from '../support/server.js';
import { WITH_SYSTEM } from '../support/system.js';
import { missingTool, urlOf } from './support.js';

const run = promisify(execFile);

const home = mkdtempSync(join(tmpdir(), 'nats-cli-'));
let server: TestServer;
let worker: RawClient;

beforeAll(async () => {
  server = await TestServer.start({ config: `server_name: judge\n${WITH_SYSTEM}` });
  worker = await server.open({ user: 'a', pass: 'a', name: 'worker' });
  await worker.exchange('SUB orders.* 1\r\n', '');
});
afterAll(async () => {
  closeAllClients();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

type Context = Parameters<typeof missingTool>[0];

/** Runs it as a user whose password is the name; returns what it prints. Its exit code is 0. */
async function nats(ctx: Context, user: string, args: string): Promise<string> {
  const found = await run('nats', ['--version']).then(
    () => true,
    () => false,
  );
  if (!found) missingTool(ctx, 'nats (github.com/nats-io/natscli)');
  const login = ['-s', urlOf(server), '--user', user, '--password', user];
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home };
  const { stdout, stderr } = await run('nats', [...login, ...args.split(' ')], { env, timeout: 20_000 });
  return stdout + stderr;
}

describe('a user of the system account', () => {
  test.for([
    ['server list', [/judge/, /2\.15\.2/]],
    ['server info', [/Server information for judge/, /Version: 2\.15\.2/, /Maximum Payload: 1\.0 MiB/]],
    ['server info judge', [/Server information for judge/]],
    ['server ping 1', [/judge\s+rtt=/, /1 replies/]],
    ['server report connections', [/worker/, /Totals for 2 connections/]],
    ['server report connections --account A', [/Top 1 Connections out of 1/, /worker/]],
    ['server report accounts', [/2 Accounts Overview/, /│ A /, /│ SYS /]],
    ['server report accounts A', [/worker/]],
    ['server request variables', [/"server_name":"judge"/]],
    ['server request connections', [/"name":"worker"/]],
    ['server request subscriptions --detail', [/"subject":"orders\.\*"/]],
    ['server request accounts', [/"accounts":\[/]],
    ['server request jetstream', [/"disabled":true/]],
    ['server request routes', [/"num_routes":0/]],
    ['server request ipqueue', [/"data":/]],
    ['server check connection', [/^OK Connection/]],
    ['server check server --name judge', [/^OK judge/]],
    ['account info', [/Account: SYS \(SYS\)/, /System Account: true/]],
    ['account report connections', [/worker/]],
    ['account report statistics', [/Server Statistics/]],
  ] as const)('nats %s', async ([args, expected], ctx) => {
    const printed = await nats(ctx, 's', args);
    for (const pattern of expected) expect(printed).toMatch(pattern);
  });
});

describe('a user of another account', () => {
  test.for([
    ['account info', [/User: a/, /Account: A \(A\)/, /System Account: false/]],
    ['account report connections', [/worker/]],
    ['account report statistics', [/Server Statistics/]],
  ] as const)('nats %s', async ([args, expected], ctx) => {
    const printed = await nats(ctx, 'a', args);
    for (const pattern of expected) expect(printed).toMatch(pattern);
  });
});
