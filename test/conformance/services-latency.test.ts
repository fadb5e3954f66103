/** Sections 1.18 and 4.3: what is measured of services, and what services learn of who asks. */
import { expect } from 'vitest';
import { openAll, startWithAccounts } from '../support/accounts.js';
import type { Frame } from '../support/frames.js';
import { proves } from '../support/proves.js';
import { msg, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach } from '../support/server.js';
import { answer, exporting, HEADERS, importing, request, requestInfo } from '../support/services.js';

endServersAfterEach();

const NANOSECONDS = expect.any(Number);
const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
/** What every client tells a service that may know it. */
const shared = (client: RawClient, account: string, name?: string) => ({
  start: INSTANT,
  host: '127.0.0.1',
  id: client.info.client_id,
  acc: account,
  user: account,
  ...(name === undefined ? {} : { name }),
  rtt: NANOSECONDS,
  server: client.info.server_name,
  kind: 'Client',
  client_type: 'nats',
});

/** The service x of A is measured, and B imports it. */
async function measured(fields: string, imports = importing('A x')) {
  const server = await startWithAccounts({ A: exporting(`x, ${fields}`), B: imports });
  const [service, meter] = (await openAll(server, ['A', 'A'], HEADERS)) as [RawClient, RawClient];
  const [client] = (await openAll(server, ['B'], { ...HEADERS, name: 'asker' })) as [RawClient];
  await meter.exchange('SUB m 1\r\n', '');
  await client.exchange('SUB inbox 9\r\n', '');
  return { server, service, meter, client };
}

async function measurement(meter: RawClient): Promise<Record<string, unknown>> {
  const frame = await meter.next('MSG');
  expect([frame.subject, frame.reply]).toEqual(['m', undefined]);
  return JSON.parse(frame.payload?.toString() ?? '') as Record<string, unknown>;
}

function event(status: number, description: string, more: object) {
  return {
    type: 'io.nats.server.metric.v1.service_latency',
    id: expect.stringMatching(/^\w{22}$/),
    timestamp: INSTANT,
    status,
    ...(description ? { description } : {}),
    ...more,
    start: INSTANT,
  };
}

const NOTHING = { service: 0, system: 0, total: 0 };
const REQUESTOR = { requestor: { acc: 'B', rtt: NANOSECONDS } };

proves('1.18-01', 'an answered request is measured: who asked, who answered, and how long it took', async () => {
  const { service, meter, client } = await measured('latency: m');
  await service.exchange('SUB x 1\r\n', '');
  await client.exchange(request('x', 'inbox', '?'), '');
  const asked = await service.next('HMSG');
  service.send(answer(asked, 'fine') + answer(asked, 'again'));
  const told = await measurement(meter);
  const times = { service: NANOSECONDS, system: NANOSECONDS, total: NANOSECONDS };
  expect(told).toEqual({ ...event(200, '', REQUESTOR), responder: shared(service, 'A'), ...times });
  expect(Object.keys(told)).toEqual([
    ...['type', 'id', 'timestamp', 'status', 'requestor', 'responder', 'start', 'service', 'system', 'total'],
  ]);
  const values = ['service', 'system', 'total'].map((name) => told[name] as number);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(values[2]).toBeGreaterThanOrEqual(values[0] as number);
  await client.exchange('', msg('inbox', 9, 'fine'));
  await service.exchange('', '');
  await meter.exchange('', '');
});

proves('1.18-02', 'no reply subject: 400; nobody who answers: 503', async () => {
  const { service, meter, client } = await measured('latency: m');
  await service.exchange('SUB x 1\r\n', '');
  await client.exchange(pub('x', '!'), '');
  expect((await service.next('HMSG')).reply).toBeUndefined();
  expect(await measurement(meter)).toEqual(event(400, 'Bad Request', { ...REQUESTOR, ...NOTHING }));
  await service.exchange('UNSUB 1\r\n', '');
  client.send(request('x', 'inbox', '?'));
  expect((await client.next('HMSG')).headers?.toString()).toContain('503');
  expect(await measurement(meter)).toEqual(event(503, 'Service Unavailable', { ...REQUESTOR, ...NOTHING }));
  await meter.exchange('', '');
});

proves('1.18-02', 'an answer that does not come: 504; one that nobody waits for: 408', async () => {
  const { service, meter, client } = await measured('latency: m, threshold: "50ms"');
  await service.exchange('SUB x 1\r\n', '');
  await client.exchange(request('x', 'inbox', '?'), '');
  expect(await measurement(meter)).toEqual(event(504, 'Service Timeout', { ...REQUESTOR, ...NOTHING }));
  await service.exchange(answer(await service.next('HMSG'), 'late'), '');
  // The reference measures at once, we when the time is up.
  await client.exchange(`${request('x', 'inbox', '?')}UNSUB 9\r\n`, '');
  expect(await measurement(meter)).toEqual(event(408, 'Request Timeout', { ...REQUESTOR, ...NOTHING }));
  await meter.exchange('', '');
});

proves('1.18-02', 'one that comes when nobody waits any more: 408', async () => {
  const { service, meter, client } = await measured('latency: m');
  await service.exchange('SUB x 1\r\n', '');
  await client.exchange(request('x', 'inbox', '?'), '');
  await client.exchange('UNSUB 9\r\n', '');
  const asked = await service.next('HMSG');
  await service.exchange(answer(asked, 'late'), '');
  expect(await measurement(meter)).toEqual(event(408, 'Request Timeout', { ...REQUESTOR, ...NOTHING }));
  await service.exchange(answer(asked, 'later'), '');
  await meter.exchange('', '');
});

