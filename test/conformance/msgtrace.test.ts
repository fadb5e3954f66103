/** Section 1.15: messages that tell of their way. */
import { gunzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { proves } from '../support/proves.js';
import { err, type RawClient } from '../support/raw.js';
import { useServer } from '../support/server.js';

const DEST = 'Nats-Trace-Dest: trace.here';
const ONLY = 'Nats-Trace-Only: true';
const noPub = (subject: string) => err(`Permissions Violation for Publish to "${subject}"`);

function headerBlock(lines: string[], version = 'NATS/1.0'): string {
  return `${[version, ...lines].join('\r\n')}\r\n\r\n`;
}

function hpub(subject: string, lines: string[], payload = 'x', reply = ''): string {
  const block = headerBlock(lines);
  return `HPUB ${subject} ${reply && `${reply} `}${block.length} ${block.length + payload.length}\r\n${block}${payload}\r\n`;
}

function hmsg(subject: string, sid: number, lines: string[], payload = 'x'): string {
  const block = headerBlock(lines);
  return `HMSG ${subject} ${sid} ${block.length} ${block.length + payload.length}\r\n${block}${payload}\r\n`;
}

interface TraceEvent {
  server: Record<string, unknown>;
  request: { header: Record<string, string[]>; msgsize: number };
  events: ({ type: string; ts: string } & Record<string, unknown>)[];
}

/** The next event a watcher gets. */
async function nextEvent(watcher: RawClient): Promise<TraceEvent> {
  return JSON.parse((await watcher.next('MSG')).payload?.toString() ?? '') as TraceEvent;
}

/** An event without its times, which are no one's business here. */
function stations({ events }: TraceEvent): object[] {
  return events.map(({ ts: _, ...rest }) => rest);
}

const users = `authorization { timeout: 60, users: [
  { user: free, password: p }
  { user: bound, password: p, permissions: { publish: ["ok.>", "trace.here"], subscribe: { deny: "ok.no" } } }
] }
max_payload: 1000
`;

describe('message tracing', () => {
  const server = useServer({ config: users });
  const as = (user: string, name: string, fields = {}) =>
    server.open({ user, pass: 'p', name, headers: true, ...fields });

  /** A client that gets every event. */
  async function watch(): Promise<RawClient> {
    const watcher = await as('free', '');
    await watcher.exchange('SUB trace.here 1\r\n', '');
    return watcher;
  }

  const ingress = (client: RawClient, name: string, subj: string, more = {}) => {
    return { type: 'in', kind: 0, cid: client.info.client_id, name, acc: '$G', subj, ...more };
  };
  const egress = (client: RawClient, name: string, sub: string, more = {}) => {
    return { type: 'eg', kind: 0, cid: client.info.client_id, name, sub, ...more };
  };

  proves('1.7-09', 'an event has no reply subject, which leaves two blanks', async () => {
    const watcher = await watch();
    const sender = await as('free', 'sender');
    sender.send(hpub('a', [DEST]));
    expect((await watcher.next('MSG')).raw.toString()).toMatch(/^MSG trace\.here 1 {2}\d+\r\n/);
  });

  proves(
    ['1.15-01', '1.15-05', '1.15-07', '1.15-08'],
    'an event tells of the message, who sent it and who got it',
    async () => {
      const watcher = await watch();
      const subscriber = await as('free', 'sub');
      const publisher = await as('free', 'pub');
      await subscriber.exchange('SUB ok.> 1\r\nSUB ok.a workers 2\r\n', '');
      const lines = [DEST, 'k: 1', 'k:  2 ', 'Empty:', 'Nats-Trace-Hop: 1'];
      const before = Date.now() - 1000;
      publisher.send(hpub('ok.a', lines, 'hello'));
      const event = await nextEvent(watcher);
      const size = headerBlock(lines).length + 5;
      expect(event.request).toEqual({
        header: { 'Nats-Trace-Dest': ['trace.here'], k: ['1', '2'], 'Nats-Trace-Hop': ['1'] },
        msgsize: size,
      });
      expect(stations(event)).toEqual([
        ingress(publisher, 'pub', 'ok.a'),
        egress(subscriber, 'sub', 'ok.>'),
        egress(subscriber, 'sub', 'ok.a', { queue: 'workers' }),
      ]);
      for (const { ts } of event.events) {
        expect(ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/);
        expect(Date.parse(ts)).toBeGreaterThan(before);
      }
      await subscriber.exchange('', hmsg('ok.a', 1, lines, 'hello') + hmsg('ok.a', 2, lines, 'hello'));
    },
  );

  proves('1.15-06', 'the event names the server and is numbered', async () => {
    const watcher = await watch();
    const publisher = await as('free', 'pub');
    publisher.send(hpub('ok.a', [DEST]) + hpub('ok.a', [DEST]));
    const [first, second] = [await nextEvent(watcher), await nextEvent(watcher)].map((event) => event.server);
    const { seq, time, feature_flags, ...rest } = first as { seq: number; time: string; feature_flags: object };
    expect(rest).toEqual({
      name: watcher.info.server_name,
      host: '127.0.0.1',
      id: watcher.info.server_id,
      ver: watcher.info.version,
      jetstream: false,
      flags: 0,
    });
    expect(Object.values(feature_flags).every((flag) => typeof flag === 'boolean')).toBe(true);
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
    expect(second?.seq).toBe(seq + 1);
  });

  proves('1.15-02', 'trace only: nobody gets the message', async () => {
    const watcher = await watch();
    const subscriber = await as('free', 'sub');
    const publisher = await as('free', 'pub');
    await subscriber.exchange('SUB ok.a 1\r\nUNSUB 1 1\r\n', '');
    for (const value of ['1', 'true', 'on', 'TRUE', 'On']) {
      publisher.send(hpub('ok.a', [DEST, `Nats-Trace-Only: ${value}`]));
      const event = await nextEvent(watcher);
      expect(stations(event)).toEqual([ingress(publisher, 'pub', 'ok.a'), egress(subscriber, 'sub', 'ok.a')]);
    }
    await subscriber.exchange('', '');
    // Whatever else is no yes; and the one delivery that the subscription may have is still there.
    const lines = [DEST, 'Nats-Trace-Only: yes'];
    publisher.send(hpub('ok.a', lines));
    expect(stations(await nextEvent(watcher))).toHaveLength(2);
    await subscriber.exchange('', hmsg('ok.a', 1, lines));
    // Alone it says nothing.
    await subscriber.exchange('SUB ok.a 2\r\n', '');
    await publisher.exchange(hpub('ok.a', [ONLY]), '');
    await subscriber.exchange('', hmsg('ok.a', 2, [ONLY]));
  });

  proves('1.15-03', 'headers that ask for no trace', async () => {
    const watcher = await watch();
    const publisher = await as('free', 'pub');
    await watcher.exchange('SUB ok.a 2\r\n', '');
    for (const lines of [
      ['Nats-Trace-Dest: trace disabled', ONLY],
      ['Nats-Trace-Dest: trace disabled', DEST],
      ['nats-trace-dest: trace.here'],
      ['Nats-Trace-Dest:'],
      ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ]) {
      await publisher.exchange(hpub('ok.a', lines), '');
      await watcher.exchange('', hmsg('ok.a', 2, lines));
    }
    const block = headerBlock([DEST], 'NATS/1.1');
    await publisher.exchange(`HPUB ok.a ${block.length} ${block.length}\r\n${block}\r\n`, '');
    await watcher.exchange('', `HMSG ok.a 2 ${block.length} ${block.length}\r\n${block}\r\n`);
  });

  proves('1.15-04', 'an origin account switches tracing off for everyone behind', async () => {
    const watcher = await watch();
    const publisher = await as('free', 'pub');
    await watcher.exchange('SUB ok.a 2\r\n', '');
    const origin = 'Nats-Trace-Origin-Account: A';
    await publisher.exchange(hpub('ok.a', [DEST, origin, 'k: v']), '');
    await watcher.exchange('', hmsg('ok.a', 2, [origin, 'k: v', 'Nats-Trace-Dest: trace disabled']));
    await publisher.exchange(hpub('ok.a', [DEST, origin, ONLY]), '');
    await watcher.exchange('', '');
    await server.waitForLog(/\[ERR\] .* because of header "Nats-Trace-Origin-Account" with value="A"/);
  });

  proves('1.15-01', 'the publisher must be allowed to publish where the event should go', async () => {
    const watcher = await as('free', '');
    await watcher.exchange('SUB > 1\r\n', '');
    const publisher = await as('bound', 'pub', { pedantic: true });
    for (const dest of ['no.way', '_GR_.x', '$NRG.x']) {
      for (const more of [[], [ONLY]]) {
        await publisher.exchange(hpub('ok.a', [`Nats-Trace-Dest: ${dest}`, ...more]), noPub(dest));
      }
    }
    await publisher.exchange(
      hpub('ok.*', ['Nats-Trace-Dest: no.way']),
      err('Invalid Publish Subject') + noPub('no.way'),
    );
    await watcher.exchange('', '');
    const unlimited = await as('free', 'pub');
    await unlimited.exchange(hpub('ok.a', ['Nats-Trace-Dest: _GR_.x']), noPub('_GR_.x'));
    await watcher.exchange('', '');
  });

  proves('1.15-01', 'a destination must be a subject', async () => {
    const watcher = await watch();
    const publisher = await as('bound', 'pub');
    await watcher.exchange('SUB ok.a 2\r\n', '');
    for (const dest of ['trace.*', 'trace..here', '>']) {
      const lines = [`Nats-Trace-Dest: ${dest}`];
      await publisher.exchange(hpub('ok.a', lines), '');
      await watcher.exchange('', hmsg('ok.a', 2, lines));
      await publisher.exchange(hpub('ok.a', [...lines, ONLY]), '');
      await watcher.exchange('', '');
    }
    await server.waitForLog(/\[ERR\] .* Destination "trace\.\.here" is not valid/);
  });

  proves('1.15-09', 'why a message was not taken', async () => {
    const watcher = await watch();
    const publisher = await as('bound', 'pub');
    const refusals = [
      ['no.a', '', 'Permissions Violation for Publish to "no.a"'],
      ['_GR_.a', '', 'Permissions Violation for Publish to "_GR_.a"'],
      ['ok.a', '_R_.x', 'Permissions Violation for Publish with Reply of "_R_.x"'],
    ] as const;
    for (const [subject, reply, error] of refusals) {
      await publisher.exchange(hpub(subject, [DEST], 'x', reply), err(error));
      expect(stations(await nextEvent(watcher))).toEqual([ingress(publisher, 'pub', subject, { error })]);
    }
    const nobody = await as('bound', 'pub', { verbose: true });
    await nobody.exchange(hpub('ok.nobody', [DEST]), '+OK\r\n');
    expect(stations(await nextEvent(watcher))).toEqual([ingress(nobody, 'pub', 'ok.nobody')]);
  });

  proves('1.15-09', 'a message that is too large', async () => {
    const watcher = await watch();
    const large = (lines: string[]) => {
      const block = headerBlock(lines);
      return `HPUB ok.a reply ${block.length} 2000\r\n${block}xyz`;
    };
    const violation = err('Maximum Payload Violation');
    const publisher = await as('bound', 'pub');
    publisher.send(large([DEST]));
    await publisher.expect(violation);
    await publisher.expectClosed();
    const event = await nextEvent(watcher);
    const error = 'maximum payload exceeded';
    expect(stations(event)).toEqual([ingress(publisher, 'pub', 'ok.a', { error })]);
    expect(event.request.msgsize).toBe(2000);
    const refused = await as('bound', 'pub');
    refused.send(large(['Nats-Trace-Dest: no.way']));
    await refused.expect(noPub('no.way') + violation);
    await refused.expectClosed();
    await watcher.exchange('', '');
  });

  proves('1.15-10', 'why a subscriber did not get a message', async () => {
    const watcher = await watch();
    const publisher = await as('bound', 'pub', { echo: false });
    await publisher.exchange('SUB ok.a 1\r\nSUB ok.a workers 2\r\n', '');
    publisher.send(hpub('ok.a', [DEST]) + hpub('ok.a', [DEST, ONLY]));
    for (const _ of [1, 2]) {
      const error = 'Not delivered because of no echo';
      expect(stations(await nextEvent(watcher))).toEqual([
        ingress(publisher, 'pub', 'ok.a'),
        egress(publisher, 'pub', 'ok.a', { error }),
        egress(publisher, 'pub', 'ok.a', { queue: 'workers', error }),
      ]);
    }
    const denied = await as('bound', 'denied');
    await denied.exchange('SUB ok.* 1\r\n', '');
    publisher.send(hpub('ok.no', [DEST]));
    expect(stations(await nextEvent(watcher))).toEqual([
      ingress(publisher, 'pub', 'ok.no'),
      egress(denied, 'denied', 'ok.*', { error: 'Not delivered because subscription denies this subject' }),
    ]);
    await denied.exchange('', '');
  });

  proves('1.15-02', 'a trace counts as a responder', async () => {
    const watcher = await watch();
    const responder = await as('free', 'responder');
    await responder.exchange('SUB ok.service 1\r\n', '');
    const requester = await as('free', 'requester', { no_responders: true });
    await requester.exchange(`SUB inbox 1\r\n${hpub('ok.service', [DEST, ONLY], 'x', 'inbox')}`, '');
    expect(stations(await nextEvent(watcher))).toHaveLength(2);
    await requester.exchange(
      hpub('ok.other', [DEST], 'x', 'inbox'),
      'HMSG inbox 1 40 40\r\nNATS/1.0 503\r\nNats-Subject: ok.other\r\n\r\n\r\n',
    );
    expect(stations(await nextEvent(watcher))).toHaveLength(1);
    await responder.exchange('', '');
  });

  proves('1.15-05', 'the event comes behind the message, whose order it keeps', async () => {
    const watcher = await watch();
    await watcher.exchange('SUB ok.a 2\r\n', '');
    const publisher = await as('free', 'pub');
    const plain = (text: string) => `PUB ok.a 1\r\n${text}\r\n`;
    publisher.send(plain('1') + plain('2') + hpub('ok.a', [DEST], '3') + plain('4') + plain('5'));
    const frames = await watcher.take(6);
    const texts = frames.filter((frame) => frame.args.startsWith('ok.a')).map((frame) => frame.payload?.toString());
    expect(texts).toEqual(['1', '2', '3', '4', '5']);
    const [traced, event] = [/^ok\.a 2 \d+ \d+$/, /^trace\.here 1 {2}\d+$/].map((wanted) =>
      frames.findIndex((frame) => wanted.test(frame.args)),
    );
    expect(event).toBeGreaterThan(traced as number);
  });

  proves('1.15-11', 'events are compressed for those who ask', async () => {
    const publisher = await as('free', 'pub');
    const watcher = await watch();
    const plain = await as('free', '', { headers: false });
    await plain.exchange('SUB trace.here 9\r\n', '');
    const asks: [string, string][] = [
      ['gzip', 'gzip'],
      ['br, GZip;q=0.5', 'gzip'],
      ['S2', 'snappy'],
      ['gzip, snappy', 'snappy'],
      ['br', 'identity'],
    ];
    for (const [accepted, encoding] of asks) {
      publisher.send(hpub('ok.a', [DEST, `Accept-Encoding: ${accepted}`]));
      const block = `NATS/1.0\r\nContent-Encoding: ${encoding}\r\n\r\n`;
      const frame = await watcher.next('HMSG');
      expect(frame.args).toMatch(new RegExp(`^trace\\.here 1 {2}${block.length} \\d+$`));
      expect(frame.headers?.toString()).toBe(block);
      const body = frame.payload as Buffer;
      if (encoding === 'snappy') {
        expect(body.subarray(0, 10).toString('latin1')).toBe('\xff\x06\x00\x00sNaPpY');
      } else {
        const json = encoding === 'gzip' ? gunzipSync(body) : body;
        expect(stations(JSON.parse(json.toString()))).toEqual([ingress(publisher, 'pub', 'ok.a')]);
      }
      const bare = await plain.next('MSG');
      expect(bare.payload).toEqual(body);
    }
    publisher.send(hpub('ok.a', [DEST, 'accept-encoding: gzip']));
    expect(stations(await nextEvent(watcher))).toHaveLength(1);
  });
});
