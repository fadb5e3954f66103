/**
 * Sections 5.1-5.8: the same small load on the server under test and on the reference, then every endpoint of both, field by
 * field: the same keys in the same order, the same types, and the same values wherever the load determines them.
 *
 * What differs on purpose is named at the top, with its reason; everything else is a finding.
 */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { settled } from '../support/deadline.js';
import { get, getJson, type Json } from '../support/monitor.js';
import { compares } from '../support/proves.js';
import { closeAllClients, connectLine, msg, pub, RawClient } from '../support/raw.js';
import { referenceCommand, TestServer } from '../support/server.js';

const reference = referenceCommand();

/** Only the type is compared: clocks, addresses, what the machine does, and how an index is built inside. */
const OWN_VALUE = new Set([
  ...['server_id', 'now', 'start', 'stop', 'uptime', 'last_activity', 'idle', 'rtt', 'config_load_time', 'update_time'],
  ...['port', 'http_port', 'go', 'mem', 'cpu', 'gomaxprocs'],
  'pending_bytes', // of a closed connection: how much of its last words had been sent when it was noted down
  ...['num_cache', 'num_matches', 'cache_hit_rate', 'max_fanout', 'avg_fanout'],
]);
/** Only the growth is compared: the reference has subscriptions of its own. */
const GROWTH = new Set(['subscriptions', 'num_subscriptions', 'num_inserts', 'num_removes']);
/** Keys that one side has and the other has not. */
const ONE_SIDED = new Set([
  'nats_turbo_version', // ours: beside the version it is compatible with
]);
/** Accounts and subjects that belong to the system account. */
const isSystem = (value: unknown) =>
  value === '$SYS' || (isObject(value) && (value.acc === '$SYS' || String(value.subject ?? '').startsWith('$SYS.')));

const CONFIG = `
server_name: same
max_payload: 4000
max_connections: 500
max_subscriptions: 90
ping_interval: "45s"
ping_max: 7
write_deadline: "3s"
authorization { timeout: 60, users: [{user: u, password: pw}, {user: other, password: pw}] }
`;

/** One of the two servers with what the load needs to know of it. */
class Side {
  readonly clients: RawClient[] = [];
  /** Answers before the load, by path. */
  readonly before = new Map<string, unknown>();

  private constructor(readonly server: TestServer) {}

  static async start(command?: string[]): Promise<Side> {
    return new Side(await TestServer.start({ monitor: true, config: CONFIG }, command));
  }

  async open(fields: Record<string, unknown> = {}): Promise<RawClient> {
    const client = await this.server.open({ user: 'u', pass: 'pw', ...fields });
    this.clients.push(client);
    return client;
  }

  /** Numbers of connections as the order in which they came, whatever they start from. */
  ordinal(cid: unknown): string {
    const at = this.clients.findIndex(({ info }) => info.client_id === cid);
    return at < 0 ? `unknown connection ${cid}` : `connection ${at}`;
  }
}

const sides: Side[] = [];

async function load(side: Side): Promise<void> {
  const named = await side.open({ name: 'named', lang: 'ts', version: '1.2.3', headers: true });
  const plain = await side.open({ user: 'other' });
  await named.exchange('SUB c.> 1\r\nSUB d q 2\r\nSUB e 3\r\nUNSUB 3 9\r\nSUB gone 4\r\nUNSUB 4\r\n', '');
  await plain.exchange('SUB d 7\r\nSUB z 8\r\n', '');
  plain.send(pub('c.a', 'four').repeat(3) + pub('d', '12345') + pub('nobody', 'x'));
  await named.exchange(pub('e', 'y'), msg('c.a', 1, 'four').repeat(3) + msg('d', 2, '12345') + msg('e', 3, 'y')).catch(
    // The two publishers are not ordered against each other.
    () => named.readUntil(({ op }) => op === 'PONG'),
  );
  await plain.ping();
  named.send('HPUB c.h 12 14\r\nNATS/1.0\r\n\r\nhi\r\n');
  await named.ping();
  const leaving = await side.open({ name: 'leaving' });
  await leaving.exchange('SUB left.* 1\r\nSUB left q 2\r\nUNSUB 2 5\r\n', '');
  leaving.send(pub('c.b', 'bye'));
  await leaving.ping();
  await leaving.close();
  await named.ping();
  // One that says nothing.
  side.clients.push(await RawClient.connect(side.server.port));
  // Ends of other kinds, one after the other.
  for (const [fields, bytes] of [
    [{ user: 'u', pass: 'wrong', name: 'stranger' }, ''],
    [{ user: 'u', pass: 'pw', name: 'broken' }, 'NONSENSE\r\n'],
    [{ user: 'u', pass: 'pw', name: 'large', lang: 'ts' }, 'PUB x 4001\r\n'],
    [{ user: 'u', pass: 'pw', name: 'long' }, `SUB ${'x'.repeat(5000)} 1\r\n`],
  ] as const) {
    const client = await RawClient.connect(side.server.port);
    side.clients.push(client);
    client.send(connectLine(fields) + bytes);
    await client.drainUntilClosed();
  }
  // Counters are told a moment after the fact.
  await settled(async () => {
    const { in_msgs, in_bytes, out_msgs, out_bytes } = await getJson<Record<string, number>>(side.server, '/varz');
    expect([in_msgs, in_bytes, out_msgs, out_bytes]).toEqual([8, 36, 8, 40]);
    expect((await getJson(side.server, '/connz?state=closed')).total).toBe(5);
  });
}

