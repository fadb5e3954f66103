/**
 * The library's function `authenticate`, and bcrypt passwords beside it: with the built package and raw clients.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { withDeadline } from '../support/deadline.js';
import { closeAllClients, openClient, RawClient } from '../support/raw.js';

type Library = typeof import('../../src/index.js');
type Broker = Awaited<ReturnType<Library['Broker']['start']>>;
type Options = NonNullable<Parameters<Library['Broker']['start']>[0]>;
type Request = Parameters<NonNullable<Options['authenticate']>>[0];

let library: Library;
const started: Broker[] = [];

beforeAll(async () => {
  library = (await import(pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href)) as Library;
});
afterEach(async () => {
  closeAllClients();
  await Promise.all(started.splice(0).map((broker) => broker.stop()));
});

async function start(options: Options): Promise<Broker> {
  const broker = await library.Broker.start({ host: '127.0.0.1', port: 0, ...options });
  started.push(broker);
  return broker;
}

const PATIENT = { timeout: '60s' };

/** Whoever has its own name as password. */
const byName = ({ user = '', pass }: Request) =>
  user !== '' && user === pass ? { user, permissions: { publish: `${user}.>` } } : { refuse: 'wrong password' };

async function refusal(broker: Broker, connect: object): Promise<string> {
  const client = await RawClient.connect(broker.port);
  client.send(`CONNECT ${JSON.stringify({ verbose: false, ...connect })}\r\nPING\r\n`);
  const frame = await client.next('-ERR');
  return frame.args;
}

/** The first log line that contains this. */
function logged(broker: Broker, part: string): Promise<string> {
  const line = new Promise<string>((resolve) => {
    broker.on('log', ({ text }) => text.includes(part) && resolve(text));
  });
  return withDeadline(line, `the log line ${part}`);
}

test('it says who a client is and what it may do', async () => {
  const requests: Request[] = [];
  const broker = await start({
    authorization: PATIENT,
    authenticate: async (request) => {
      requests.push(request);
      return byName(request);
    },
  });
  const client = await openClient(broker.port, { user: 'ann', pass: 'ann', name: 'me', lang: 'raw', version: '1' });
  expect(client.info).toMatchObject({ auth_required: true });
  await client.exchange(
    'PUB ann.x 1\r\nx\r\nPUB bob.x 1\r\nx\r\n',
    `-ERR 'Permissions Violation for Publish to "bob.x"'\r\n`,
  );
  expect(requests).toEqual([
    {
      cid: client.info.client_id,
      ip: '127.0.0.1',
      port: client.socket.localPort,
      user: 'ann',
      pass: 'ann',
      name: 'me',
      lang: 'raw',
      version: '1',
    },
  ]);
  expect(broker.connections().map(({ user }) => user)).toEqual(['ann']);
  // Another CONNECT is another question.
  await client.exchange('CONNECT {"user":"bob","pass":"bob"}\r\nPUB bob.x 1\r\nx\r\n', '');
  expect(requests.map(({ user }) => user)).toEqual(['ann', 'bob']);
  expect(broker.connections().map(({ user }) => user)).toEqual(['bob']);
});

test('whom it refuses, throws at or answers with nonsense is refused, and the log says why', async () => {
  const broker = await start({
    authorization: PATIENT,
    authenticate: ({ user }) => {
      if (user === 'thrower') throw new Error('no database');
      if (user === 'nonsense') return { user, permissions: { publish: 'a b' } };
      return { refuse: 'not today' };
    },
  });
  for (const [user, text] of [
    ['ann', 'not today'],
    ['thrower', 'no database'],
    ['nonsense', '"a b" is not a valid subject'],
  ] as const) {
    const line = logged(broker, text);
    expect(await refusal(broker, { user })).toBe("'Authorization Violation'");
    expect(await line).toContain('authenticate');
  }
});

test('a missed deadline refuses, and the late answer changes nothing', async () => {
  let answer: (value: { user: string }) => void = () => {};
  const broker = await start({
    authorization: { timeout: '100ms' },
    authenticate: () => new Promise((resolve) => (answer = resolve)),
  });
  expect(await refusal(broker, {})).toBe("'Authentication Timeout'");
  answer({ user: 'late' });
  expect(broker.stats().connections).toBe(0);
});

test('a reload may bring another function, or none', async () => {
  const options = { host: '127.0.0.1', port: 0, authorization: PATIENT };
  const broker = await start({ ...options, authenticate: () => ({ user: 'old' }) });
  const client = await openClient(broker.port, {});
  await broker.reload({ ...options, authenticate: () => ({ user: 'new' }) });
  await openClient(broker.port, {});
  expect(broker.connections().map(({ user }) => user)).toEqual(['old', 'new']);
  await broker.reload(options);
  await openClient(broker.port, {});
  expect(broker.connections().map(({ user }) => user)).toEqual([undefined, undefined, undefined]);
  await broker.reload({ ...options, authenticate: ({ cid }) => ({ user: `again ${cid}` }) });
  expect(broker.connections().map(({ user }) => user)).toEqual(['again 1', 'again 2', 'again 3']);
  await client.exchange('', '');
});

test('it stands alone', async () => {
  const options: Options = { authenticate: byName, authorization: { token: 't' } };
  await expect(start(options)).rejects.toThrow(library.OptionsError);
});

/** Of "secret", cost 4. */
const HASH = '$2b$04$5fStEcsEuaFjijlafVyS2.uGUdCszD/xZw.37OkMlLgrv.HaQtacm';

const CONNECTS = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
  socket.write('CONNECT {"verbose":false,"user":"ann","pass":"secret"}\\r\\nPING\\r\\n');
  socket.on('data', (data) => String(data).includes('PONG') && process.exit(0));
  socket.on('close', () => process.exit(1));
`;

test('a blocked main thread does not delay bcrypt passwords', async () => {
  const broker = await start({ authorization: { ...PATIENT, users: [{ user: 'ann', password: HASH }] } });
  // The main thread is blocked until the client is in.
  const { status } = spawnSync(process.execPath, ['-e', CONNECTS, String(broker.port)], { timeout: 30_000 });
  expect(status).toBe(0);
});
