/**
 * Compares what clients got in a step with what the model expects: every message is taken out of what they got, until
 * nothing is left. Where several explanations are possible, one of them is enough.
 */
import type { Frame } from '../../support/frames.js';
import {
  type Choose,
  DEST_ELSEWHERE,
  type Expected,
  type Info,
  type Model,
  type Outcome,
  type Station,
  UNKNOWN,
  type Way,
} from './model.js';
import type { Names, Step } from './setup.js';

/** A message that a client got. */
export interface Got {
  client: number;
  sid: string;
  subject: string;
  reply: string | undefined;
  lines: string[];
  info: Record<string, unknown> | undefined;
  payload: string;
}

/** What clients got, until a step was judged. */
export interface Seen {
  messages: Got[];
  complaints: { client: number; error: string }[];
  /** Frames that no client may get. */
  others: string[];
}

export class Mismatch extends Error {
  constructor(what: string, expected: Outcome, seen: Seen) {
    super(`${what}\nexpected ${shown(expected)}\ngot ${shown(seen)}`);
    this.name = 'Mismatch';
  }
}

/** A step as it was done, and who is who. */
export interface Done {
  step: Step;
  /** The subject that was published or subscribed to. */
  subject: string;
  seen: Seen;
  names: Names;
  /** The numbers by which a server knows its clients. */
  ids: readonly number[];
}

/** A subject that nobody can guess. */
const ANSWERED = /^_R_\.\w{6}\.\w{6,}$/;
const EXPLANATIONS_MAX = 200;

/** The model after a step. Throws a `Mismatch`. */
export function judge(model: Model, done: Done): Model {
  let first: Mismatch | undefined;
  for (const script of scripts()) {
    const after = model.clone();
    const outcome = after.take(done.step, done.subject, script);
    const problem = explain(after, outcome, done);
    if (problem === undefined) return after;
    first ??= new Mismatch(problem, outcome, done.seen);
  }
  throw first;
}

/** Every way to draw, one after the other. */
function* scripts(): Generator<Choose> {
  let script: number[] = [];
  for (let count = 0; count < EXPLANATIONS_MAX; count += 1) {
    const widths: number[] = [];
    yield (width) => {
      widths.push(width);
      script[widths.length - 1] ??= 0;
      return script[widths.length - 1] as number;
    };
    script = script.slice(0, widths.length);
    while (script.length > 0 && (script.at(-1) as number) + 1 >= (widths[script.length - 1] as number)) script.pop();
    if (script.length === 0) return;
    script.push((script.pop() as number) + 1);
  }
}

/** What is wrong, if anything is. */
function explain(model: Model, outcome: Outcome, { seen, names, ids }: Done): string | undefined {
  const told = (complaints: Outcome['complaints']) =>
    JSON.stringify(complaints.map((one) => JSON.stringify(one)).sort());
  if (told(outcome.complaints) !== told(seen.complaints)) return 'other complaints';
  if (seen.others.length > 0) return 'unexpected frames';
  const search = new Search(outcome.messages, seen.messages, names, ids);
  const found = search.run();
  if (!found) return search.problem;
  for (const [at, got] of found) model.delivered(got.client, outcome.messages[at]?.reply, got.reply);
  return undefined;
}

/** Which message was expected where. The subjects of pending requests get their values on the way. */
class Search {
  readonly #used: boolean[];
  readonly #bound = new Map<number, string>();
  readonly #found: [expected: number, got: Got][] = [];
  problem = '';

  constructor(
    readonly expected: readonly Expected[],
    readonly got: readonly Got[],
    readonly names: Names,
    readonly ids: readonly number[],
  ) {
    this.#used = got.map(() => false);
  }

  run(): [number, Got][] | undefined {
    return this.#from(0) ? this.#found : undefined;
  }