const COMPARED = [
  '/varz',
  '/connz',
  '/connz?auth=1',
  '/connz?subs=1',
  '/connz?subs=detail&auth=1',
  '/connz?state=closed&subs=1&auth=1',
  '/connz?state=closed&subs=detail&sort=stop',
  '/connz?state=all&sort=subs',
  '/connz?sort=msgs_to&limit=1',
  '/connz?sort=bytes_from&offset=1&limit=5',
  '/connz?user=other&auth=1',
  '/connz?acc=$G',
  '/connz?acc=NONE',
  '/connz?mqtt_client=x',
  '/subsz',
  '/subsz?acc=$G',
  '/subsz?acc=NONE',
  '/subscriptionsz?limit=7',
  '/accountz?acc=$G',
  '/accstatz',
  '/accstatz?unused=true',
  '/healthz',
  '/healthz?details=1&js-server-only=1',
  '/healthz?stream=S',
  '/healthz?stream=S&details=true',
  '/healthz?account=A&consumer=C',
  '/routez',
  '/routez?subs=detail',
  '/gatewayz?accs=1',
  '/leafz',
  '/jsz',
  '/jsz?accounts=true&streams=true',
];

beforeAll(async () => {
  if (!reference) return;
  sides.push(await Side.start(), await Side.start(reference));
  for (const side of sides) {
    for (const path of COMPARED) side.before.set(path, await (await get(side.server, path)).json());
    // Without connections no account is listed.
    side.before.set('/accstatz', side.before.get('/accstatz?unused=true'));
    await load(side);
  }
}, 60_000);
afterAll(async () => {
  closeAllClients();
  await Promise.all(sides.map(({ server }) => server.stop()));
});

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

/** A path into an answer, of both sides, after and before the load. */
interface Pair {
  at: string;
  key: string;
  values: [unknown, unknown];
  before: [unknown, unknown];
}

function differences(pair: Pair): string[] {
  const { at, key, values } = pair;
  const [ours, theirs] = values;
  if (typeOf(ours) !== typeOf(theirs)) return [`${at}: ${typeOf(ours)} here, ${typeOf(theirs)} there`];
  if (Array.isArray(ours)) return listDifferences(pair);
  if (isObject(ours)) return objectDifferences(pair);
  if (OWN_VALUE.has(key)) return [];
  const [a, b] = [compared(pair, 0), compared(pair, 1)];
  return a === b ? [] : [`${at}: ${String(a)} here, ${String(b)} there`];
}

function compared({ key, values, before }: Pair, side: 0 | 1): unknown {
  if (key === 'cid') return (sides[side] as Side).ordinal(values[side]);
  if (!GROWTH.has(key)) return values[side];
  return Number(values[side]) - Number(before[side] ?? 0);
}

function objectDifferences({ at, values, before }: Pair): string[] {
  const [ours, theirs] = values as [Json, Json];
  const keys = values.map((value) => Object.keys(value as Json).filter((key) => !ONE_SIDED.has(key)));
  if (String(keys[0]) !== String(keys[1])) return [`${at}: keys ${keys[0]} here, ${keys[1]} there`];
  const earlier = (side: 0 | 1, key: string) => (isObject(before[side]) ? (before[side] as Json)[key] : undefined);
  return (keys[0] as string[]).flatMap((key) =>
    differences({
      at: `${at}.${key}`,
      key,
      values: [ours[key], theirs[key]],
      before: [earlier(0, key), earlier(1, key)],
    }),
  );
}

/** Lists whose order nobody promises are sorted; those that are ordered by connection are as they are. */
function listDifferences({ at, key, values, before }: Pair): string[] {
  const [ours, theirs] = values.map((list) => (list as unknown[]).filter((one) => !isSystem(one)).sort(bySid)) as [
    unknown[],
    unknown[],
  ];
  if (ours.length !== theirs.length) return [`${at}: ${ours.length} here, ${theirs.length} there`];
  const earlier = (side: 0 | 1, one: unknown) =>
    Array.isArray(before[side]) && isObject(one) && one.acc !== undefined
      ? (before[side] as Json[]).find(({ acc }) => acc === one.acc)
      : undefined;
  return ours.flatMap((one, index) =>
    differences({
      at: `${at}[${index}]`,
      key,
      values: [one, theirs[index]],
      before: [earlier(0, one), earlier(1, theirs[index])],
    }),
  );
}

