/** The shapes of work without storage: pub, sub, pubsub, request, service, match, conns. Pure. */
import type { ClientPlan, LedgerPlan, SubscriptionsPlan } from '../../native/load-contract.js';
import { usage } from '../flags/parse.js';
import type { Flags } from '../flags/table.js';
import {
  groups,
  messagesOf,
  type Shape,
  sending,
  share,
  subjectsOf,
  timed,
  WAITING_TIMEOUT_MS,
  type Work,
} from './work.js';

const CONNECTIONS = 1000;
const SUBSCRIPTIONS = 100_000;
const STAY_MS = 1000;

export function coreShape(work: Work): Shape | undefined {
  const { argument: subject, flags } = work;
  switch (work.verb) {
    case 'pub':
      return pub(subject, flags);
    case 'sub':
      return sub(subject, flags);
    case 'pubsub':
      return pubsub(subject, flags);
    case 'request':
      return request(subject, flags);
    case 'service':
      return service(subject, flags);
    case 'match':
      return match(subject, flags);
    case 'conns':
      return conns(flags);
    default:
      return undefined;
  }
}

function pub(subject: string, flags: Flags): Shape {
  const count = flags.clients ?? 1;
  return {
    clients: publishers('publisher', subject, flags, count, []),
    ledgers: [],
    headline: 'publishedPerSecond',
    ...timed(flags),
  };
}

function publishers(name: string, subject: string, flags: Flags, count: number, ledgers: number[]): ClientPlan[] {
  const total = messagesOf(flags);
  return groups(total, count).map((group) => ({
    role: 'publisher',
    name,
    ...group,
    ledgers,
    subjects: subjectsOf(flags, subject),
    ...sending(flags, count),
  }));
}

function sub(subject: string, flags: Flags): Shape {
  const connections = flags.clients ?? 1;
  const enough = flags.msgs === undefined ? 0 : flags.msgs * (flags.queue === undefined ? connections : 1);
  // Where time may end it first, a message that has not arrived may not have been sent.
  const expected = flags.duration === undefined ? enough : 0;
  return {
    clients: [
      { role: 'subscriber', name: 'subscriber', connections, subscriptions: listening(subject, flags), ledger: 0 },
    ],
    ledgers: [{ name: subject, copies: 1, alreadyStored: expected }],
    headline: 'deliveredPerSecond',
    // Whichever comes first ends it: without a number, time; without both, Ctrl-C.
    ...(expected === 0 ? { measureMs: flags.duration ?? WAITING_TIMEOUT_MS } : { quietMs: WAITING_TIMEOUT_MS }),
    noWarmup: true,
    ...(enough > 0 && { stopAfter: enough }),
  };
}

function listening(subject: string, flags: Flags): SubscriptionsPlan {
  if (flags.subjects !== undefined && subject.endsWith('>')) {
    throw usage(`--subjects adds a token behind "${subject}", which takes all tokens already: leave it out`);
  }
  return {
    pattern: flags.subjects === undefined ? subject : `${subject}.*`,
    count: 1,
    ...(flags.queue !== undefined && { queue: flags.queue }),
  };
}

function pubsub(subject: string, flags: Flags): Shape {
  const pubs = flags.pub ?? 1;
  const subs = flags.sub ?? 1;
  if (flags.queue !== undefined && flags.fanout) {
    throw usage('--queue and --fanout contradict each other: a queue group gives each message to one member');
  }
  const common = { headline: 'deliveredPerSecond' as const, ...timed(flags) };
  if (flags.queue !== undefined) {
    return {
      clients: [
        ...publishers('publisher', subject, flags, pubs, [0]),
        { role: 'subscriber', name: 'member', connections: subs, subscriptions: listening(subject, flags), ledger: 0 },
      ],
      ledgers: [{ name: `queue ${flags.queue}`, copies: 1 }],
      ...common,
    };
  }
  if (pubs === subs && !flags.fanout) return { ...pairs(subject, flags, pubs), ...common };
  return { ...fanout(subject, flags, pubs, subs), ...common };
}