  #from(at: number): boolean {
    const expected = this.expected[at];
    if (expected === undefined) {
      const left = this.got.filter((_, index) => !this.#used[index]);
      if (left.length > 0) this.problem ||= `nobody may send this: ${JSON.stringify(left[0])}`;
      return left.length === 0;
    }
    const tried = new Set<string>();
    for (const [index, got] of this.got.entries()) {
      if (this.#used[index] || tried.has(JSON.stringify(got)) || !this.#fits(expected, got)) continue;
      tried.add(JSON.stringify(got));
      const unbind = this.#bind(expected, got);
      if (!unbind) continue;
      this.#used[index] = true;
      this.#found.push([at, got]);
      if (this.#from(at + 1)) return true;
      this.#found.pop();
      this.#used[index] = false;
      unbind();
    }
    this.problem ||= `this did not arrive: ${JSON.stringify(expected)}`;
    return false;
  }

  /** Two requests never have the same subject to answer on. Undoes itself. */
  #bind({ reply }: Expected, got: Got): (() => void) | undefined {
    if (typeof reply !== 'object') return reply === got.reply ? () => undefined : undefined;
    const known = this.#bound.get(reply.pending);
    if (known !== undefined) return known === got.reply ? () => undefined : undefined;
    if (!ANSWERED.test(got.reply ?? '')) return undefined;
    if ([...this.#bound.values()].includes(got.reply as string)) return undefined;
    this.#bound.set(reply.pending, got.reply as string);
    return () => this.#bound.delete(reply.pending);
  }

  #fits({ to, lines, info, payload }: Expected, got: Got): boolean {
    const isSubject = (subject: string) =>
      subject === got.subject || (subject.startsWith(UNKNOWN) && ANSWERED.test(got.subject));
    const isWay = (way: Way) => way.client === got.client && way.sid === got.sid && isSubject(way.subject);
    if (!to.some(isWay)) return false;
    if (typeof payload !== 'string') return isTrace(payload.trace, got.payload, this.ids);
    const same = JSON.stringify([...lines].sort()) === JSON.stringify([...got.lines].sort());
    return payload === got.payload && same && isInfo(info, got.info);
  }
}

function isInfo(expected: Info | undefined, got: Record<string, unknown> | undefined): boolean {
  if (!expected || !got) return expected === got;
  const { acc, svc, user, rtt: _, ...more } = got;
  const told = Object.keys(more);
  return (
    acc === expected.account &&
    svc === expected.service &&
    user === expected.user &&
    'server' in more === expected.server &&
    (expected.user !== undefined || told.every((name) => name === 'server'))
  );
}

type Event = Record<string, unknown>;

/** Whether a trace tells of these stations and of nothing else. Stations that were not reached are left out. */
function isTrace(stations: readonly Station[], payload: string, ids: readonly number[]): boolean {
  const events = JSON.parse(payload) as Event[];
  const told = events.filter(({ type, error }) => type !== 'in' && type !== 'sm' && error === undefined);
  const left = stations.filter((station) => {
    const at = told.findIndex((event) => isStation(station, event, ids));
    if (at >= 0) told.splice(at, 1);
    return at < 0 && !station.optional;
  });
  return told.length === 0 && left.length === 0;
}

function isStation(station: Station, event: Event, ids: readonly number[]): boolean {
  if (station.type !== event.type) return false;
  if (station.type === 'eg') return station.to.some(({ client }) => ids[client] === event.cid);
  return station.account === event.acc && station.to === event.to;
}

/** What clients got, by client. */
export function seenOf(frames: readonly Frame[][]): Seen {
  const seen: Seen = { messages: [], complaints: [], others: [] };
  for (const [client, some] of frames.entries()) {
    for (const frame of some) {
      if (frame.op === '-ERR') seen.complaints.push({ client, error: frame.args });
      else if (frame.subject === undefined) seen.others.push(`client ${client}: ${frame.raw.toString()}`);
      else seen.messages.push(gotOf(client, frame));
    }
  }
  return seen;
}

const DEST = /^Nats-Trace-Dest: (trace disabled|_R_\.\w{6}\.\w{6,})$/;
const INFO = /^Nats-Request-Info: (\{.*\})$/;

function gotOf(client: number, { subject = '', sid = '', reply, headers, payload }: Frame): Got {
  const block = headers?.toString().replace(/^NATS\/1\.0 ?/, '') ?? '';
  const all = block.split('\r\n').filter((line) => line !== '');
  const infos = all.flatMap((line) => INFO.exec(line)?.[1] ?? []);
  const isTold = infos.length === 1 && infos[0] !== '{"acc":"nobody"}';
  return {
    client,
    sid,
    subject,
    reply,
    lines: all.filter((line) => !isTold || !INFO.test(line)).map((line) => (DEST.test(line) ? DEST_ELSEWHERE : line)),
    info: isTold ? (JSON.parse(infos[0] as string) as Record<string, unknown>) : undefined,
    payload: withoutServer(payload?.toString() ?? ''),
  };
}

/** Of a trace its events, which are all that may differ. */
function withoutServer(payload: string): string {
  return payload.startsWith('{') ? JSON.stringify((JSON.parse(payload) as { events: Event[] }).events) : payload;
}

function shown(value: Outcome | Seen): string {
  const lines = Object.values(value).flatMap((list: unknown[]) => list.map((one) => `  ${JSON.stringify(one)}`));
  return lines.length === 0 ? 'nothing' : `\n${lines.join('\n')}`;
}
