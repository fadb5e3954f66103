/** Section 1.4: what the parser takes and what it refuses. */
import { describe, expect } from 'vitest';
import { closedReason } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { err, msg, pub } from '../support/raw.js';
import { useServer } from '../support/server.js';

const unknownOp = err('Unknown Protocol Operation');

describe('a server with a small control line', () => {
  const server = useServer({ monitor: true, debug: true, config: 'max_control_line: 512\n' });

  /** Sends as the first thing after CONNECT and expects -ERR (when given) and the close. */
  async function refused(bytes: string, answer = '', reason = 'Protocol Violation', fields = {}): Promise<void> {
    const client = await server.open(fields);
    client.send(bytes);
    await client.expect(answer);
    await client.expectClosed();
    expect(await closedReason(server, client.info.client_id)).toBe(reason);
  }

  async function taken(bytes: string, answer: string, fields = {}): Promise<void> {
    await (await server.open(fields)).exchange(bytes, answer);
  }

  proves('1.4-01', 'op names in any case', async () => {
    const bytes = 'PiNg\r\nsUb a 1\r\npUb a 1\r\nx\r\nhPuB a 0 1\r\ny\r\nunSUB 1\r\nPub a 0\r\n\r\npOnG\r\n';
    await taken(bytes, `PONG\r\n${msg('a', 1, 'x')}${msg('a', 1, 'y')}`, { headers: true });
  });

  proves('1.4-02', 'PING, PONG and +OK ignore the rest of their line', async () => {
    await taken('PING junk here\r\nPINGX\r\nPONG or so\r\nPONGX\r\n+OK then\r\n+OKAY\n', 'PONG\r\nPONG\r\n');
  });

  proves('1.4-03', 'lines end in a bare LF', async () => {
    await taken('SUB a 1\nPUB a 2\nhi\r\nUNSUB 1\nPUB a 2\nhi\r\nPING\n', `${msg('a', 1, 'hi')}PONG\r\n`);
  });

  proves(['1.4-04', '1.11-01'], 'a payload needs CR and LF', async () => {
    await refused('PUB a 2\nhi\n', unknownOp);
    await refused('PUB a 2\r\nhi\rX', unknownOp);
    await refused('PUB a 2\r\nhix\n', unknownOp);
    await refused('PUB a 0\r\nPING\r\n', unknownOp);
  });

  for (const op of ['PUBx a 0', 'SUBa 1', 'UNSUB1', 'HPUBa 0 0', 'PUB\r\n', 'SUB\r\n', 'UNSUB\r\n']) {
    proves('1.4-05', `${JSON.stringify(op)}: no blank after the op`, async () => {
      await refused(`${op}\r\n`, unknownOp, 'Protocol Violation', { headers: true });
    });
  }

  proves('1.4-05', 'tabs, runs of blanks and trailing blanks', async () => {
    await taken('SUB\ta\t1\r\nPUB\t a  \t 2 \t\r\nhi\r\nSUB  b   q\t 2  \r\n', msg('a', 1, 'hi'));
    await taken(
      'SUB a \t 1 \r\nPUB  a\tr \t2\r\nhi\r\nUNSUB \t 1\t 5 \r\nPUB a 0\r\n\r\n',
      `${msg('a', 1, 'hi', 'r')}${msg('a', 1, '')}`,
    );
    await taken('SUB a 1\r\nHPUB \ta\t 0\t\t2 \r\nhi\r\n', msg('a', 1, 'hi'), { headers: true });
  });

  for (const line of [
    '\r\n',
    '\n',
    ' PING\r\n',
    '\tPING\r\n',
    'PIN\r\n',
    'XYZ\r\n',
    'PUT a 0\r\n',
    '\0',
    'GET / HTTP/1.1\r\n',
  ]) {
    proves('1.4-06', `${JSON.stringify(line)} is an unknown op`, () => refused(line, unknownOp));
  }

  proves(
    '1.4-07',
    'a line feed where the subject should be is refused and reaches nobody',
    async () => {
      const watcher = await server.open();
      await watcher.exchange('SUB > 1\r\n', '');
      const client = await server.open();
      client.send('PUB \na 2\r\nhi\r\n');
      await client.drainUntilClosed();
      expect(await closedReason(server, client.info.client_id)).toBe('Protocol Violation');
      await watcher.exchange('', '');
    },
    { oursOnly: 'the reference lets the line feed into the subject, which splits a line of its own stream' },
  );

  proves('1.4-08', '+OK is ignored', () => taken('+OK\r\n+ok\r\n', ''));

  proves(['1.4-09', '1.11-28'], '-ERR closes with Parse Error and is logged', async () => {
    const from = server.log.length;
    await refused("-ERR 'x'\r\n", '', 'Parse Error');
    await server.waitForLog(/\[ERR\].* Client Error 'x'/, from);
    await refused('-err\r\n', unknownOp);
  });

  proves('1.4-10', 'INFO: good JSON is ignored, bad JSON closes', async () => {
    await taken('INFO {}\r\ninfo {"a":1}\r\n', '');
    await refused('INFO {x\r\n', '');
  });

  for (const line of [
    'MSG a 1 2\r\nhi\r\n',
    'HMSG a 1 2 2\r\nhi\r\n',
    'RS+ a b\r\n',
    'RMSG a b 2\r\nhi\r\n',
    'A+ a\r\n',
    'LS+ a\r\n',
    'LMSG a 0\r\n\r\n',
    'A- a\r\n',
  ]) {
    proves('1.4-11', `${JSON.stringify(line)} is an unknown op`, () => refused(line, unknownOp));
  }

  for (const line of [
    'PUB a',
    'PUB a xx',
    'PUB a -1',
    'PUB a b c 1',
    'PUB a +1',
    'PUB a 1.0',
    'PUB a 0x1',
    'PUB a b',
    'PUB \r\n',
  ]) {
    proves(['1.4-12', '1.11-25'], `${JSON.stringify(line)} closes without -ERR`, () => refused(`${line}\r\n`));
  }
  for (const line of ['SUB a', 'SUB a b c d', 'SUB \r\n', 'UNSUB \r\n', 'UNSUB 1 2 3']) {
    proves('1.4-13', `${JSON.stringify(line)} closes without -ERR`, () => refused(`${line}\r\n`));
  }
  for (const line of [
    'HPUB a 5 2',
    'HPUB a 2',
    'HPUB a b c 1 2',
    'HPUB a x 2',
    'HPUB a 2 x',
    'HPUB a -1 2',
    'HPUB a 2 -1',
  ]) {
    proves('1.4-14', `${JSON.stringify(line)} closes without -ERR`, () =>
      refused(`${line}\r\n`, '', 'Protocol Violation', { headers: true }),
    );
  }
  proves('1.4-14', 'HPUB without headers negotiated closes without -ERR', async () => {
    const from = server.log.length;
    await refused('HPUB a 0 2\r\nhi\r\n');
    await server.waitForLog(/message headers not supported/, from);
  });

  const logged: [string, string][] = [
    ['PUB a b c 1', 'processPub Parse Error: "a b c 1"'],
    ['PUB a xx', 'processPub Bad or Missing Size: "a xx"'],
    ['HPUB a 2', 'processHeaderPub Parse Error: "a 2"'],
    ['HPUB a x 2', 'processHeaderPub Bad or Missing Header Size: "a x 2"'],
    ['HPUB a 2 x', 'processHeaderPub Bad or Missing Total Size: "a 2 x"'],
    ['HPUB a 5 2', 'processHeaderPub Header Size larger then TotalSize: "a 5 2"'],
    ['SUB a', 'processSub Parse Error: "a"'],
    ['UNSUB 1 2 3', 'processUnsub Parse Error: "1 2 3"'],
  ];
  for (const [line, text] of logged) {
    proves('1.4-15', `${line} is logged`, async () => {
      const from = server.log.length;
      await refused(`${line}\r\n`, '', 'Protocol Violation', { headers: true });
      await server.waitForLog(text, from);
    });
  }

  proves('1.4-16', 'nine digits with leading zeros are passed on, ten refused', async () => {
    await taken('SUB a 1\r\nPUB a 000000002\r\nhi\r\n', 'MSG a 1 000000002\r\nhi\r\n');
    await refused('PUB a 0000000002\r\n');
    await refused('PUB a 9999999999\r\n');
    await refused('HPUB a 0000000000 0000000002\r\n', '', 'Protocol Violation', { headers: true });
  });

  proves('1.4-17', 'a parser error is logged with state, position and a snippet', async () => {
    const from = server.log.length;
    await refused('BOGUS stuff\r\n', unknownOp);
    await server.waitForLog(
      /\[ERR\] 127\.0\.0\.1:\d+ - cid:\d+ - Client parser ERROR, state=\d+, i=\d+: proto='"BOGUS stuff/,
      from,
    );
  });

  proves(['1.4-19', '1.11-09'], 'the limit counts the argument alone', async () => {
    const close = err('maximum control line exceeded');
    const reason = 'Maximum Control Line Exceeded';
    await taken(`PUB   ${'a'.repeat(510)} 0\r\n\r\n`, '');
    await refused(`PUB ${'a'.repeat(511)} 0\r\n\r\n`, close, reason);
    await taken(`SUB ${'a'.repeat(510)} 1\r\n`, '');
    await refused(`SUB ${'a'.repeat(511)} 1\r\n`, close, reason);
    await taken(`UNSUB ${'1'.repeat(512)}\r\n`, '');
    await refused(`UNSUB ${'1'.repeat(513)}\r\n`, close, reason);
    await taken(`HPUB ${'a'.repeat(508)} 0 0\r\n\r\n`, '', { headers: true });
    await refused(`HPUB ${'a'.repeat(509)} 0 0\r\n\r\n`, close, reason, { headers: true });
  });

  proves('1.4-20', 'an unfinished line over the limit is refused', async () => {
    for (const op of ['PUB ', 'SUB ', 'UNSUB ', 'CONNECT ']) {
      await refused(op + 'a'.repeat(600), err('maximum control line exceeded'), 'Maximum Control Line Exceeded');
    }
  });

  proves('1.4-21', 'an empty payload is delivered', async () => {
    await taken('SUB a 1\r\nPUB a 0\r\n\r\nPUB a r 0\r\n\r\n', 'MSG a 1 0\r\n\r\nMSG a 1 r 0\r\n\r\n');
  });

  proves('1.4-22', 'a big pipelined burst is processed whole', async () => {
    const client = await server.open();
    const count = 100_000;
    const batch: string[] = ['SUB big.* 1\r\n'];
    for (let i = 0; i < count; i++) batch.push(pub(`big.${i % 100}`, `${i}`));
    client.send(batch.join(''));
    const frames = await client.ping();
    expect(frames.length).toBe(count);
    expect(
      frames.findIndex((frame, i) => frame.payload?.toString() !== `${i}` || frame.subject !== `big.${i % 100}`),
    ).toBe(-1);
  });
});