function pairs(subject: string, flags: Flags, count: number): { clients: ClientPlan[]; ledgers: LedgerPlan[] } {
  const total = messagesOf(flags);
  const clients: ClientPlan[] = [];
  const ledgers: LedgerPlan[] = [];
  for (let index = 0; index < count; index++) {
    const messages = total === undefined ? undefined : share(total, count, index);
    if (messages === 0) break;
    const own = count === 1 ? subject : `${subject}.p${index}`;
    const number = count === 1 ? '' : ` ${index + 1}`;
    ledgers.push({ name: `pair${number}`, copies: 1 });
    clients.push(
      {
        role: 'publisher',
        name: `publisher${number}`,
        connections: 1,
        ledgers: [index],
        subjects: subjectsOf(flags, own),
        ...sending(flags, count),
        ...(messages !== undefined && { messages }),
      },
      {
        role: 'subscriber',
        name: `subscriber${number}`,
        connections: 1,
        subscriptions: listening(own, flags),
        ledger: index,
      },
    );
  }
  return { clients, ledgers };
}

function fanout(subject: string, flags: Flags, pubs: number, subs: number) {
  // As many copies as connections: each connection has a ledger of its own, so duplicates are found.
  const listeners: ClientPlan = {
    role: 'subscriber',
    name: 'subscriber',
    connections: subs,
    subscriptions: listening(subject, flags),
    ledger: 0,
  };
  return {
    clients: [...publishers('publisher', subject, flags, pubs, [0]), listeners],
    ledgers: [{ name: 'fan-out', copies: subs }],
  };
}

function request(subject: string, flags: Flags): Shape {
  const count = flags.clients ?? 1;
  const responders = flags.responders ?? 1;
  const requesters = groups(messagesOf(flags), count).map(
    (group): ClientPlan => ({
      role: 'requester',
      name: 'requester',
      ...group,
      window: flags.window ?? 1,
      answer: responders === 0 ? 'any' : 'echo',
      ledgers: [],
      subjects: subjectsOf(flags, subject),
      ...sending(flags, count),
    }),
  );
  const answering: ClientPlan[] =
    responders === 0
      ? []
      : [{ role: 'responder', name: 'responder', connections: responders, subscriptions: answers(subject, flags) }];
  return { clients: [...requesters, ...answering], ledgers: [], headline: 'deliveredPerSecond', ...timed(flags) };
}

/** Responders share the requests, or each would be answered more than once. */
function answers(subject: string, flags: Flags): SubscriptionsPlan {
  return { ...listening(subject, flags), queue: flags.queue ?? 'nats-bench' };
}

function service(subject: string, flags: Flags): Shape {
  return {
    clients: [
      {
        role: 'responder',
        name: 'responder',
        connections: flags.clients ?? 1,
        subscriptions: answers(subject, flags),
      },
    ],
    ledgers: [],
    headline: 'deliveredPerSecond',
    measureMs: flags.duration ?? WAITING_TIMEOUT_MS,
    noWarmup: true,
    ...(flags.msgs !== undefined && { stopAfter: flags.msgs }),
  };
}

function match(subject: string, flags: Flags): Shape {
  const count = flags.subscriptions ?? SUBSCRIPTIONS;
  const connections = Math.min(flags.clients ?? 1, count);
  const messages = messagesOf(flags);
  return {
    clients: [
      {
        role: 'publisher',
        name: 'publisher',
        connections: 1,
        ledgers: [0],
        subjects: { pattern: `${subject}.{}${flags.wildcards ? '.x' : ''}`, count, order: 'random' },
        ...sending(flags, 1),
        ...(messages !== undefined && { messages }),
      },
      {
        role: 'subscriber',
        name: 'subscriber',
        connections,
        subscriptions: { pattern: `${subject}.{}${flags.wildcards ? '.*' : ''}`, count, split: true },
        ledger: 0,
      },
    ],
    ledgers: [{ name: 'subscriptions', copies: 1 }],
    headline: 'deliveredPerSecond',
    ...timed(flags),
  };
}

function conns(flags: Flags): Shape {
  const connections = flags.clients ?? CONNECTIONS;
  return {
    clients: [{ role: 'idle', name: 'connection', connections }],
    ledgers: [],
    headline: 'connectsPerSecond',
    measureMs: flags.duration ?? STAY_MS,
    noWarmup: true,
    ...(flags.storm && { connectsInFlight: connections }),
  };
}
