/** Sections 5.5 and 5.6: what monitoring shows of each account. */
import { expect } from 'vitest';
import { settled } from '../support/deadline.js';
import { get, getJson, type Json } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { msg, pub } from '../support/raw.js';
import { endServersAfterEach, TestServer } from '../support/server.js';

endServersAfterEach();

const EXCHANGE = `accounts {
  A {
    users: [ { user: a, password: a } ]
    exports: [ { stream: "s.>" }, { stream: "t.*", account_token_position: 2 }, { stream: "priv", accounts: [ B, C ] } ]
  }
  B {
    users: [ { user: b, password: b } ]
    imports: [
      { stream: { account: A, subject: "s.1" }, prefix: p }
      { stream: { account: A, subject: "priv" }, to: mine }
      { stream: { account: A, subject: "t.B" } }
    ]
  }
  C {}
}
`;

interface Detail {
  exports?: (Json & { subject: string; approved_accounts?: string[] })[];
  imports?: (Json & { subject: string })[];
}

const bySubject = (a: { subject: string }, b: { subject: string }) => (a.subject < b.subject ? -1 : 1);

/** Without what the server itself imports for every account. */
async function detail(server: TestServer, name: string): Promise<Detail> {
  const { account_detail } = await getJson<{ account_detail: Detail }>(server, `/accountz?acc=${name}`);
  account_detail.exports?.forEach((one) => void one.approved_accounts?.sort());
  return {
    exports: account_detail.exports?.sort(bySubject) ?? [],
    imports: (account_detail.imports ?? []).filter(({ subject }) => !subject.startsWith('$SYS.')).sort(bySubject),
  };
}

proves('5.5-01', 'accountz shows the streams that an account exports and imports', async () => {
  const server = await TestServer.start({ config: EXCHANGE, monitor: true });
  expect(await detail(server, 'A')).toEqual({
    exports: [
      { subject: 'priv', type: 'stream', approved_accounts: ['B', 'C'] },
      { subject: 's.>', type: 'stream' },
      { subject: 't.*', type: 'stream' },
    ],
    imports: [],
  });
  const rest = { account: 'A', type: 'stream', invalid: false, share: false, tracking: false };
  expect(await detail(server, 'B')).toEqual({
    exports: [],
    imports: [
      { subject: 'priv', local_subject: 'mine', ...rest },
      { subject: 's.1', local_subject: 'p.s.1', ...rest },
      { subject: 't.B', local_subject: 't.B', ...rest },
    ],
  });
  const unknown = await get(server, '/accountz?acc=NOPE');
  expect([unknown.status, await unknown.text()]).toEqual([400, 'Account NOPE does not exist']);
});

proves('5.6-02', 'accstatz lists accounts with connections; with unused, all of them', async () => {
  const server = await TestServer.start({ config: EXCHANGE, monitor: true });
  const list = async (query: string) => {
    const { account_statz } = await getJson<{ account_statz: Json[] }>(server, `/accstatz${query}`);
    return account_statz.map((one) => one.acc).sort();
  };
  expect(await list('')).toEqual([]);
  const b = await server.open({ user: 'b', pass: 'b' });
  await b.exchange(`SUB x 1\r\n${pub('x', 'four')}`, msg('x', 1, 'four'));
  expect(await list('')).toEqual(['B']);
  expect(await list('?unused=1')).toEqual(['$G', '$SYS', 'A', 'B', 'C']);
  const none = { msgs: 0, bytes: 0 };
  const traffic = { msgs: 1, bytes: 4, gateways: none, routes: none, leafs: none };
  await settled(async () => {
    const { account_statz } = await getJson<{ account_statz: Json[] }>(server, '/accstatz');
    expect(account_statz).toEqual([
      {
        ...{ acc: 'B', name: 'B', conns: 1, leafnodes: 0, total_conns: 1, num_subscriptions: expect.any(Number) },
        ...{ sent: traffic, received: traffic, slow_consumers: 0 },
      },
    ]);
  });
});

proves(
  '5.1-08',
  'metrics tell accounts apart, and say which one is the system account',
  async () => {
    const server = await TestServer.start({ config: `${EXCHANGE}system_account: C\n`, monitor: true });
    await server.open({ user: 'a', pass: 'a' });
    const text = await (await get(server, '/metrics')).text();
    const value = (name: string, account: string) =>
      new RegExp(`^${name}{[^}]*account_id="${account}"[^}]*} (.*)$`, 'm').exec(text)?.[1];
    expect(['A', 'B', 'C'].map((name) => value('gnatsd_accstatz_current_connections', name))).toEqual(['1', '0', '0']);
    expect(['A', 'B', 'C'].map((name) => value('gnatsd_accountz_is_system', name))).toEqual(['0', '0', '1']);
  },
  { oursOnly: 'the reference has no /metrics' },
);

proves('5.5-01', 'accountz shows the services that an account exports and imports', async () => {
  const config = `accounts {
  A { exports: [
    { service: "a.*" }
    { service: "b", accounts: [ B ], latency: { sampling: 20%, subject: m } }
    { service: "c", response: chunked }
    { service: "d", latency: { sampling: headers, subject: m } }
  ] }
  B { imports: [
    { service: { account: A, subject: "a.*" }, to: "x.$1" }
    { service: { account: A, subject: "b" }, share: true }
    { service: { account: A, subject: "d" }, to: "y.>" }
  ] }
}
`;
  const server = await TestServer.start({ config, monitor: true });
  const kind = { type: 'service', response_type: 'Singleton' };
  expect(await detail(server, 'A')).toEqual({
    exports: [
      { subject: 'a.*', ...kind },
      { subject: 'b', ...kind, service_latency: { sampling: 20, results: 'm' }, approved_accounts: ['B'] },
      { subject: 'c', ...kind, response_type: 'Chunked' },
      { subject: 'd', ...kind, service_latency: { sampling: 'headers', results: 'm' } },
    ],
    imports: [],
  });
  const rest = { account: 'A', type: 'service', invalid: false, share: false, tracking: false };
  const latency = (sampling: number | string) => ({ latency: { sampling, results: 'm' } });
  expect(await detail(server, 'B')).toEqual({
    exports: [],
    imports: [
      { subject: 'a.*', to: 'x.*', local_subject: 'x.*', ...rest },
      { subject: 'b', to: 'b', local_subject: 'b', ...rest, share: true, ...latency(20) },
      { subject: 'd', to: 'y.>', local_subject: 'y.>', ...rest, ...latency('headers') },
    ],
  });
});
