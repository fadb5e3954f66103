/** Section 1.5: publishing. */
import { describe, expect } from 'vitest';
import { closedReason } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { err, msg, pub } from '../support/raw.js';
import { useServer } from '../support/server.js';

describe('publishing', () => {
  const server = useServer({ monitor: true, config: 'max_payload: 64\n' });
  const tooBig = err('Maximum Payload Violation');

  proves(['1.5-01', '1.11-08'], 'a payload over the limit is refused at its control line', async () => {
    const client = await server.open();
    expect(client.info.max_payload).toBe(64);
    const fits = 'x'.repeat(64);
    await client.exchange(`SUB a 1\r\n${pub('a', fits)}`, msg('a', 1, fits));
    const from = server.log.length;
    client.send('PUB a 65\r\n');
    await client.expect(tooBig);
    await client.expectClosed();
    expect(await closedReason(server, client.info.client_id)).toBe('Maximum Message Payload Exceeded');
    await server.waitForLog(/maximum payload exceeded: 65 vs 64/, from);
  });

  proves('1.5-02', 'HPUB compares the total size', async () => {
    const client = await server.open({ headers: true });
    const header = 'NATS/1.0\r\n\r\n';
    const payload = 'x'.repeat(64 - header.length);
    await client.exchange(
      `SUB a 1\r\nHPUB a 12 64\r\n${header}${payload}\r\n`,
      `HMSG a 1 12 64\r\n${header}${payload}\r\n`,
    );
    client.send('HPUB a 12 65\r\n');
    await client.expect(tooBig);
    await client.expectClosed();
  });

  proves('1.5-03', 'header bytes are opaque', async () => {
    const client = await server.open({ headers: true });
    await client.exchange(
      'SUB a 1\r\nHPUB a 0 2\r\nhi\r\nHPUB a 2 2\r\nhi\r\nHPUB a r 2 4\r\nhiho\r\nHPUB a 0 0\r\n\r\n',
      `${msg('a', 1, 'hi')}HMSG a 1 2 2\r\nhi\r\nHMSG a 1 r 2 4\r\nhiho\r\n${msg('a', 1, '')}`,
    );
  });

  proves('1.5-04', 'wildcard tokens are published literally', async () => {
    const client = await server.open();
    await client.exchange(
      `SUB a.* 1\r\n${pub('a.*', 'x')}${pub('a.>', 'y')}${pub('a.b*', 'z')}`,
      msg('a.*', 1, 'x') + msg('a.>', 1, 'y') + msg('a.b*', 1, 'z'),
    );
    await client.exchange(`UNSUB 1\r\nSUB a.b 2\r\n${pub('a.*', 'x')}${pub('>', 'x')}`, '');
  });

  proves('1.5-05', 'malformed subjects are taken and reach nobody', async () => {
    const client = await server.open();
    await client.exchange('SUB > 1\r\nSUB *.* 2\r\nSUB a.> 3\r\n', '');
    for (const subject of ['a.', '.a', 'a..b', '.', '..', 'a.b.']) {
      client.send(pub(subject, 'x'));
    }
    await client.exchange('', '');
  });

  proves('1.5-05', 'any other bytes are passed on', async () => {
    const client = await server.open();
    const subject = Buffer.from([0x01, 0x22, 0x27, 0x5c, 0x7f, 0x80, 0xc3, 0xa9, 0xff]).toString('latin1');
    const bytes = Buffer.from(`SUB > 1\r\nPUB ${subject} 1\r\nx\r\n`, 'latin1');
    await client.exchange(bytes, `MSG ${subject} 1 1\r\nx\r\n`);
  });

  proves(['1.5-06', '1.11-16', '1.12-02'], 'pedantic: refused in words, processed all the same', async () => {
    const client = await server.open({ pedantic: true });
    const invalid = err('Invalid Publish Subject');
    await client.exchange(`SUB a.* 1\r\nSUB > 2\r\nUNSUB 2\r\n${pub('a.*', 'x')}`, invalid + msg('a.*', 1, 'x'));
    for (const subject of ['a.', '.a', 'a..b', '>', 'b.>', '*']) await client.exchange(pub(subject, ''), invalid);
    await client.exchange(pub('b*.c>', 'x') + pub('ok', ''), '');
  });

  proves('1.5-07', 'the reply is not validated', async () => {
    const client = await server.open({ pedantic: true });
    for (const reply of ['a.*', '>', 'x..y', '.', '$JS.API']) {
      await client.exchange(`SUB a 1\r\n${pub('a', 'x', reply)}UNSUB 1\r\n`, msg('a', 1, 'x', reply));
    }
  });

  proves(['1.5-08', '1.11-18'], 'reserved subjects are refused', async () => {
    const client = await server.open();
    await client.exchange('SUB > 1\r\n', '');
    for (const subject of ['_GR_.a.b.c', '$GR.a.b', '$NRG.x', '$NRG.x.y']) {
      await client.exchange(pub(subject, 'x'), err(`Permissions Violation for Publish to "${subject}"`));
    }
  });

  proves(['1.5-09', '1.11-19'], 'reserved replies are refused and nothing is delivered', async () => {
    const client = await server.open();
    await client.exchange('SUB a 1\r\n', '');
    for (const reply of ['$JS.ACK.x', '$JS.ACK.S.C.1.1.1.1.0', '_R_.x', '_GR_.x.y']) {
      await client.exchange(pub('a', 'x', reply), err(`Permissions Violation for Publish with Reply of "${reply}"`));
    }
    await client.exchange(pub('a', 'x', '$JS.ACKS'), msg('a', 1, 'x', '$JS.ACKS'));
  });

  proves('1.5-10', 'verbose: +OK after the check, none on a violation', async () => {
    const client = await server.open({}, {});
    await client.exchange('CONNECT {"verbose":true,"pedantic":false}\r\n', '+OK\r\n');
    await client.exchange(pub('$NRG.x', 'x'), err('Permissions Violation for Publish to "$NRG.x"'));
    await client.exchange(
      pub('a', 'x', '_R_.x') + pub('a', 'x'),
      `${err('Permissions Violation for Publish with Reply of "_R_.x"')}+OK\r\n`,
    );
  });

  proves('1.5-11', 'verbose and pedantic: -ERR, then +OK', async () => {
    const client = await server.connect();
    await client.exchange(
      `CONNECT {}\r\nSUB a.* 1\r\n${pub('a.>', 'x')}`,
      `+OK\r\n+OK\r\n${err('Invalid Publish Subject')}+OK\r\n${msg('a.>', 1, 'x')}`,
    );
  });
});

describe('publishing with permissions', () => {
  const server = useServer({
    config: 'authorization { timeout: 60, users: [{user: u, password: p, permissions: {publish: "ok.>"}}] }\n',
  });

  proves('1.5-12', 'pedantic and permission failures come together', async () => {
    const client = await server.open({ user: 'u', pass: 'p', pedantic: true });
    client.send(pub('no.*', ''));
    const frames = await client.ping();
    expect(frames.map((frame) => frame.raw.toString()).sort()).toEqual([
      err('Invalid Publish Subject'),
      err('Permissions Violation for Publish to "no.*"'),
    ]);
  });
});
