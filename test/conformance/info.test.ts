/** Section 1.1 and 1.2: defaults and INFO. */
import { describe, expect } from 'vitest';
import { getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { err, RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer, useServer } from '../support/server.js';

describe('a server with defaults', () => {
  const server = useServer({ monitor: true });

  proves(['1.2-01', '1.2-09'], 'INFO comes on accept and ends with a blank before CRLF', async () => {
    const client = await server.connect({ readInfo: false });
    const info = await client.next('INFO');
    expect(info.raw.toString('latin1')).toMatch(/^INFO \{.*\} \r\n$/);
  });

  proves(['1.2-02', '1.1-01'], 'INFO has every field that is always there', async () => {
    const { info } = await server.connect();
    expect(info).toMatchObject({
      server_id: expect.any(String),
      server_name: expect.any(String),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      proto: 1,
      go: expect.any(String),
      host: '127.0.0.1',
      port: server.port,
      headers: true,
      max_payload: 1_048_576,
      client_id: expect.any(Number),
      client_ip: '127.0.0.1',
      api_lvl: 5,
      xkey: expect.stringMatching(/^X[A-Z2-7]{55}$/),
    });
  });

  proves('1.2-14', 'INFO leaves out what a plain client does not need', async () => {
    const { info } = await server.connect();
    const others = ['auth_required', 'tls_required', 'tls_verify', 'tls_available', 'jetstream', 'ip', 'nonce'].concat([
      'cluster',
      'domain',
      'connect_urls',
      'ws_connect_urls',
      'ldm',
      'connect_info',
      'remote_account',
      'acc_is_sys',
    ]);
    expect(Object.keys(info).filter((key) => others.includes(key))).toEqual([]);
  });

  proves('1.2-08', 'client_id differs per connection', async () => {
    const first = await server.connect();
    const second = await server.connect();
    expect(second.info.client_id).toBeGreaterThan(first.info.client_id);
  });

  proves('1.2-10', 'protocol 1: PONG, then INFO with connect_info, once', async () => {
    const client = await server.connect();
    client.send('CONNECT {"verbose":false,"protocol":1}\r\nPING\r\n');
    await client.expect('PONG\r\n');
    const info = JSON.parse((await client.next('INFO')).args) as Record<string, unknown>;
    expect(info).toMatchObject({ connect_info: true, remote_account: '$G', server_id: client.info.server_id });
    expect(info.client_id).toBe(client.info.client_id);
    expect(info.acc_is_sys).toBeUndefined();
    await client.exchange('PING\r\n', 'PONG\r\n');
  });

  proves('1.2-11', 'protocol 0 gets no second INFO', async () => {
    const client = await server.connect();
    client.send('CONNECT {"verbose":false,"protocol":0}\r\n');
    await client.exchange('PING\r\n', 'PONG\r\n');
  });

  proves('1.1-02', 'varz shows the default limits', async () => {
    expect(await getJson(server, '/varz')).toMatchObject({
      proto: 1,
      max_connections: 65_536,
      ping_interval: 120_000_000_000,
      ping_max: 2,
      auth_timeout: 2,
      max_control_line: 4096,
      max_payload: 1_048_576,
      max_pending: 67_108_864,
      write_deadline: 10_000_000_000,
    });
  });

  proves('1.1-03', 'a control line argument of 4096 bytes passes, 4097 does not', async () => {
    const client = await server.open();
    const fits = 'a'.repeat(4096 - 2);
    await client.exchange(`PUB ${fits} 0\r\n\r\n`, '');
    client.send(`PUB ${fits}a 0\r\n\r\n`);
    await client.expect(err('maximum control line exceeded'));
    await client.expectClosed();
  });

  proves('1.1-04', 'a silent client is pinged soon after accept', async () => {
    const client = await server.connect({ autoPong: false });
    client.send('CONNECT {"verbose":false}\r\n');
    await client.expect('PING\r\n');
  });
});

describe('other servers', () => {
  endServersAfterEach();

  proves('1.2-03', 'server_id is a server nkey and new at each start; the name defaults to it', async () => {
    const ids = new Set<string>();
    for (let start = 0; start < 2; start++) {
      const { info } = await (await TestServer.start()).connect();
      expect(info.server_id).toMatch(/^N[A-Z2-7]{55}$/);
      expect(info.server_name).toBe(info.server_id);
      ids.add(info.server_id);
    }
    expect(ids.size).toBe(2);
  });

  proves('1.2-04', 'server_name from configuration and from the flag', async () => {
    const configured = await TestServer.start({ config: 'server_name: herta\n' });
    expect((await configured.connect()).info.server_name).toBe('herta');
    const flagged = await TestServer.start({ config: 'server_name: herta\n', args: ['--server_name', 'ute'] });
    expect((await flagged.connect()).info.server_name).toBe('ute');
  });

  proves('1.2-05', 'client_advertise replaces host and port', async () => {
    const server = await TestServer.start({ config: 'client_advertise: "example.com:4567"\n' });
    expect((await server.connect()).info).toMatchObject({ host: 'example.com', port: 4567 });
  });

  proves('1.2-06', 'headers is false with no_header_support, and HPUB is refused', async () => {
    const server = await TestServer.start({ config: 'no_header_support: true\n' });
    const client = await server.connect();
    expect(client.info.headers).toBe(false);
    client.send('CONNECT {"verbose":false,"headers":true}\r\nHPUB a 0 1\r\nx\r\n');
    await client.expectClosed();
  });

  proves('1.2-07', 'auth_required only when credentials are needed', async () => {
    const users = 'authorization { users: [{user: a, password: pw}] }\n';
    const strict = await TestServer.start({ config: users });
    expect((await strict.connect()).info.auth_required).toBe(true);
    const lenient = await TestServer.start({ config: `${users}no_auth_user: a\n` });
    expect((await lenient.connect()).info.auth_required).toBeUndefined();
  });

  proves('1.2-13', 'over max_connections: INFO, -ERR, close', async () => {
    const server = await TestServer.start({ config: 'max_connections: 1\n' });
    await server.open();
    const second = await RawClient.connect(server.port);
    await second.expect(err('maximum connections exceeded'));
    await second.expectClosed();
  });
});
