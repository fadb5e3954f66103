/**
 * Reloads while the server works: a hundred of them under load cost clients that are not concerned nothing, and those
 * that are concerned never see a mixture of two configurations.
 */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { until, withDeadline } from '../support/deadline.js';
import { closeAllClients, err, msg, openClient, pub } from '../support/raw.js';
import { endServersAfterEach, TestServer, writeConfig } from '../support/server.js';

endServersAfterEach();

const RELOADS = 100;
const RATE = 50_000;
const PER_RELOAD = 2000;
const TICK_MS = 10;
const DIGITS = 8;
const FRAME = `MSG load 1 ${DIGITS}\r\n${'0'.repeat(DIGITS)}\r\n`.length;
const CONNECT = (user: string) => `CONNECT {"verbose":false,"user":"${user}","pass":"p"}\r\n`;

/** Publishes numbers at a steady rate; counts on from where a late tick left off. */
class Numbers {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #begun = Date.now();
  sent = 0;

  constructor(port: number, user: string) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => {});
    this.#socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('PING')) this.#socket.write('PONG\r\n');
    });
    this.#socket.write(CONNECT(user));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    const due = ((Date.now() - this.#begun) * RATE) / 1000;
    // The server pushes back: what waits here is late, not lost.
    if (this.#socket.writableNeedDrain) return;
    let text = '';
    for (let n = 0; this.sent < due && n < RATE / 10; n++) {
      text += `PUB load ${DIGITS}\r\n${String(this.sent++).padStart(DIGITS, '0')}\r\n`;
    }
    if (text !== '') this.#socket.write(text);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#socket.end();
  }
}

/** Hears those numbers; whatever is not the next one is noted. */
class Listener {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  heard = 0;
  wrong: string | undefined;

  constructor(port: number, user: string) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => {});
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#socket.on('close', () => this.#note('closed'));
    this.#socket.write(`${CONNECT(user)}SUB load 1\r\nPING\r\n`);
  }

  #note(what: string): void {
    this.wrong ??= `${what} after ${this.heard} messages`;
  }

  #take(bytes: Buffer): void {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    let at = 0;
    while (at < this.#rest.length && this.wrong === undefined) {
      if (this.#rest[at] === 0x4d) {
        if (this.#rest.length - at < FRAME) break;
        const number = this.#rest.toString('latin1', at + FRAME - DIGITS - 2, at + FRAME - 2);
        if (Number(number) !== this.heard) this.#note(`${number}`);
        this.heard += 1;
        at += FRAME;
        continue;
      }
      const end = this.#rest.indexOf('\r\n', at);
      if (end === -1) break;
      const line = this.#rest.toString('latin1', at, end);
      if (line === 'PING') this.#socket.write('PONG\r\n');
      else if (!/^(INFO|PONG)/.test(line)) this.#note(line);
      at = end + 2;
    }
    this.#rest = this.#rest.subarray(at);
  }

  end(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }
}