proves('1.18-03', 'share tells the service, and measurements, who asks', async () => {
  const { service, meter, client } = await measured('latency: m', importing('A x y share:true'));
  await service.exchange('SUB x 1\r\n', '');
  await client.exchange(request('y', 'inbox', '?'), '');
  const asked = await service.next('HMSG');
  expect(requestInfo(asked)).toEqual(shared(client, 'B', 'asker'));
  service.send(answer(asked, 'fine'));
  const told = await measurement(meter);
  expect(told).toMatchObject({ status: 200, requestor: shared(client, 'B', 'asker'), responder: shared(service, 'A') });
});

proves(
  '1.18-03',
  'each of two imports of a service shares for itself',
  async () => {
    const { service, client } = await measured('latency: m', importing('A x y', 'A x z share:true'));
    await service.exchange('SUB x 1\r\n', '');
    await client.exchange(request('y', 'inbox', '?') + request('z', 'inbox', '?'), '');
    expect(requestInfo(await service.next('HMSG'))).toEqual({ acc: 'B', rtt: NANOSECONDS });
    expect(requestInfo(await service.next('HMSG'))).toEqual(shared(client, 'B', 'asker'));
  },
  { oursOnly: 'the reference shares for either' },
);

proves('1.18-03', 'what a client says about itself is replaced', async () => {
  const { service, client } = await measured('latency: m');
  await service.exchange('SUB x 1\r\n', '');
  const forged = 'NATS/1.0\r\nNats-Request-Info: {"acc":"X"}\r\nA: b\r\n\r\n';
  await client.exchange(`HPUB x inbox ${forged.length} ${forged.length + 1}\r\n${forged}!\r\n`, '');
  const asked = await service.next('HMSG');
  expect(asked.headers?.toString()).toMatch(
    /^NATS\/1\.0\r\nA: b\r\nNats-Request-Info: \{"acc":"B","rtt":\d+\}\r\n\r\n$/,
  );
});

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7';
const SAMPLED: [headers: string[], kept: Record<string, string[]>][] = [
  [['X-B3-Sampled: 1', 'X-B3-TraceId: 80f1'], { 'X-B3-Sampled': ['1'], 'X-B3-Traceid': ['80f1'] }],
  [['X-B3-TraceId: 80f1'], { 'X-B3-Traceid': ['80f1'] }],
  [['B3: 80f1-e457-1-05e3'], { B3: ['80f1-e457-1-05e3'] }],
  [['Uber-Trace-Id: 479f:5adb:479f:1', 'Uberctx-X: y'], { 'Uber-Trace-Id': ['479f:5adb:479f:1'], 'Uberctx-X': ['y'] }],
  [[`Traceparent: ${TRACE}-01`, 'Tracestate: a=b'], { Traceparent: [`${TRACE}-01`], Tracestate: ['a=b'] }],
];
const NOT_SAMPLED = [
  [],
  ['A: b'],
  ['X-B3-Sampled: 0', 'X-B3-TraceId: 80f1'],
  ['B3: 0'],
  ['B3: 80f1-e457-0'],
  ['Uber-Trace-Id: 479f:5adb:479f:0'],
  [`Traceparent: ${TRACE}-00`],
  ['Traceparent: x'],
];

proves('1.18-04', 'headers ask for a measurement, which names those that did', async () => {
  const { service, meter, client } = await measured('latency: { sampling: headers, subject: m }');
  await service.exchange('SUB x 1\r\n', '');
  for (const headers of NOT_SAMPLED) {
    service.send(answer(await asks(client, service, headers), 'fine'));
    await client.expect(msg('inbox', 9, 'fine'));
    await meter.exchange('', '');
  }
  for (const [headers, kept] of SAMPLED) {
    service.send(answer(await asks(client, service, headers), 'fine'));
    await client.expect(msg('inbox', 9, 'fine'));
    expect((await measurement(meter)).header, headers[0]).toEqual(kept);
  }
});

async function asks(client: RawClient, service: RawClient, headers: readonly string[]): Promise<Frame> {
  const block = `NATS/1.0\r\n${headers.map((one) => `${one}\r\n`).join('')}\r\n`;
  await client.exchange(`HPUB x inbox ${block.length} ${block.length + 1}\r\n${block}?\r\n`, '');
  return service.next('HMSG');
}

proves('1.18-04', 'a share of the requests is measured', async () => {
  const { service, meter, client } = await measured('latency: { sampling: "50%", subject: m }');
  await service.exchange('SUB x 1\r\n', '');
  await client.exchange(request('x', 'inbox', '?').repeat(200), '');
  const asked = await service.take(200);
  service.send(asked.map((one) => answer(one, 'fine')).join(''));
  await client.take(200);
  await service.ping();
  await meter.take(50);
  expect((await meter.ping()).length).toBeLessThan(100);
});

proves('1.18-05', 'measurements are messages of the exporting account alone', async () => {
  const { server, service, meter, client } = await measured('latency: m');
  const [other] = (await openAll(server, ['B'], HEADERS)) as [RawClient];
  await other.exchange('SUB > 1\r\n', '');
  await service.exchange('SUB x 1\r\n', '');
  await client.exchange(request('x', 'inbox', '?'), '');
  service.send(answer(await service.next('HMSG'), 'fine'));
  await measurement(meter);
  expect((await other.ping()).map(({ subject }) => subject)).toEqual(['x', 'inbox']);
});
