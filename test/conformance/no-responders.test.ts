/** Section 1.8: the 503 that tells a requester that nobody is there. */
import { describe } from 'vitest';
import { proves } from '../support/proves.js';
import { connectLine, msg, pub } from '../support/raw.js';
import { useServer } from '../support/server.js';

const able = { headers: true, no_responders: true };

function status503(reply: string, sid: string, subject: string): string {
  const size = 32 + subject.length;
  return `HMSG ${reply} ${sid} ${size} ${size}\r\nNATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n\r\n`;
}

describe('no responders', () => {
  const server = useServer();

  proves('1.8-02', 'the exact bytes', async () => {
    const client = await server.open(able);
    await client.exchange(
      `SUB r.* 1\r\n${pub('nobody.here', 'hi', 'r.1')}`,
      'HMSG r.1 1 43 43\r\nNATS/1.0 503\r\nNats-Subject: nobody.here\r\n\r\n\r\n',
    );
    await client.exchange(pub('x', '', 'r.abc'), status503('r.abc', '1', 'x'));
    await client.exchange('HPUB y r.h 12 13\r\nNATS/1.0\r\n\r\nx\r\n', status503('r.h', '1', 'y'));
    await client.exchange(
      `SUB _INBOX.abc.> inbox\r\n${pub('y', '', '_INBOX.abc.1')}`,
      status503('_INBOX.abc.1', 'inbox', 'y'),
    );
  });

  proves('1.8-01', 'nothing without headers, without no_responders or without reply', async () => {
    for (const fields of [{}, { headers: true }]) {
      const client = await server.open(fields);
      await client.exchange(`SUB r 1\r\n${pub('nobody', 'x', 'r')}`, '');
    }
    const client = await server.open(able);
    await client.exchange(`SUB r 1\r\n${pub('nobody', 'x')}`, '');
  });

  proves('1.8-01', 'nothing when the requester has no plain subscription for the reply', async () => {
    const client = await server.open(able);
    await client.exchange(pub('nobody', 'x', 'r'), '');
    await client.exchange(`SUB r q 1\r\n${pub('nobody', 'x', 'r')}`, '');
    const other = await server.open(able);
    await other.exchange('SUB r 1\r\n', '');
    await client.exchange(pub('nobody', 'x', 'r'), '');
    await other.exchange('', '');
  });

  proves('1.8-01', 'nothing when somebody receives it, plain or queue', async () => {
    const client = await server.open(able);
    const responder = await server.open();
    await client.exchange('SUB r 1\r\n', '');
    await responder.exchange('SUB s 1\r\nSUB q.* g 2\r\n', '');
    await client.exchange(pub('s', 'x', 'r') + pub('q.a', 'y', 'r'), '');
    await responder.exchange('', msg('s', 1, 'x', 'r') + msg('q.a', 2, 'y', 'r'));
    await responder.exchange('UNSUB 1\r\n', '');
    await client.exchange(pub('s', 'x', 'r'), status503('r', '1', 's'));
  });

  proves('1.8-01', 'own subscription with echo off is nobody', async () => {
    const client = await server.open({ ...able, echo: false });
    await client.exchange(`SUB r 1\r\nSUB s 2\r\n${pub('s', 'x', 'r')}`, status503('r', '1', 's'));
  });

  proves('1.8-01', 'the option follows a second CONNECT', async () => {
    const client = await server.open();
    await client.exchange(`${connectLine(able)}SUB r 1\r\n${pub('s', 'x', 'r')}`, status503('r', '1', 's'));
    const off = connectLine({ headers: true, no_responders: false });
    await client.exchange(`${off}SUB r 1\r\n${pub('s', 'x', 'r')}`, '');
  });

  proves('1.8-04', 'a 503 does not count for UNSUB max', async () => {
    const client = await server.open(able);
    const request = pub('s', 'x', 'r');
    await client.exchange(`SUB r 1\r\nUNSUB 1 1\r\n${request}${request}`, status503('r', '1', 's').repeat(2));
    await client.exchange(pub('r', 'answer') + pub('r', 'late'), msg('r', 1, 'answer'));
  });
});
