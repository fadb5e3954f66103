/** Section 1.11: texts, log lines and reasons that no other file proves. */
import { describe, expect } from 'vitest';
import { closedReason } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { err, pub } from '../support/raw.js';
import { endServersAfterEach, TestServer, useServer } from '../support/server.js';

describe('violations', () => {
  const server = useServer({
    monitor: true,
    config:
      'max_sub_tokens: 3\nauthorization { timeout: 60, users: [{user: u, password: p, permissions: {' +
      'publish: "ok.>", subscribe: ["ok.>", "q1 grp"]}}] }\n',
  });
  const login = { user: 'u', pass: 'p' };

  const rows: [string, string, string, string][] = [
    [
      '1.11-18',
      pub('foo.x', ''),
      'Permissions Violation for Publish to "foo.x"',
      'Publish Violation - Subject "foo.x"',
    ],
    [
      '1.11-19',
      pub('ok.x', '', '_R_.a'),
      'Permissions Violation for Publish with Reply of "_R_.a"',
      'Publish Violation - Reply "_R_.a"',
    ],
    [
      '1.11-20',
      'SUB foo.x 6\r\n',
      'Permissions Violation for Subscription to "foo.x"',
      'Subscription Violation - Subject "foo.x", SID 6',
    ],
    [
      '1.11-21',
      'SUB q1 oth 6\r\n',
      'Permissions Violation for Subscription to "q1" using queue "oth"',
      'Subscription Violation - Subject "q1", Queue: "oth", SID 6',
    ],
    [
      '1.11-22',
      'SUB ok.a.b.c 1\r\n',
      'Permissions Violation for Subscription to "ok.a.b.c", too many tokens',
      'Subscription Violation Too Many Tokens - Subject "ok.a.b.c", SID 1',
    ],
  ];
  for (const [fact, bytes, text, line] of rows) {
    proves([fact, '1.11-27', '4.2-06'], `${text}: told, logged, open`, async () => {
      const client = await server.open(login);
      const from = server.log.length;
      await client.exchange(bytes, err(text));
      await client.exchange(bytes, err(text));
      await server.waitForLog(line, from);
    });
  }

  const quoted: [string, string][] = [
    ['a"b', 'a\\"b'],
    ['a\\b', 'a\\\\b'],
    ["a'b", "a'b"],
    ['a\x01b', 'a\\x01b'],
    ['a\x7fb', 'a\\x7fb'],
    ['a\x07\x08\x0b', 'a\\a\\b\\v'],
    ['a\xffb', 'a\\xffb'],
    ['a\xc3\xa9', 'a\xc3\xa9'],
  ];
  for (const [subject, shown] of quoted) {
    proves('1.11-26', `the subject is shown as "${JSON.stringify(shown)}"`, async () => {
      const client = await server.open(login);
      client.send(Buffer.from(`PUB ${subject} 0\r\n\r\n`, 'latin1'));
      await client.expect(err(`Permissions Violation for Publish to "${shown}"`));
    });
  }

  proves('1.11-28', 'a client that leaves is Client Closed', async () => {
    const client = await server.open(login);
    await client.close();
    expect(await closedReason(server, client.info.client_id)).toBe('Client Closed');
    const cut = await server.open(login);
    cut.socket.resetAndDestroy();
    expect(await closedReason(server, cut.info.client_id)).toBe('Read Error');
  });

  proves('1.11-28', 'a client that closes with something unread is a Read Error', async () => {
    const [client, publisher] = [await server.open(login), await server.open(login)];
    await client.exchange('SUB ok.b 1\r\n', '');
    client.socket.pause();
    // More than the socket reads ahead, and the second PONG comes after all of it was written.
    publisher.send(pub('ok.b', 'x'.repeat(500_000)).repeat(2));
    for (let round = 0; round < 2; round++) await publisher.ping();
    client.destroy();
    expect(await closedReason(server, client.info.client_id)).toBe('Read Error');
  });
});

describe('the end of the server', () => {
  endServersAfterEach();

  proves(['1.11-25', '1.11-28', '1.14-02'], 'shutdown closes clients without -ERR', async () => {
    const server = await TestServer.start({ debug: true });
    const clients = [await server.open(), await server.open({ protocol: 1 }), await server.connect()];
    await clients[1]?.next('INFO');
    server.kill('SIGTERM');
    for (const client of clients) await client.expectClosed();
    await server.exited;
    const lines = server.log.filter((line) => /Client connection closed: Server Shutdown/.test(line));
    expect(lines.length).toBe(3);
  });
});
