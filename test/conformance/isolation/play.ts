/** Plays cases on a server, each client on a socket of its own, and has every step judged. Owns the clients of a case. */
import type { Frame } from '../../support/frames.js';
import { openClient, pub, type RawClient } from '../../support/raw.js';
import { TestServer } from '../../support/server.js';
import { type Done, judge, seenOf } from './judge.js';
import { linesOf, Model } from './model.js';
import { accountsText, type Case, inbox, Names, type Step, stepsText } from './setup.js';

/** A case that went wrong on a server. */
export interface Failure {
  step: number;
  why: string;
}

/** Changes what the server is told, and not what the model expects: a leak to be found. */
export type Leak = (one: Case) => Case;

/** Plays cases on one server, all at the same time. `exe`: another command than that of the server under test. */
export async function playAll(
  cases: readonly Case[],
  exe?: string[],
  leak: Leak = (one) => one,
): Promise<(Failure | undefined)[]> {
  const names = cases.map((_, number) => new Names(`K${number}`));
  const accounts = cases.map((one, number) => accountsText(leak(one), names[number] as Names));
  const server = await start(configOf(accounts.join('')), exe);
  try {
    return await Promise.all(cases.map((one, number) => play(one, names[number] as Names, server)));
  } finally {
    await server.stop();
  }
}

const STARTS_MAX = 4;

/** For nats-server it depends on chance whether some imports form a cycle (docs/differences.md). */
async function start(config: string, exe: string[] | undefined): Promise<TestServer> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await TestServer.start({ config }, exe);
    } catch (error) {
      if (starts === STARTS_MAX || !(error as Error).message.includes('import forms a cycle')) throw error;
    }
  }
}

function configOf(accounts: string): string {
  return `authorization { timeout: 60 }\nping_interval: "10m"\naccounts {\n${accounts}}\n`;
}

/** A case as text: a configuration, and what clients do. */
export function textOf(one: Case, failure: Failure): string {
  const names = new Names('K0');
  return `${configOf(accountsText(one, names))}\n${stepsText(one, names)}\nstep ${failure.step}: ${failure.why}`;
}

async function play(one: Case, names: Names, server: TestServer): Promise<Failure | undefined> {
  const clients: RawClient[] = [];
  try {
    for (const [number, { echo, noResponders }] of one.clients.entries()) {
      const user = names.user(number);
      const fields = { user, pass: user, echo, headers: true, no_responders: noResponders };
      clients.push(await openClient(server.port, fields));
    }
    return await playSteps(one, names, clients);
  } finally {
    for (const client of clients) client.destroy();
  }
}

async function playSteps(one: Case, names: Names, clients: readonly RawClient[]): Promise<Failure | undefined> {
  const ids = clients.map(({ info }) => info.client_id);
  let model = new Model(one, names);
  for (const [at, step] of one.steps.entries()) {
    const subject = subjectOf(step, model, names);
    if (subject === undefined) continue;
    try {
      clients[step.client]?.send(bytesOf(step, subject));
      model = await judged(model, { step, subject, names, ids }, clients);
    } catch (error) {
      return { step: at, why: (error as Error).message };
    }
  }
  return undefined;
}

/** Traces come when the server has time for them, and it has that soon. */
const TRACE_DEADLINE_MS = 1000;

async function judged(before: Model, done: Omit<Done, 'seen'>, clients: readonly RawClient[]): Promise<Model> {
  const isTraced = done.step.do === 'pub' && done.step.headers.startsWith('trace');
  const frames = clients.map((): Frame[] => []);
  const end = Date.now() + (isTraced ? TRACE_DEADLINE_MS : 0);
  for (;;) {
    for (const [at, more] of (await settle(clients, done.step.client)).entries()) frames[at]?.push(...more);
    try {
      return judge(before, { ...done, seen: seenOf(frames) });
    } catch (error) {
      if (Date.now() >= end) throw error;
    }
  }
}

/** What all clients got. The one that sent is asked first: then all it caused is on its way. */
async function settle(clients: readonly RawClient[], sender: number): Promise<Frame[][]> {
  const first = (await clients[sender]?.ping()) ?? [];
  const others = await Promise.all(clients.map((client, at) => (at === sender ? [] : client.ping())));
  return others.map((frames, at) => (at === sender ? first : frames));
}

/** The subject of a step. `undefined`: there is no request to answer. */
function subjectOf(step: Step, model: Model, names: Names): string | undefined {
  if (step.do === 'unsub') return '';
  if (step.do !== 'answer') return names.subject(step.subject);
  const asked = model.asked[step.of] ?? [];
  const subject = asked[asked.length - 1 - (step.which % Math.max(1, asked.length))];
  return step.guess ? subject && another(subject) : subject;
}

/** A subject that differs in its last character. */
function another(subject: string): string {
  return subject.slice(0, -1) + (subject.endsWith('0') ? '1' : '0');
}

function bytesOf(step: Step, subject: string): string {
  switch (step.do) {
    case 'sub':
      return `SUB ${subject} ${step.queue ?? ''} ${step.sid}\r\n`;
    case 'unsub':
      return `UNSUB ${step.sid}\r\n`;
    case 'answer':
      return pub(subject, step.payload);
    case 'pub':
      return publication(step, subject);
  }
}

function publication(step: Step & { do: 'pub' }, subject: string): string {
  const { client, payload, asks } = step;
  const reply = asks ? inbox(client, payload) : '';
  const lines = linesOf(step.headers);
  if (lines.length === 0) return pub(subject, payload, reply);
  const block = `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
  return `HPUB ${subject} ${reply} ${block.length} ${block.length + payload.length}\r\n${block}${payload}\r\n`;
}