function bySid(a: unknown, b: unknown): number {
  const name = (value: unknown) => (isObject(value) ? String(value.sid ?? '') : String(value));
  return name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0;
}

async function bothAnswers(path: string): Promise<[Response, Response]> {
  return (await Promise.all(sides.map(({ server }) => get(server, path)))) as [Response, Response];
}

const HEADERS = ['content-type', 'access-control-allow-origin', 'x-content-type-options', 'location'];

describe('the same load on both', () => {
  for (const path of COMPARED) {
    compares('5.1-01', `${path} says the same`, async () => {
      const [ours, theirs] = await bothAnswers(path);
      expect(ours.status).toBe(theirs.status);
      for (const name of HEADERS) expect(ours.headers.get(name), name).toBe(theirs.headers.get(name));
      const found = differences({
        at: '',
        key: '',
        values: [await ours.json(), await theirs.json()],
        before: [sides[0]?.before.get(path), sides[1]?.before.get(path)],
      });
      expect(found).toEqual([]);
    });
  }

  compares('5.4-02', 'subscriptions in pages and by subject', async () => {
    for (const query of ['subs=1&limit=9999', 'subs=1&limit=9999&test=left.x', 'subs=1&limit=9999&test=d&acc=$G']) {
      const lists = await Promise.all(
        sides.map(async (side) => {
          const { subscriptions_list = [] } = await getJson<{ subscriptions_list?: Json[] }>(
            side.server,
            `/subsz?${query}`,
          );
          return subscriptions_list
            .filter((one) => !isSystem(one))
            .map((one) => JSON.stringify({ ...one, cid: side.ordinal(one.cid) }))
            .filter((text) => !text.includes('"account":"$SYS"'))
            .sort();
        }),
      );
      expect(lists[0], query).toEqual(lists[1]);
    }
  });

  const REFUSED = [
    '/connz?limit=x',
    '/connz?offset=99999999999999999999',
    '/connz?cid=-1',
    '/connz?state=zz',
    '/connz?sort=foo',
    '/connz?sort=stop',
    '/connz?auth=2&limit=x',
    '/subsz?subs=detail',
    '/subsz?test=a.*',
    '/subsz?test=a..b',
    '/accountz?acc=NOPE',
    '/accstatz?unused=x',
    '/healthz?details=maybe',
    '/routez?subs=x',
    '/gatewayz?accs=x',
    '/leafz?subs=detail',
    '/jsz?limit=x',
    '/jsz?leader-only=1',
    '/raftz',
    '/raftz?acc=x',
    '/ipqueuesz?all=x',
    '/nope',
    '/varz/',
    '/expvarz',
    '/debug',
  ];
  for (const path of REFUSED) {
    compares('5.1-02', `${path} is refused in the same words`, async () => {
      const [ours, theirs] = await bothAnswers(path);
      expect([ours.status, await ours.text()]).toEqual([theirs.status, await theirs.text()]);
      for (const name of HEADERS) expect(ours.headers.get(name), name).toBe(theirs.headers.get(name));
    });
  }

  compares('5.8-01', 'process endpoints have the same form', async () => {
    const [ours, theirs] = await bothAnswers('/debug/vars');
    expect(ours.headers.get('content-type')).toBe(theirs.headers.get('content-type'));
    type Vars = { cmdline: string[]; memstats: Json };
    const [a, b] = [(await ours.json()) as Vars, (await theirs.json()) as Vars];
    expect(Object.keys(a)).toEqual(Object.keys(b));
    expect(Object.keys(a.memstats)).toEqual(Object.keys(b.memstats));
    for (const [key, value] of Object.entries(b.memstats)) expect(typeOf(a.memstats[key]), key).toBe(typeOf(value));
    const [queues, theirQueues] = await bothAnswers('/ipqueuesz?all=1');
    expect(queues.headers.get('content-type')).toBe(theirQueues.headers.get('content-type'));
    for (const queue of Object.values((await queues.json()) as Json)) {
      expect(queue).toEqual({ pending: expect.any(Number) });
    }
    const [stacks, theirStacks] = await bothAnswers('/stacksz');
    expect(stacks.headers.get('content-type')).toBe(theirStacks.headers.get('content-type'));
    expect(await stacks.text()).toContain('[running]');
  });

  compares('5.1-03', 'a path with doubled slashes leads to the right one', async () => {
    const answers = await Promise.all(
      sides.map(({ server }) => fetch(`http://127.0.0.1:${server.monitorPort}//varz?a=1`, { redirect: 'manual' })),
    );
    const [ours, theirs] = answers.map((answer) => [answer.status, answer.headers.get('location')]);
    expect(ours).toEqual(theirs);
  });
});
