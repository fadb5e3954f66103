/** The system account with a scripted client: what is subscribed to, what waits, and what is refused. */
import { beforeEach, expect, it, vi } from 'vitest';
import {
  type InternalClient,
  type Message,
  type MessageHandler,
  MessageHeaders,
  type PublishOptions,
  type SubscribeOptions,
} from '../internal/index.js';
import { FakeSource } from '../monitor/testing/fake-source.js';
import type { SystemHost } from './host.js';
import { SystemAccount } from './system-account.js';

class ScriptedClient {
  readonly handlers = new Map<string, MessageHandler>();
  /** What is answered at once. */
  readonly refused: { reply: string | undefined; data: string }[] = [];
  readonly published: { subject: string; data: string; account: string | undefined }[] = [];
  #heard: () => void = () => {};

  subscribe(subject: string, { account }: SubscribeOptions, handler: MessageHandler) {
    const key = `${account} ${subject}`;
    this.handlers.set(key, handler);
    return { subject, account, ended: false, unsubscribe: () => void this.handlers.delete(key) };
  }

  publish(subject: string, data: Uint8Array | string, { account }: PublishOptions): void {
    this.published.push({ subject, data: data.toString(), account });
    this.#heard();
  }

  /** A request as it comes; without `reply` nobody waits for an answer. */
  ask(key: string, reply: string | undefined, body = '', headers?: Record<string, string>): void {
    const subject = key.split(' ')[1] as string;
    const fields = headers && new MessageHeaders(headers);
    const respond = (data: string) => void this.refused.push({ reply, data });
    const message = { subject, reply, headers: fields, data: Buffer.from(body), text: () => body, respond };
    this.handlers.get(key)?.(message as unknown as Message);
  }

  async until(count: number): Promise<void> {
    while (this.published.length < count) await new Promise<void>((resolve) => (this.#heard = resolve));
  }
}

let client: ScriptedClient;
let lines: string[];
let system: SystemAccount;

beforeEach(() => {
  client = new ScriptedClient();
  lines = [];
  let number = 0;
  const source = new FakeSource();
  const host: SystemHost = {
    serverId: source.serverId,
    client: client as unknown as InternalClient,
    options: () => source.options,
    source: () => source,
    monitor: () => undefined,
    snappyFrame: (data) => Buffer.from(data),
    advertisedHost: () => 'here',
    nextEventNumber: () => {
      number += 1;
      return number;
    },
    reload: () => Promise.reject(new Error('nothing to reload')),
    notifyLameDuck: () => 'not ready',
    hasListeners: () => false,
    kick: () => false,
    log: (level, text) => void lines.push(`${level} ${text}`),
  };
  system = new SystemAccount(host);
});

it('is subscribed in the account that the configuration names', () => {
  system.follow('$SYS');
  const subjects = [...client.handlers.keys()];
  expect(subjects).toContain('$SYS $SYS.REQ.SERVER.PING.VARZ');
  expect(subjects).toContain('$SYS $SYS.REQ.SERVER.NSERVER.KICK');
  system.follow('$SYS');
  expect([...client.handlers.keys()]).toEqual(subjects);
  system.follow('OTHER');
  expect([...client.handlers.keys()]).toEqual(subjects.map((key) => key.replace('$SYS ', 'OTHER ')));
  system.follow(undefined);
  expect(client.handlers.size).toBe(0);
});

it('answers where it was asked, in order, and nobody who does not wait', async () => {
  system.follow('SYS');
  client.ask('SYS $SYS.REQ.SERVER.PING.IDZ', undefined);
  client.ask('SYS $SYS.REQ.SERVER.NSERVER.RELOAD', 'r.1');
  client.ask('SYS $SYS.REQ.SERVER.PING.IDZ', 'r.2');
  client.ask('SYS $SYS.REQ.SERVER.PING.STATSZ', undefined);
  await client.until(3);
  expect(client.published.map(({ subject, account }) => [subject, account])).toEqual([
    ['r.1', 'SYS'],
    ['r.2', 'SYS'],
    ['$SYS.SERVER.NSERVER.STATSZ', 'SYS'],
  ]);
  expect(JSON.parse(client.published[0]?.data ?? '')).toMatchObject({
    server: { name: 'me', host: 'here', id: 'NSERVER', seq: 1 },
    error: { code: 500, description: 'nothing to reload' },
  });
  expect(client.published[1]?.data).toBe('{"name":"me","host":"here","id":"NSERVER"}');
});

it('refuses what finds no room, logs it once, and lets the event loop have its turn', async () => {
  system.follow('SYS');
  for (let i = 0; i < 5000; i += 1) client.ask('SYS $SYS.REQ.SERVER.PING.VARZ', 'r');
  let turns = 0;
  const count = () => {
    turns += 1;
    if (client.published.length < 4096) setImmediate(count);
  };
  setImmediate(count);
  await client.until(4096);
  const line = 'WRN 904 requests to the system account were refused: too many came at once';
  await vi.waitFor(() => expect(lines).toEqual([line]));
  expect(client.published).toHaveLength(4096);
  expect(client.refused).toHaveLength(904);
  expect(JSON.parse(client.refused[0]?.data ?? '')).toMatchObject({
    server: { name: 'me', id: 'NSERVER' },
    error: { code: 503, description: 'too many requests are waiting, ask again later' },
  });
  expect(turns).toBeGreaterThan(1);
});

it('refuses with a body only what names this server: the rest may be for another one', async () => {
  system.follow('SYS');
  for (let i = 0; i < 4096; i += 1) client.ask('SYS $SYS.REQ.SERVER.PING.IDZ', 'r');
  client.ask('SYS $SYS.REQ.SERVER.PING.VARZ', 'r.all', '{"server_name":"other"}');
  client.ask('SYS $SYS.REQ.SERVER.NSERVER.CONNZ', 'r.this', '{"limit":1}');
  client.ask('SYS $SYS.REQ.SERVER.PING.VARZ', 'r.each');
  expect(client.refused.map(({ reply }) => reply)).toEqual(['r.this', 'r.each']);
  await client.until(4096);
});

it('takes no large bodies that add up', async () => {
  system.follow('SYS');
  const body = JSON.stringify({ other: 'x'.repeat(3 << 20) });
  for (const reply of ['r.1', 'r.2']) client.ask('SYS $SYS.REQ.SERVER.PING.VARZ', reply, body);
  client.ask('SYS $SYS.REQ.SERVER.PING.VARZ', 'r.3');
  await client.until(2);
  expect(client.published.map(({ subject }) => subject)).toEqual(['r.1', 'r.3']);
});

it('counts who asks as part of a request', async () => {
  system.follow('SYS');
  const requestInfo = JSON.stringify({ acc: 'x'.repeat(3 << 20) });
  for (const reply of ['r.1', 'r.2', 'r.3']) {
    client.ask('SYS $SYS.REQ.SERVER.PING.VARZ', reply, '', { 'Nats-Request-Info': requestInfo });
  }
  await client.until(2);
  expect(client.published.map(({ subject }) => subject)).toEqual(['r.1', 'r.2']);
  await vi.waitFor(() => expect(lines).toHaveLength(1));
});

it('answers nothing once it is closed', async () => {
  system.follow('SYS');
  client.ask('SYS $SYS.REQ.SERVER.PING.VARZ', 'r.1');
  system.close();
  client.ask('SYS $SYS.REQ.SERVER.PING.VARZ', 'r.2');
  await new Promise((resolve) => setTimeout(resolve));
  expect(client.published).toEqual([]);
});
