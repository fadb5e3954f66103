/** Section 4.1: user and password, token, users list, as far as the server decides them without keys. */
import { describe, expect } from 'vitest';
import { closedReason, connz, getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, err } from '../support/raw.js';
import { endServersAfterEach, type ServerOptions, TestServer, useServer, writeConfig } from '../support/server.js';

// The bcrypt of "secret", cost 4.
const BCRYPT = '$2b$04$5fStEcsEuaFjijlafVyS2.uGUdCszD/xZw.37OkMlLgrv.HaQtacm';

async function refused(server: TestServer, fields: Record<string, unknown>): Promise<void> {
  const client = await server.connect();
  client.send(connectLine(fields));
  await client.expect(err('Authorization Violation'));
  await client.expectClosed();
  if (server.monitorPort) {
    expect(await closedReason(server, client.info.client_id)).toBe('Authentication Failure');
  }
  await server.waitForLog(
    new RegExp(`\\[ERR\\] 127\\.0\\.0\\.1:\\d+ - cid:${client.info.client_id} - authentication error`),
  );
}

/** More than a busy machine needs between a connection and its CONNECT. */
const TIME = 'authorization { timeout: 60 }\n';

interface Way {
  name: string;
  options: ServerOptions;
  good: Record<string, unknown>[];
  bad: Record<string, unknown>[];
}

const nobody = [{}, { user: 'u' }, { pass: 'pw' }, { user: '', pass: '' }, { auth_token: 't' }];
const single = [
  { user: 'u', pass: 'no' },
  { user: 'x', pass: 'pw' },
  { user: 'u', pass: '' },
  { user: 'U', pass: 'pw' },
  { user: 'u', pass: 'pw ' },
  ...nobody,
];
const ways: Way[] = [
  {
    name: 'a single user',
    options: { config: 'authorization { timeout: 60, user: u, password: pw }\n' },
    good: [{ user: 'u', pass: 'pw' }],
    bad: single,
  },
  {
    name: '--user and --pass',
    options: { config: TIME, args: ['--user', 'u', '--pass', 'pw'] },
    good: [{ user: 'u', pass: 'pw' }],
    bad: single,
  },
  {
    name: 'a token',
    options: { config: 'authorization { timeout: 60, token: t0k }\n' },
    good: [{ auth_token: 't0k' }],
    bad: [{}, { auth_token: 'x' }, { auth_token: '' }, { user: 't0k' }, { user: 'u', pass: 't0k' }, { pass: 't0k' }],
  },
  {
    name: '--auth',
    options: { config: TIME, args: ['--auth', 't0k'] },
    good: [{ auth_token: 't0k' }],
    bad: [{}, { auth_token: 'x' }],
  },
  {
    name: 'a list of users',
    options: {
      config: 'authorization { timeout: 60, users: [{user: u, password: pw}, {user: v, pass: pv}] }\n',
    },
    good: [
      { user: 'u', pass: 'pw' },
      { user: 'v', pass: 'pv' },
    ],
    bad: [...single, { user: 'v', pass: 'pw' }],
  },
];

describe('ways to log in', () => {
  endServersAfterEach();

  for (const { name, options, good, bad } of ways) {
    proves(['4.1-02', '4.1-03', '4.1-04', '4.1-08'], name, async () => {
      const server = await TestServer.start(options.args ? options : { ...options, monitor: true });
      for (const fields of good) await (await server.open(fields)).exchange('', '');
      for (const fields of bad) await refused(server, fields);
    });
  }

  const nameOnly = [{ user: 'w' }, { user: 'w', pass: '' }];
  const notThatName = [{}, { user: 'w', pass: 'x' }, { user: 'x' }, { pass: '' }, { auth_token: 'w' }];
  const passwordless: [string, ServerOptions][] = [
    ['users: [{user: w}]', { config: 'authorization { timeout: 60, users: [{user: w}] }\n' }],
    ['users: [{user: w, password: ""}]', { config: 'authorization { timeout: 60, users: [{user: w, pass: ""}] }\n' }],
    ['user: w', { config: 'authorization { timeout: 60, user: w }\n' }],
    ['--user w', { config: TIME, args: ['--user', 'w'] }],
  ];
  for (const [name, options] of passwordless) {
    proves('4.1-02', `a user without a password needs its name only: ${name}`, async () => {
      const server = await TestServer.start(options);
      for (const fields of nameOnly) await (await server.open(fields)).exchange('', '');
      for (const fields of notThatName) await refused(server, fields);
    });
  }

  proves('4.1-01', 'bcrypt passwords and tokens', async () => {
    const user = await TestServer.start({
      config: `authorization { timeout: 60, user: u, password: "${BCRYPT}" }\n`,
    });
    await user.open({ user: 'u', pass: 'secret' });
    await refused(user, { user: 'u', pass: 'Secret' });
    await refused(user, { user: 'u', pass: BCRYPT });
    await refused(user, { user: 'u', pass: '' });
    expect(user.log.some((line) => /Plaintext passwords/.test(line))).toBe(false);
    const token = await TestServer.start({ config: `authorization { timeout: 60, token: "${BCRYPT}" }\n` });
    await token.open({ auth_token: 'secret' });
    await refused(token, { auth_token: BCRYPT });
    const users = await TestServer.start({
      config: `authorization { timeout: 60, users: [{user: u, password: ${BCRYPT.replace('2b', '2a')}}] }\n`,
    });
    await users.open({ user: 'u', pass: 'secret' });
    await refused(users, { user: 'u', pass: BCRYPT });
  });
});

