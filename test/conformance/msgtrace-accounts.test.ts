/** Section 1.15: traces of messages that go to other accounts, and traces that an account asks for. */
import { expect } from 'vitest';
import { openAll, startWithAccounts } from '../support/accounts.js';
import { proves } from '../support/proves.js';
import type { RawClient } from '../support/raw.js';
import { endServersAfterEach } from '../support/server.js';
import { answer, exporting, HEADERS, importing } from '../support/services.js';

endServersAfterEach();

const DEST = 'Nats-Trace-Dest: t';
const ONLY = 'Nats-Trace-Only: true';
const SAMPLED = 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function hpub(subject: string, lines: readonly string[], payload = 'x', reply = ''): string {
  const block = `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
  return `HPUB ${subject} ${reply && `${reply} `}${block.length} ${block.length + payload.length}\r\n${block}${payload}\r\n`;
}

type Four = [RawClient, RawClient, RawClient, RawClient];
type Station = Record<string, unknown>;

/** What the next trace tells, without times. */
async function trace(watcher: RawClient): Promise<Station[]> {
  const { events } = JSON.parse((await watcher.next('MSG')).payload?.toString() ?? '') as { events: Station[] };
  return events.map(({ ts: _, ...rest }) => rest);
}

const came = (client: RawClient, account: string, subject: string) => {
  return { type: 'in', kind: 0, cid: client.info.client_id, acc: account, subj: subject };
};
const got = (client: RawClient, subject: string, account?: string) => {
  return { type: 'eg', kind: 0, cid: client.info.client_id, ...(account ? { acc: account } : {}), sub: subject };
};

proves('1.15-12', 'msg_trace: traces of messages whose publishers trace and sample them', async () => {
  const server = await startWithAccounts({ A: 'msg_trace: t', B: '' });
  const [a, b, watcher, other] = (await openAll(server, ['A', 'B', 'A', 'B'], HEADERS)) as Four;
  for (const client of [watcher, other]) await client.exchange('SUB t 1\r\nSUB own 2\r\n', '');
  a.send(hpub('x', [SAMPLED]));
  expect(await trace(watcher)).toEqual([came(a, 'A', 'x')]);
  a.send(hpub('x', [SAMPLED.replace(/^traceparent/, 'TraceParent')]));
  expect(await trace(watcher)).toEqual([came(a, 'A', 'x')]);
  await a.exchange(hpub('x', [SAMPLED.replace(/01$/, '00')]) + hpub('x', ['traceparent: x']), '');
  await b.exchange(hpub('x', [SAMPLED]), '');
  for (const client of [watcher, other]) await client.exchange('', '');
  a.send(hpub('x', [SAMPLED, 'Nats-Trace-Dest: own']));
  const own = await watcher.next('MSG');
  expect(own.subject).toBe('own');
  await watcher.exchange('', '');
});

for (const goesOn of [true, false]) {
  const told = goesOn ? 'tells who gets it there with allow_trace' : 'tells no more of it without allow_trace';
  proves('1.15-12', `a message that is imported: the trace ${told}`, async () => {
    const stream = `{ stream: { account: A, subject: "x.*" }, prefix: p, allow_trace: ${goesOn} }`;
    const server = await startWithAccounts({ A: 'exports: [ { stream: "x.*" } ]', B: `imports: [ ${stream} ]` });
    const [a, b, watcher] = (await openAll(server, ['A', 'B', 'A'], HEADERS)) as [RawClient, RawClient, RawClient];
    await watcher.exchange('SUB t 1\r\n', '');
    await b.exchange('SUB p.x.* 1\r\n', '');
    a.send(hpub('x.1', [DEST]));
    const crossed = { type: 'se', acc: 'B', to: 'p.x.1' };
    const told = goesOn ? [crossed, got(b, 'x.*', 'B')] : [crossed];
    expect(await trace(watcher)).toEqual([came(a, 'A', 'x.1'), ...told]);
    expect((await b.next()).subject).toBe('p.x.1');
    a.send(hpub('x.2', [DEST, ONLY]));
    expect(await trace(watcher)).toHaveLength(goesOn ? 3 : 2);
    await b.exchange('', '');
  });

  proves('1.15-12', `a request to another account: the trace ${told}`, async () => {
    const A = exporting(`x.*, allow_trace: ${goesOn}`);
    const server = await startWithAccounts({ A, B: importing('A x.* y.*') });
    const [a, b, watcher] = (await openAll(server, ['A', 'B', 'B'], HEADERS)) as [RawClient, RawClient, RawClient];
    await watcher.exchange('SUB t 1\r\n', '');
    await a.exchange('SUB x.* 1\r\nSUB t 2\r\n', '');
    await b.exchange('SUB inbox 9\r\n', '');
    b.send(hpub('y.1', [DEST], '?', 'inbox'));
    const crossed = { type: 'si', acc: 'A', from: 'y.1', to: 'x.1' };
    const told = goesOn ? [crossed, got(a, 'x.*', 'A')] : [crossed];
    expect(await trace(watcher)).toEqual([came(b, 'B', 'y.1'), ...told]);
    const asked = await a.next('HMSG');
    await a.exchange(answer(asked, 'fine'), '');
    expect((await b.next('MSG')).payload?.toString()).toBe('fine');
    b.send(hpub('y.2', [DEST, ONLY], '?', 'inbox'));
    expect(await trace(watcher)).toHaveLength(goesOn ? 3 : 2);
    await a.exchange('', '');
  });
}

proves('1.15-12', 'a trace names what a mapping made of the subject', async () => {
  const server = await startWithAccounts({ A: 'mappings { "x.*": "y.$1" }' });
  const [a, watcher] = (await openAll(server, ['A', 'A'], HEADERS)) as [RawClient, RawClient];
  await watcher.exchange('SUB t 1\r\nSUB y.* 2\r\n', '');
  a.send(hpub('x.1', [DEST]));
  await watcher.next('HMSG');
  const stations = [came(a, 'A', 'x.1'), { type: 'sm', to: 'y.1' }, got(watcher, 'y.*')];
  expect(await trace(watcher)).toEqual(stations);
});
