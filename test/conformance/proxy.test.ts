/** Section 1.17: the PROXY protocol, versions 1 and 2. */
import { describe, expect } from 'vitest';
import { type ConnzEntry, closedReason, connz } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, err, msg, pub, type RawClient } from '../support/raw.js';
import { useServer } from '../support/server.js';

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const CONNECT = connectLine({ protocol: 1, name: 'behind' });

/** A header of version 2. */
function v2(versionCommand: number, familyTransport: number, rest: number[] = []): Buffer {
  const fixed = [versionCommand, familyTransport, rest.length >> 8, rest.length & 0xff];
  return Buffer.concat([Buffer.from(SIGNATURE, 'latin1'), Buffer.from([...fixed, ...rest])]);
}

const V1 = Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.8 4000 4222\r\n');
const FOUR = [192, 0, 2, 9, 192, 0, 2, 8, 0x0f, 0xa1, 0x10, 0x7e];
const SIX = [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 7, ...Array(16).fill(0), 0x0f, 0xa2, 0x10, 0x7e];

describe('with proxy_protocol', () => {
  const server = useServer({ config: 'proxy_protocol: true\n', monitor: true });

  /** The address that INFO and monitoring tell of a client, once it is served. */
  async function seenAs(client: RawClient): Promise<string> {
    client.send('PING\r\n');
    const frames = await client.readUntil((frame) => frame.op === 'INFO', 'the second INFO');
    const info = JSON.parse(frames.at(-1)?.args ?? '') as { client_ip: string; connect_info: boolean };
    expect(info.connect_info).toBe(true);
    const page = await connz(server, `?cid=${client.info.client_id}`);
    const entry = page.connections[0] as ConnzEntry & { ip: string; port: number };
    expect(info.client_ip).toBe(entry.ip);
    return `${entry.ip} ${entry.port}`;
  }

  const own = (client: RawClient) => `127.0.0.1 ${client.socket.localPort}`;

  proves(['1.17-01', '1.2-16'], 'INFO comes at once and tells no address yet', async () => {
    const client = await server.connect();
    expect(client.info.client_ip).toBeUndefined();
    expect(client.info.client_id).toBeGreaterThan(0);
    client.send(Buffer.concat([V1, Buffer.from(CONNECT)]));
    expect(await seenAs(client)).toBe('192.0.2.7 4000');
  });

  proves('1.17-02', 'a client without a header is served as ever', async () => {
    const client = await server.connect();
    client.send(CONNECT);
    expect(await seenAs(client)).toBe(own(client));
    const first = await server.connect();
    first.send('PING\r\n');
    await first.expect('PONG\r\n');
    const publisher = await server.connect();
    await publisher.exchange(`PUB a 1\r\nx\r\n`, '+OK\r\n');
    const broken = await server.connect();
    broken.send('\r\nPING\r\n');
    await broken.expect(err('Unknown Protocol Operation'));
  });

  proves(['1.17-03', '1.17-04'], 'clients as their proxies name them', async () => {
    const cases: [Buffer | string, string][] = [
      [V1, '192.0.2.7 4000'],
      ['PROXY TCP4  192.0.2.7\t192.0.2.8 1 65535 \r\n', '192.0.2.7 1'],
      ['PROXY TCP6 2001:db8::1 ::1 4001 4222\r\n', '2001:db8::1 4001'],
      ['PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.8 4002 4222\r\n', '192.0.2.7 4002'],
      [v2(0x21, 0x11, FOUR), '192.0.2.9 4001'],
      [v2(0x21, 0x21, SIX), '2001:db8::7 4002'],
      [v2(0x21, 0x11, [...FOUR, 4, 0, 2, 1, 1]), '192.0.2.9 4001'],
    ];
    for (const [header, address] of cases) {
      const client = await server.connect();
      client.send(header);
      client.send(CONNECT);
      expect(await seenAs(client), `${header}`).toBe(address);
      await client.close();
    }
  });

  proves(['1.17-03', '1.17-04'], 'headers that name nobody keep the address', async () => {
    const none = ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff::1 ? 1 2\r\n'].map((line) => Buffer.from(line));
    for (const header of [...none, v2(0x20, 0), v2(0x20, 0x11, FOUR), v2(0x21, 0x01, [1, 2, 3])]) {
      const client = await server.connect();
      client.send(Buffer.concat([header, Buffer.from(CONNECT)]));
      expect(await seenAs(client)).toBe(own(client));
      await client.close();
    }
  });

  proves('1.17-05', 'a header that can not be read is logged and closes without -ERR', async () => {
    const invalid = 'invalid PROXY protocol header: ';
    const cases: [Buffer | string, string][] = [
      ['PROXY \r\n', `${invalid}invalid v1 format`],
      ['PROXY TCP4 192.0.2.7 192.0.2.8 1\r\n', `${invalid}invalid v1 format`],
      ['PROXY TCP4 192.0.2.7 192.0.2.8.9 1 2\r\n', `${invalid}invalid address`],
      ['PROXY TCP4 ::1 192.0.2.8 1 2\r\n', `${invalid}TCP4 with IPv6 address`],
      ['PROXY TCP6 ::1 192.0.2.8 1 2\r\n', `${invalid}TCP6 with IPv4 address`],
      ['PROXY UDP4 192.0.2.7 192.0.2.8 1 2\r\n', `${invalid}invalid protocol UDP4`],
      ['PROXY TCP4 192.0.2.7 192.0.2.8 65536 2\r\n', 'invalid source port: '],
      ['PROXY TCP4 192.0.2.7 192.0.2.8 1 +2\r\n', 'invalid dest port: '],
      [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, `${invalid}v1 line too long`],
      [`${SIGNATURE.slice(0, 6)}${'x'.repeat(10)}`, `${invalid}invalid signature`],
      [v2(0x31, 0x11, FOUR), `${invalid}invalid version 0x30`],
      [v2(0x22, 0x11, FOUR), 'unknown PROXY protocol command: 0x02'],
      [v2(0x21, 0x12, FOUR), 'unsupported PROXY protocol feature: only STREAM protocol supported'],
      [v2(0x21, 0x31, FOUR), 'unsupported PROXY protocol feature: unsupported address family 0x30'],
      [v2(0x21, 0x11, FOUR.slice(1)), 'IPv4 address data too short: 11 bytes'],
      [v2(0x21, 0x21, SIX.slice(1)), 'IPv6 address data too short: 35 bytes'],
    ];
    for (const [header, why] of cases) {
      const client = await server.connect();
      const peer = `127.0.0.1:${client.socket.localPort}`;
      client.send(typeof header === 'string' ? Buffer.from(header, 'latin1') : header);
      await client.expectClosed();
      const line = await server.waitForLog(new RegExp(`PROXY protocol header from ${peer}: `));
      expect(line).toContain(`[WRN] Error reading PROXY protocol header from ${peer}: ${why}`);
      expect(await closedReason(server, client.info.client_id)).toBe('Protocol Violation');
    }
  });

  proves('1.17-05', 'so does the end of a connection within its header', async () => {
    for (const start of ['', 'PROXY TC', SIGNATURE]) {
      const client = await server.connect();
      const peer = `127.0.0.1:${client.socket.localPort}`;
      client.socket.end(Buffer.from(start, 'latin1'));
      await server.waitForLog(new RegExp(`\\[WRN\\] Error reading PROXY protocol header from ${peer}: `));
      expect(await closedReason(server, client.info.client_id)).toBe('Protocol Violation');
    }
  });

  proves('1.17-06', 'a silent client is dropped', async () => {
    const client = await server.connect();
    await client.expectClosed();
    expect(await closedReason(server, client.info.client_id)).toBe('Protocol Violation');
  });

  proves('1.17-07', 'what follows a header is kept, wherever the bytes are split', async () => {
    const rest = Buffer.from(`${CONNECT}SUB a 1\r\n${pub('a', 'x')}`);
    for (const header of [V1, v2(0x21, 0x11, [...FOUR, 4, 0, 0])]) {
      const whole = Buffer.concat([header, rest]);
      // One at a time: their time for the header is short.
      for (let at = 0; at < whole.length; at++) {
        const client = await server.connect();
        client.socket.write(whole.subarray(0, at));
        client.socket.write(whole.subarray(at));
        await client.expect(msg('a', 1, 'x'));
        client.destroy();
      }
      const slow = await server.connect();
      for (const byte of whole) await slow.sendDrained(Buffer.from([byte]));
      await slow.expect(msg('a', 1, 'x'));
      await slow.close();
    }
  });

  proves('1.17-08', 'the log says at the start that headers are read', () => {
    const line = server.log.findIndex((text) => text.includes('[INF] PROXY protocol enabled for client connections'));
    expect(server.log[line - 1]).toContain('Listening for client connections on ');
    expect(server.log[line + 1]).toContain('Server is ready');
  });

  proves(
    '1.17-09',
    'the log names the client, not the proxy',
    async () => {
      const client = await server.connect();
      client.send(Buffer.concat([V1, Buffer.from('CONNECT {"user":1}\r\n')]));
      await client.expectClosed();
      await server.waitForLog(new RegExp(`\\[ERR\\] 192\\.0\\.2\\.7:4000 - cid:${client.info.client_id} - `));
    },
    { oursOnly: 'the reference logs the address of the proxy, which is the same for everyone' },
  );
});

describe('with proxy_protocol and credentials', () => {
  const server = useServer({ config: 'proxy_protocol: true\nauthorization { token: s, timeout: 60 }\n' });

  proves('1.17-10', 'a header replaces no credentials', async () => {
    const client = await server.connect();
    client.send(Buffer.concat([V1, Buffer.from('PING\r\n')]));
    await client.expect(err('Authorization Violation'));
    await client.expectClosed();
    const known = await server.connect();
    known.send(Buffer.concat([V1, Buffer.from(connectLine({ auth_token: 's' }))]));
    await known.exchange('', '');
  });
});

describe('without proxy_protocol', () => {
  const server = useServer({});

  proves('1.17-11', 'a header is no operation', async () => {
    const client = await server.connect();
    expect(client.info.client_ip).toBe('127.0.0.1');
    client.send(V1);
    await client.expect(err('Unknown Protocol Operation'));
    await client.expectClosed();
  });
});