describe('under load', () => {
  test(`${RELOADS} reloads lose no message of clients they do not concern`, { timeout: 180_000 }, async () => {
    const config = (round: number) => `
      max_payload: ${round % 2 ? '1MB' : '512KB'}
      ping_interval: "${60 + round}s"
      write_deadline: "${10 + (round % 5)}s"
      authorization { timeout: 60, users: [
        { user: load, password: p, permissions: { publish: "load", subscribe: "load" } }
        { user: other${round}, password: p }
        { user: torn, password: p, permissions: { publish: "${round % 2 ? 'a' : 'b'}", subscribe: "load" } }
      ] }\n`;
    const server = await TestServer.start({ config: config(0) });
    const listeners = [new Listener(server.port, 'load'), new Listener(server.port, 'load')];
    const torn = new Listener(server.port, 'torn');
    const bystander = await server.open({ user: 'load', pass: 'p' });
    const numbers = new Numbers(server.port, 'load');
    try {
      await until(() => listeners.every(({ heard }) => heard > 0) || undefined, 'the load to run');
      for (let round = 1; round <= RELOADS; round++) {
        const gone = await server.open({ user: `other${round - 1}`, pass: 'p' });
        // Reloads are faster than the load: each of them gets its share of it.
        await until(() => numbers.sent >= round * PER_RELOAD || undefined, 'the load to go on');
        const from = server.log.length;
        writeConfig(server.dir, config(round));
        server.kill('SIGHUP');
        expect(await server.waitForLog(/Reloaded server conf|Failed to reload/, from)).toContain(
          'Reloaded server conf',
        );
        await gone.expect(err('Authorization Violation'));
        await gone.expectClosed();
      }
      numbers.end();
      const all = [...listeners, torn];
      await until(() => all.every((l) => l.heard >= numbers.sent || l.wrong) || undefined, 'the last message', 60_000);
      for (const listener of all) {
        expect(listener.wrong).toBeUndefined();
        expect(listener.heard).toBe(numbers.sent);
      }
      await bystander.exchange('', '');
    } finally {
      numbers.end();
      for (const listener of [...listeners, torn]) listener.end();
    }
  });

  test('many signals at once are as many reloads, one after the other', async () => {
    const server = await TestServer.start({ config: 'max_payload: 1000\n' });
    for (let n = 1; n <= 20; n++) {
      writeConfig(server.dir, `max_payload: ${1000 + n}\n`);
      server.kill('SIGHUP');
    }
    await server.waitForLog(/Reloaded: max_payload = 1020/);
    await until(() => ends(server) === trapped(server) || undefined, 'each signal to be answered');
    expect((await server.connect()).info.max_payload).toBe(1020);
  });
});

function ends(server: TestServer): number {
  return server.log.filter((line) => line.includes('Reloaded server configuration')).length;
}

function trapped(server: TestServer): number {
  return server.log.filter((line) => line.includes('Trapped "hangup"')).length;
}

describe('in the library', () => {
  type Library = typeof import('../../src/index.js');
  type Broker = Awaited<ReturnType<Library['Broker']['start']>>;
  const started: Broker[] = [];
  afterEach(async () => {
    closeAllClients();
    await Promise.all(started.splice(0).map((broker) => broker.stop()));
  });

  async function start(options: Parameters<Library['Broker']['start']>[0]): Promise<Broker> {
    const { Broker } = (await import(pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href)) as Library;
    const broker = await Broker.start({ host: '127.0.0.1', port: 0, ...options });
    started.push(broker);
    return broker;
  }

  const users = (subscribe?: { deny: string }) => ({
    authorization: {
      timeout: '60s',
      users: [
        { user: 'a', password: 'p' },
        { user: 'b', password: 'p', ...(subscribe && { permissions: { subscribe } }) },
      ],
    },
  });

  test('when reload settles, every connection on every thread lives by the new options', async () => {
    const broker = await start({ reactors: 4, ...users() });
    const open = (user: string) => openClient(broker.port, { user, pass: 'p' });
    const all = await Promise.all(Array.from({ length: 16 }, () => open('b')));
    const a = await open('a');
    for (const [n, b] of all.entries()) await b.exchange(`SUB x.* ${n}\r\n`, '');
    for (let round = 0; round < 5; round++) {
      await broker.reload({ host: '127.0.0.1', port: 0, reactors: 4, ...users({ deny: 'x.secret' }) });
      await a.exchange(pub('x.secret', 'no') + pub('x.open', 'yes'), '');
      await broker.reload({ host: '127.0.0.1', port: 0, reactors: 4, ...users() });
      await a.exchange(pub('x.secret', 'now'), '');
      for (const [n, b] of all.entries()) await b.exchange('', msg('x.open', n, 'yes') + msg('x.secret', n, 'now'));
    }
    expect(broker.connections()).toHaveLength(17);
  });

  test('a stop in the middle of a reload ends both', async () => {
    const broker = await start({});
    const reloading = broker.reload({ host: '127.0.0.1', port: 0, maxPayload: 1000 }).then(
      () => 'reloaded',
      (error: Error) => error.name,
    );
    await withDeadline(broker.stop(), 'the stop');
    expect(['reloaded', 'StoppedError']).toContain(await withDeadline(reloading, 'the reload'));
    await expect(broker.reload()).rejects.toMatchObject({ name: 'StoppedError' });
  });
});