describe('with no_auth_user', () => {
  const server = useServer({
    monitor: true,
    config:
      'authorization { timeout: 60, users: [{user: u, password: pw}, {user: v, password: pv}] }\nno_auth_user: v\n',
  });

  proves('4.1-05', 'wrong credentials are not replaced', async () => {
    const anonymous = await server.open();
    const entry = (await connz(server, `?auth=1&cid=${anonymous.info.client_id}`)).connections[0];
    expect(entry?.authorized_user).toBe('v');
    expect((await getJson(server, '/varz')).auth_required).toBe(true);
    await server.open({ user: 'u', pass: 'pw' });
    for (const fields of [{ user: 'u', pass: 'no' }, { user: 'x' }, { pass: 'pw' }, { auth_token: 't' }]) {
      await refused(server, fields);
    }
  });
});

describe('the log', () => {
  const server = useServer({ config: 'authorization { timeout: 60, user: a, password: pw }\n' });

  proves('4.1-03', 'an authentication error names the user', async () => {
    const from = server.log.length;
    await refused(server, { user: 'a', pass: 'no' });
    await server.waitForLog(/authentication error - User "a"/, from);
  });
});

describe('a second CONNECT', () => {
  const server = useServer({ config: 'authorization { timeout: 60, users: [{user: u, password: pw}] }\n' });

  proves('4.1-04', 'is checked again', async () => {
    const client = await server.open({ user: 'u', pass: 'pw' });
    await client.exchange(connectLine({ user: 'u', pass: 'pw' }), '');
    client.send(connectLine({ user: 'u', pass: 'no' }));
    await client.expect(err('Authorization Violation'));
    await client.expectClosed();
  });
});

describe('with kinds of connection', () => {
  endServersAfterEach();

  const users = (types: string) =>
    `authorization { timeout: 60, users: [
      {user: u, password: p, allowed_connection_types: ${types}}
      {user: any, password: p, connection_types: []}
    ] }\n`;

  proves('4.10-01', 'users of other kinds are refused', async () => {
    const server = await TestServer.start({ config: users('[WEBSOCKET, mqtt]'), monitor: true });
    await refused(server, { user: 'u', pass: 'p' });
    await server.open({ user: 'any', pass: 'p' });
    const some = await TestServer.start({ config: users('[standard, WEBSOCKET]') });
    await some.open({ user: 'u', pass: 'p' });
  });

  proves('4.10-01', 'nor does nobody in particular become one', async () => {
    const server = await TestServer.start({ config: `${users('[MQTT]')}no_auth_user: u\n`, monitor: true });
    await refused(server, {});
    const client = await server.connect();
    client.send('PING\r\n');
    await client.expect(err('Authorization Violation'));
    await client.expectClosed();
  });

  proves('4.10-01', 'a reload ends what is no more allowed', async () => {
    const server = await TestServer.start({ config: users('[STANDARD]') });
    const [gone, stays] = [await server.open({ user: 'u', pass: 'p' }), await server.open({ user: 'any', pass: 'p' })];
    writeConfig(server.dir, users('[WEBSOCKET]'));
    server.kill('SIGHUP');
    await gone.expect(err('Authorization Violation'));
    await gone.expectClosed();
    await stays.exchange('', '');
  });
});
