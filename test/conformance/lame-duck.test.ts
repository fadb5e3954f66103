/** Section 1.13: lame duck mode. Slow by nature: the shortest spread of closing clients is some seconds. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { attemptConnection } from '../support/attempt.js';
import { get } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { msg, pub } from '../support/raw.js';
import { endServersAfterEach, runToExit, TestServer, writeConfig } from '../support/server.js';

const quick = 'lame_duck_duration: "30s"\nlame_duck_grace_period: "1s"\n';
const kept = 'lame_duck_duration: "60s"\nlame_duck_grace_period: "59s"\n';

describe('lame duck mode', () => {
  endServersAfterEach();

  proves(
    ['1.13-01', '1.13-02', '1.13-03', '1.2-12', '3.2-01'],
    'told to protocol 1 clients, then all are closed and the server exits 0',
    async () => {
      const server = await TestServer.start({ config: quick });
      const modern = await server.open({ protocol: 1 });
      await modern.next('INFO');
      const old = await server.open({ protocol: 0 });
      const silent = await server.connect();
      const unconfirmed = await server.connect();
      unconfirmed.send('CONNECT {"verbose":false,"protocol":1}\r\n');
      await old.exchange('', '');

      server.kill('SIGUSR2');
      await server.waitForLog(/\[INF\] Trapped "user defined signal 2" signal/);
      await server.waitForLog(/\[INF\] Entering lame duck mode, stop accepting new clients/);
      const info = JSON.parse((await modern.next('INFO')).args) as Record<string, unknown>;
      expect(info).toMatchObject({ ldm: true, server_id: modern.info.server_id });
      expect(info.connect_info).toBeUndefined();
      expect(await attemptConnection(server.port)).toBe('ECONNREFUSED');
      await server.waitForLog(/\[INF\] Closing existing clients/);
      // The others were told nothing: no INFO stands before the close.
      for (const client of [modern, old, silent, unconfirmed]) await client.expectClosed();
      expect(await server.exited).toEqual({ code: 0, signal: null });
      await server.waitForLog(/\[INF\] Initiating Shutdown\.\.\./);
      await server.waitForLog(/\[INF\] Server Exiting\.\./);
    },
  );

  proves(
    ['1.13-05', '1.13-06', '1.13-10'],
    'during the grace period: messages, monitoring, SIGTERM, SIGINT',
    async () => {
      const server = await TestServer.start({ config: kept, monitor: true });
      const client = await server.open();
      server.kill('SIGUSR2');
      await server.waitForLog(/Entering lame duck mode/);
      await client.exchange(`SUB a 1\r\n${pub('a', 'x')}`, msg('a', 1, 'x'));
      expect((await get(server, '/varz')).status).toBe(200);
      server.kill('SIGTERM');
      await server.waitForLog(/Trapped "terminated" signal/);
      await client.exchange(pub('a', 'y'), msg('a', 1, 'y'));
      expect((await get(server, '/connz')).status).toBe(200);
      expect(server.exit).toBeUndefined();
      server.kill('SIGINT');
      await client.expectClosed();
      expect(await server.exited).toEqual({ code: 0, signal: null });
      await server.waitForLog(/Trapped "interrupt" signal/);
    },
  );

  proves('1.13-04', 'without clients it ends at once', async () => {
    const server = await TestServer.start({ config: kept });
    server.kill('SIGUSR2');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.log.some((line) => /Server Exiting\.\./.test(line))).toBe(true);
  });

  const bad: [string, RegExp][] = [
    ['lame_duck_duration: "29s"\n', /invalid lame_duck_duration of 29s, minimum is 30 seconds/],
    ['lame_duck_duration: "30s"\nlame_duck_grace_period: "-1s"\n', /lame_duck_grace_period/],
    ['lame_duck_duration: "30s"\nlame_duck_grace_period: "30s"\n', /lame duck/],
    ['lame_duck_duration: "30s"\nlame_duck_grace_period: "31s"\n', /lame duck/],
  ];
  for (const [config, text] of bad) {
    proves('1.13-09', `${JSON.stringify(config)} is refused`, async () => {
      const dir = mkdtempSync(join(tmpdir(), 'nats-test-'));
      const { exit, stderr } = await runToExit(['-a', '127.0.0.1', '-p', '-1', '-c', writeConfig(dir, config)]);
      rmSync(dir, { recursive: true });
      expect(stderr).toMatch(text);
      expect(exit.code).toBe(1);
    });
  }
});
