/** Section 6.2: what every account may ask the server without configuration: about itself, and users about themselves. */
import { expect } from 'vitest';
import { getJson, type Json } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { endServersAfterEach, TestServer } from '../support/server.js';
import { SystemClient, WITH_SYSTEM } from '../support/system.js';

endServersAfterEach();

const ABOUT_CONNECTIONS = ['$SYS.REQ.SERVER.PING.CONNZ', '$SYS.REQ.ACCOUNT.PING.CONNZ'];

proves('6.2-10', 'an account sees its own connections and traffic, whatever it asks for', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM });
  const a = await SystemClient.open(server, { user: 'a', pass: 'a' });
  await server.open({ user: 'b', pass: 'b' });
  for (const subject of ABOUT_CONNECTIONS) {
    for (const options of [{}, { acc: 'B' }, { user: 'b', state: 2 }]) {
      const { connections } = await a.data<{ connections: Json[] }>(subject, options);
      const expected = 'user' in options ? [] : [a.client.info.client_id];
      expect(connections.map(({ cid }) => cid)).toEqual(expected);
    }
  }
  for (const options of [{}, { accounts: ['B'], include_unused: true }]) {
    const { account_statz } = await a.data<{ account_statz: Json[] }>('$SYS.REQ.ACCOUNT.PING.STATZ', options);
    expect(account_statz).toMatchObject([{ acc: 'A', conns: 1 }]);
  }
  for (const subject of ['SERVER.PING', 'SERVER.PING.VARZ', 'ACCOUNT.A.CONNZ', 'ACCOUNT.B.CONNZ', 'USER.B.INFO']) {
    expect((await a.ask(`$SYS.REQ.${subject}`)).headers, subject).toContain('NATS/1.0 503');
  }
});

proves('6.2-11', 'the same in $G, without any configuration', async () => {
  const server = await TestServer.start();
  const client = await SystemClient.open(server, {});
  for (const subject of ABOUT_CONNECTIONS) {
    const { connections } = await client.data<{ connections: Json[] }>(subject);
    expect(connections.map(({ cid }) => cid)).toEqual([client.client.info.client_id]);
  }
  const { account_statz } = await client.data<{ account_statz: Json[] }>('$SYS.REQ.ACCOUNT.PING.STATZ');
  expect(account_statz).toMatchObject([{ acc: '$G', conns: 1 }]);
  expect(await client.data('$SYS.REQ.USER.INFO')).toMatchObject({ account: '$G', account_name: '$G' });
});

proves('6.2-12', 'users are told their name, account and permissions', async () => {
  const config = `accounts {
  SYS { users: [ { user: s, password: s } ] }
  A {
    users: [
      { user: a, password: a }
      { user: open, password: open, permissions: { publish: ">" } }
      { user: own, password: own, permissions: {
        publish: { allow: ["$SYS.REQ.>"], deny: "x.y" }, subscribe: ["answers.*"], allow_responses: { max: 5, expires: "2m" }
      } }
    ]
  }
  B {
    users: [ { user: b, password: b } ]
    default_permissions: { publish: ">", subscribe: { deny: "secret" } }
  }
}
system_account: SYS
`;
  const server = await TestServer.start({ config });
  const about = async (user: string) =>
    (await SystemClient.open(server, { user, pass: user })).data<Json>('$SYS.REQ.USER.INFO');
  expect(await about('a')).toEqual({ user: 'a', account: 'A', account_name: 'A' });
  expect(await about('s')).toEqual({ user: 's', account: 'SYS', account_name: 'SYS' });
  expect(await about('own')).toEqual({
    ...{ user: 'own', account: 'A', account_name: 'A' },
    permissions: {
      publish: { allow: ['$SYS.REQ.>'], deny: ['x.y'] },
      subscribe: { allow: ['answers.*'] },
      responses: { max: 5, ttl: 120_000_000_000 },
    },
  });
  expect(await about('open')).toEqual({
    ...{ user: 'open', account: 'A', account_name: 'A' },
    permissions: { publish: { allow: ['>'] }, subscribe: {} },
  });
  expect(await about('b')).toEqual({
    ...{ user: 'b', account: 'B', account_name: 'B' },
    permissions: { publish: { allow: ['>'] }, subscribe: { deny: ['secret'] } },
  });
});

proves('6.2-13', 'a user that may not publish there may not ask', async () => {
  const config = `accounts {
  A { users: [ { user: a, password: a, permissions: { publish: x } } ] }
}
`;
  const server = await TestServer.start({ config });
  const client = await SystemClient.open(server, { user: 'a', pass: 'a' });
  await client.client.exchange(
    'PUB $SYS.REQ.USER.INFO answers.1 0\r\n\r\n',
    '-ERR \'Permissions Violation for Publish to "$SYS.REQ.USER.INFO"\'\r\n',
  );
});

proves('5.5-02', 'accountz shows what accounts import from the system account', async () => {
  const server = await TestServer.start({ config: WITH_SYSTEM, monitor: true });
  const detail = async (name: string) =>
    (await getJson<{ account_detail: { exports?: Json[]; imports?: Json[] } }>(server, `/accountz?acc=${name}`))
      .account_detail;
  const byName = (a: Json, b: Json) => (`${a.to}${a.subject}` < `${b.to}${b.subject}` ? -1 : 1);
  const rest = { account: 'SYS', type: 'service', invalid: false, share: false, tracking: false };
  const imported = (to: string, subject: string) => ({ ...rest, to, local_subject: to, subject });
  expect((await detail('A')).imports?.sort(byName)).toEqual([
    imported('$SYS.REQ.ACCOUNT.PING.CONNZ', '$SYS.REQ.ACCOUNT.A.CONNZ'),
    imported('$SYS.REQ.ACCOUNT.PING.STATZ', '$SYS.REQ.ACCOUNT.A.STATZ'),
    imported('$SYS.REQ.SERVER.PING.CONNZ', '$SYS.REQ.ACCOUNT.A.CONNZ'),
    { ...imported('$SYS.REQ.USER.INFO', '$SYS.REQ.USER.A.INFO'), share: true },
  ]);
  const system = await detail('SYS');
  expect(system.imports).toEqual([{ ...imported('$SYS.REQ.USER.INFO', '$SYS.REQ.USER.SYS.INFO'), share: true }]);
  expect(system.exports?.sort(byName)).toEqual([
    { subject: '$SYS.DEBUG.SUBSCRIBERS', type: 'service', response_type: 'Singleton' },
    { subject: '$SYS.REQ.ACCOUNT.*.CONNZ', type: 'service', response_type: 'Streamed' },
    { subject: '$SYS.REQ.ACCOUNT.*.STATZ', type: 'service', response_type: 'Streamed' },
    { subject: '$SYS.REQ.USER.*.INFO', type: 'service', response_type: 'Singleton' },
  ]);
});
