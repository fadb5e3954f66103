/**
 * Reloads that change accounts while the server works: clients of an account they do not concern lose nothing, and the
 * clients of the others never get a message that neither the old nor the new configuration allows.
 */
import { expect, test } from 'vitest';
import { BenchProcess } from '../bench/support.js';
import { until } from '../support/deadline.js';
import type { Frame } from '../support/frames.js';
import { getJson } from '../support/monitor.js';
import { err, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer, writeConfig } from '../support/server.js';

endServersAfterEach();

const RELOADS = 20;
const RATE = 500_000;
const MESSAGES = 12 * RATE;

/** One of the two configurations. LOAD is the same in both; TICK and ASKER import other subjects of it and of SOURCE. */
type Version = 0 | 1;

const other = (version: Version): Version => (version === 0 ? 1 : 0);

function config(version: Version): string {
  const user = (name: string, more = '') => `users: [ { user: ${name}, password: p, ${more} } ]`;
  return `
    http: "127.0.0.1:-1"
    authorization { timeout: 60 }
    accounts {
      LOAD { ${user('load')}, exports: [ { stream: "tick.*" } ] }
      SOURCE { ${user('source')}, exports: [ { stream: "data.${version}" }, { service: "svc.${version}" } ] }
      STREAM { ${user('stream')}, imports: [ { stream: { account: SOURCE, subject: "data.${version}" }, prefix: in${version} } ] }
      TICK { ${user('tick')}, imports: [ { stream: { account: LOAD, subject: "tick.${version}" } } ] }
      ASKER { ${user('asker')}, imports: [ { service: { account: SOURCE, subject: "svc.${version}" }, to: ask } ] }
      MAPPED { ${user('mapped')}, mappings: { m: "m.${version}" } }
      LIMITED { ${user('limited', `permissions: { subscribe: { allow: "p.*", deny: ["p.2", "p.${other(version)}"] } }`)} }
      GUEST${version} { ${user(`guest${version}`)} }
    }\n`;
}

/** Hears what its account lets it hear, and compares each message with the configurations it was published under. */
class Observer {
  #latest = -1;
  #seen = '';

  /** `expected`: the message that each version delivers. */
  private constructor(
    readonly client: RawClient,
    readonly expected: readonly [string, string],
  ) {}

  static async open(server: TestServer, user: string, pattern: string, expected: [string, string]): Promise<Observer> {
    const client = await server.open({ user, pass: 'p' });
    await client.exchange(`SUB ${pattern} 1\r\n`, '');
    return new Observer(client, expected);
  }

  /** Reads all messages up to and with the one of this round of messages, which must come. */
  async readTo(round: Round): Promise<void> {
    const frames = await this.client.readUntil(
      ({ payload }) => Number(payload?.toString().split(' ')[1]) >= round.number,
      `"${round}" at one of ${this.expected}`,
    );
    for (const frame of frames) this.#judge(frame);
  }

  #judge(frame: Frame): void {
    const text = frame.raw.toString('latin1');
    const [allowed = '', number = '', asked] = frame.payload?.toString().split(' ') ?? [];
    const what = asked ?? frame.subject ?? '';
    const version = this.expected.indexOf(what);
    if (version < 0 || !allowed.includes(String(version))) throw new Error(`a message that is not allowed: ${text}`);
    const twice = Number(number) === this.#latest && this.#seen.split(' ').includes(what);
    if (Number(number) < this.#latest || twice) throw new Error(`twice or out of order: ${text}`);
    this.#seen = Number(number) === this.#latest ? `${this.#seen} ${what}` : what;
    this.#latest = Number(number);
  }
}

/** Messages of all publishers under the same configurations: `allowed` has the versions that may be in force. */
class Round {
  constructor(
    readonly allowed: string,
    readonly number: number,
  ) {}

  toString(): string {
    return `${this.allowed} ${this.number}`;
  }
}

/** Publishes, in every account, messages that one of the versions delivers and messages that none does. */
class Publishers {
  #number = 0;

