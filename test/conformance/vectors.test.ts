/** Appendix A: byte vectors, each sent after CONNECT with verbose and pedantic off unless it brings its own. */
import { describe, expect } from 'vitest';
import { proves } from '../support/proves.js';
import { connectLine, err, msg, pub } from '../support/raw.js';
import { useServer } from '../support/server.js';

const unknownOp = err('Unknown Protocol Operation');

describe('byte vectors', () => {
  const server = useServer();

  /** Sends, expects these bytes and an open connection with nothing more to say. */
  async function open(send: string, receive: string, fields = {}): Promise<void> {
    await (await server.open(fields)).exchange(send, receive);
  }

  async function closed(send: string, receive = '', fields = {}): Promise<void> {
    const client = await server.open(fields);
    client.send(send);
    await client.expect(receive);
    await client.expectClosed();
  }

  proves('A-01', 'PING lines', async () => {
    for (const line of ['PING\n', 'PING junk here\r\n', 'PINGX\r\n']) await open(line, 'PONG\r\n');
  });

  proves('A-02', 'PIN', () => closed('PIN\r\n', unknownOp));

  proves('A-03', 'bare LF', () => open('SUB a 1\nPUB a 2\nhi\r\nPING\n', `${msg('a', 1, 'hi')}PONG\r\n`));

  proves('A-04', 'tabs and lower case', () => open('sub\ta\t1\npub\t a\t r\t 2 \r\nhi\r\n', msg('a', 1, 'hi', 'r')));

  proves('A-05', 'nine and ten digits', async () => {
    await open('SUB a 1\r\nPUB a 000000002\r\nhi\r\n', 'MSG a 1 000000002\r\nhi\r\n');
    await closed('PUB a 0000000002\r\n');
  });

  proves('A-06', 'payload CRLF missing', () => closed('PUB a 0\r\nPING\r\n', unknownOp));

  for (const line of ['PUB a b c 1', 'PUB a', 'PUB a xx', 'SUB a', 'UNSUB ']) {
    proves('A-07', line, () => closed(`${line}\r\n`));
  }

  for (const line of ['CONNECT {bad}', 'CONNECT foo', 'CONNECT {"verbose":false} trailing']) {
    proves('A-08', line, async () => {
      const client = await server.connect();
      client.send(`${line}\r\n`);
      await client.expectClosed();
    });
  }

  proves('A-09', 'CONNECT{…}', async () => {
    const client = await server.connect();
    client.send('CONNECT{"verbose":false}\r\nPING\r\n');
    await client.expect('PONG\r\n');
  });

  proves('A-10', 'PUB a 1048577', () => closed('PUB a 1048577\r\n', err('Maximum Payload Violation')));

  proves('A-11', "-ERR 'x'", () => closed("-ERR 'x'\r\n"));

  for (const line of ['MSG a 1 2\r\nhi\r\n', 'HMSG a 1 2 2\r\nhi\r\n', 'RS+ a b\r\n', '\r\n', ' PING\r\n']) {
    proves('A-12', JSON.stringify(line), () => closed(line, unknownOp));
  }

  proves('A-13', 'invalid and odd subjects', async () => {
    for (const line of ['SUB . 1', 'SUB .a 2', 'SUB a. 3', 'SUB >.a 6'])
      await open(`${line}\r\n`, err('Invalid Subject'));
    for (const line of ['SUB > 1', 'SUB *.> 1', 'SUB a*b 1']) await open(`${line}\r\n`, '');
  });

  proves('A-14', 'UNSUB max', async () => {
    const one = pub('a', 'x');
    const got = msg('a', 1, 'x');
    await open(`SUB a 1\r\nUNSUB 1 2\r\n${one.repeat(3)}`, got.repeat(2));
    await open(`SUB a 1\r\nUNSUB 1 1\r\nUNSUB 1 3\r\n${one.repeat(4)}`, got.repeat(3));
    await open(`SUB a 1\r\n${one.repeat(2)}UNSUB 1 2\r\n${one}`, got.repeat(2));
  });

  proves('A-15', 'one plain and two groups', async () => {
    const client = await server.open();
    for (let round = 0; round < 10; round++) {
      client.send(
        `SUB q g 1\r\nSUB q g 2\r\nSUB q 3\r\nSUB q h 4\r\n${pub('q', 'x')}UNSUB 1\r\nUNSUB 2\r\nUNSUB 3\r\nUNSUB 4\r\n`,
      );
      const sids = (await client.ping()).map((frame) => frame.sid).sort();
      expect(sids).toHaveLength(3);
      expect(['1', '2']).toContain(sids[0]);
      expect(sids.slice(1)).toEqual(['3', '4']);
    }
  });

  proves('A-16', 'wildcard table', async () => {
    const client = await server.open();
    await client.exchange('SUB foo.* 1\r\nSUB foo.> 2\r\nSUB > 3\r\nSUB foo 4\r\nSUB *.bar 5\r\nSUB fo* 6\r\n', '');
    const table: Record<string, string> = {
      'foo.bar': '1,2,3,5',
      foo: '3,4',
      'foo.bar.baz': '2,3',
      'Foo.bar': '3,5',
      'foo.': '',
      'fo*': '3,6',
    };
    for (const [subject, sids] of Object.entries(table)) {
      client.send(pub(subject, 'x'));
      const got = (await client.ping()).map((frame) => frame.sid).sort();
      expect(got.join(','), subject).toBe(sids);
    }
  });

  proves('A-17', 'pedantic publish', () =>
    open('SUB a.* 1\r\nPUB a.* 1\r\nx\r\n', err('Invalid Publish Subject') + msg('a.*', 1, 'x'), { pedantic: true }),
  );

  proves('A-18', '503', () =>
    open(
      'SUB r.* 1\r\nPUB nobody.here r.1 2\r\nhi\r\n',
      'HMSG r.1 1 43 43\r\nNATS/1.0 503\r\nNats-Subject: nobody.here\r\n\r\n\r\n',
      { headers: true, no_responders: true },
    ),
  );

  proves('A-19', 'reserved reply', () =>
    open('PUB a $JS.ACK.x 1\r\nx\r\n', err('Permissions Violation for Publish with Reply of "$JS.ACK.x"')),
  );

  proves('A-20', 'header sizes', async () => {
    const fields = { headers: true };
    await open('SUB a 1\r\nHPUB a 0 2\r\nhi\r\n', msg('a', 1, 'hi'), fields);
    await open('SUB a 1\r\nHPUB a 3 3\r\nabc\r\n', 'HMSG a 1 3 3\r\nabc\r\n', fields);
  });

  proves('A-22', 'verbose acknowledgements', async () => {
    const client = await server.connect();
    client.send('CONNECT {"verbose":true,"pedantic":false}\r\nUNSUB 77\r\nSUB a 1\r\nSUB a 1\r\nPUB a 1\r\nx\r\n');
    await client.exchange('', `${'+OK\r\n'.repeat(5)}${msg('a', 1, 'x')}`);
  });

  proves('A-23', 'second CONNECT', () =>
    open(`SUB a 1\r\n${connectLine({ verbose: true })}PUB a 1\r\nx\r\n`, '+OK\r\n+OK\r\n'),
  );
});

describe('byte vectors with auth required', () => {
  const server = useServer({ config: 'authorization { token: t }\n' });

  proves('A-21', 'PING first', async () => {
    const client = await server.connect();
    client.send('PING\r\n');
    await client.expect(err('Authorization Violation'));
    await client.expectClosed();
  });
});
