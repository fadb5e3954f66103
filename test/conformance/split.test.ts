/** Section 1.4: the same bytes in other pieces give the same result. */
import { describe, expect } from 'vitest';
import { proves } from '../support/proves.js';
import type { RawClient } from '../support/raw.js';
import { useServer } from '../support/server.js';

/** A session with every op, both line ends, all blanks and payloads that look like ops. */
const rich = Buffer.from(
  [
    'CONNECT {"verbose":true,"pedantic":false,"headers":true,"no_responders":true,"protocol":0}\r\n',
    'SUB foo.* 1\r\n',
    'sub\tbar.>\tgrp \t22\n',
    'SUB r 3\r\n',
    'PUB foo.a 11\r\nPUB x 0\r\n\r\n\r\n',
    'pub\t bar.b\t r\t 5 \r\nhello\r\n',
    'PUB none.here r 0\r\n\r\n',
    'HPUB foo.h r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
    'HPUB bar.c 0 000000002\r\n\r\n\r\n',
    'UNSUB 1 3\r\nPUB foo.b 1\nx\r\nPUB foo.c 1\r\ny\r\n',
    'unsub\t22\r\nPUB bar.d 1\r\nz\r\n',
    '+OK\r\nPONG\r\nPiNg and more\n',
  ].join(''),
  'latin1',
);

async function answerTo(client: RawClient, pieces: Buffer[]): Promise<string> {
  for (const piece of pieces) await client.sendDrained(piece);
  const frames = await client.readUntil((frame) => frame.op === 'PONG', 'the PONG that ends the session');
  return Buffer.concat(frames.map((frame) => frame.raw)).toString('latin1');
}

describe('splitting', () => {
  const server = useServer({ config: 'max_control_line: 128K\n' });

  const whole =
    '+OK\r\n+OK\r\n+OK\r\n+OK\r\n' +
    '+OK\r\nMSG foo.a 1 11\r\nPUB x 0\r\n\r\n\r\n' +
    '+OK\r\nMSG bar.b 22 r 5\r\nhello\r\n' +
    '+OK\r\nHMSG r 3 41 41\r\nNATS/1.0 503\r\nNats-Subject: none.here\r\n\r\n\r\n' +
    '+OK\r\nHMSG foo.h 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n' +
    '+OK\r\nMSG bar.c 22 000000002\r\n\r\n\r\n' +
    '+OK\r\n+OK\r\nMSG foo.b 1 1\r\nx\r\n+OK\r\n' +
    '+OK\r\n+OK\r\n' +
    'PONG\r\n';

  proves('1.4-18', 'a rich session in one piece', async () => {
    expect(await answerTo(await server.connect(), [rich])).toBe(whole);
  });

  proves('1.4-18', 'the same session, cut at every byte', async () => {
    for (let at = 1; at < rich.length; at++) {
      const client = await server.connect();
      const answer = await answerTo(client, [rich.subarray(0, at), rich.subarray(at)]);
      expect(answer, `cut at byte ${at}`).toBe(whole);
      client.destroy();
    }
  });

  for (const size of [1, 2, 3, 7]) {
    proves('1.4-18', `the same session in pieces of ${size}`, async () => {
      const pieces: Buffer[] = [];
      for (let at = 0; at < rich.length; at += size) pieces.push(rich.subarray(at, at + size));
      expect(await answerTo(await server.connect(), pieces)).toBe(whole);
    });
  }

  proves('1.4-23', 'a payload of max_payload in small and uneven pieces arrives whole', async () => {
    const subscriber = await server.open();
    await subscriber.exchange('SUB big 1\r\n', '');
    const payload = Buffer.alloc(1_048_576);
    for (let i = 0; i < payload.length; i++) payload[i] = (i * 7 + (i >> 8)) & 0xff;
    const bytes = Buffer.concat([Buffer.from(`PUB big ${payload.length}\r\n`), payload, Buffer.from('\r\n')]);
    const publisher = await server.open();
    let step = 0;
    for (let at = 0; at < bytes.length; step++) {
      const size = step < 300 ? 1 : 1 + ((step * 131) % 1999);
      await publisher.sendDrained(bytes.subarray(at, at + size));
      at += size;
    }
    const frame = await subscriber.next('MSG');
    expect(frame.payload?.equals(payload)).toBe(true);
    await publisher.exchange('', '');
  });

  proves('1.4-23', 'many messages of max_payload behind one another', async () => {
    const client = await server.open();
    const payload = Buffer.alloc(1_048_576, 'x');
    const head = Buffer.from(`PUB big ${payload.length}\r\n`);
    client.send('SUB big 1\r\n');
    for (let i = 0; i < 8; i++) client.send(Buffer.concat([head, payload, Buffer.from('\r\n')]));
    const frames = await client.ping();
    expect(frames.map((frame) => frame.payload?.length)).toEqual(Array(8).fill(payload.length));
  });

  proves('1.4-24', 'control lines of 64 KiB and more, whole and in pieces', async () => {
    const client = await server.open();
    const subject = `long.${'s'.repeat(70_000)}`;
    client.send(`SUB ${subject} 1\r\n`);
    client.send(`PUB ${subject} 2\r\nhi\r\n`);
    const [frame] = await client.ping();
    expect(frame?.subject).toBe(subject);
    const line = `PUB ${subject} 2\r\nho\r\n`;
    for (let at = 0; at < line.length; at += 5000) await client.sendDrained(line.slice(at, at + 5000));
    const [again] = await client.ping();
    expect(again?.payload?.toString()).toBe('ho');
  });
});

describe('lines longer than what is read at once', () => {
  const server = useServer({ config: 'max_control_line: 4M\nmax_pending: 64M\n' });

  proves('1.4-24', 'control lines of more than a mebibyte', async () => {
    const client = await server.open();
    const subject = `long.${'s'.repeat(1_500_000)}`;
    client.send(`SUB long.* 1\r\nPUB ${subject} 2\r\nhi\r\n`);
    const [frame] = await client.ping();
    expect(frame?.subject?.length).toBe(subject.length);
    expect(frame?.payload?.toString()).toBe('hi');
  });
});