  private constructor(
    private readonly clients: Record<'load' | 'source' | 'mapped' | 'limited' | 'asker', RawClient>,
  ) {}

  static async open(server: TestServer): Promise<Publishers> {
    const open = (user: string) => server.open({ user, pass: 'p' });
    const [load, source, mapped, limited, asker] = await Promise.all([
      open('load'),
      open('source'),
      open('mapped'),
      open('limited'),
      open('asker'),
    ]);
    await source.exchange('SUB svc.* 1\r\n', '');
    return new Publishers({ load, source, mapped, limited, asker });
  }

  async publish(allowed: string): Promise<Round> {
    const round = new Round(allowed, ++this.#number);
    const all = (prefix: string) => [0, 1, 2].map((n) => pub(`${prefix}.${n}`, `${round}`)).join('');
    const { load, source, mapped, limited, asker } = this.clients;
    await load.exchange(all('tick'), '');
    await source.exchange(all('data'), '');
    await mapped.exchange(pub('m', `${round}`), '');
    await limited.exchange(all('p'), '');
    asker.send(pub('ask', `${round}`, 'answer'));
    const { subject = '', reply = '' } = await source.next('MSG');
    await source.exchange(pub(reply, `${round} ${subject}`), '');
    return round;
  }
}

/** Reloads; calls `meanwhile` again and again until the reload has ended. */
async function reload(server: TestServer, version: Version, meanwhile: () => Promise<unknown>): Promise<void> {
  const from = server.log.length;
  writeConfig(server.dir, config(version));
  server.kill('SIGHUP');
  let ended = false;
  const line = server.waitForLog(/Reloaded server conf|Failed to reload/, from).finally(() => {
    ended = true;
  });
  while (!ended) await meanwhile();
  expect(await line).toContain('Reloaded server conf');
}

async function openGuest(server: TestServer, version: Version): Promise<RawClient> {
  const guest = await server.open({ user: `guest${version}`, pass: 'p' });
  await guest.exchange('SUB > 1\r\n', '');
  return guest;
}

test(`${RELOADS} reloads of accounts at ${RATE} messages/s: others lose nothing, nothing forbidden arrives`, {
  timeout: 180_000,
}, async () => {
  const server = await TestServer.start({ config: config(0) });
  const observers = await Promise.all([
    Observer.open(server, 'stream', '>', ['in0.data.0', 'in1.data.1']),
    Observer.open(server, 'tick', '>', ['tick.0', 'tick.1']),
    Observer.open(server, 'mapped', '>', ['m.0', 'm.1']),
    Observer.open(server, 'limited', 'p.*', ['p.0', 'p.1']),
    Observer.open(server, 'asker', 'answer', ['svc.0', 'svc.1']),
  ]);
  const publishers = await Publishers.open(server);
  const flow = ['--msgs', `${MESSAGES}`, '--rate', `${RATE}`, '--size', '16', '--quiet', '20s', '--no-progress'];
  const load = new BenchProcess(['pubsub', ...flow, '-s', `nats://load:p@127.0.0.1:${server.port}`]);
  let version: Version = 0;
  let guest = await openGuest(server, version);
  for (let n = 1; n <= RELOADS; n++) {
    // Each reload gets its share of the load.
    const share = (n * MESSAGES) / (RELOADS + 1);
    const taken = async () => (await getJson<{ in_msgs: number }>(server, '/varz')).in_msgs;
    await until(async () => (await taken()) >= share || undefined, 'the load to go on', 60_000);
    version = other(version);
    await reload(server, version, () => publishers.publish('01'));
    const round = await publishers.publish(`${version}`);
    for (const observer of observers) await observer.readTo(round);
    await guest.expect(err('Authorization Violation'));
    await guest.expectClosed();
    guest = await openGuest(server, version);
  }
  for (const { client } of observers) expect(await client.ping()).toEqual([]);
  const { code, file, err: said } = await load.finish();
  const [run] = file?.runs ?? [];
  expect(code, said).toBe(0);
  expect(run).toMatchObject({
    published: MESSAGES,
    delivered: MESSAGES,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    errors: 0,
  });
});
