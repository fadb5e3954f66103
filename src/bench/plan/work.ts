/**
 * A work and its shape: the part of a load plan that says which clients send what, and who receives it.
 *
 * Owns the types between the command line and the load generator; knows no server.
 */
import type { ClientPlan, LedgerPlan, LoadReport, SubjectsPlan } from '../../native/load-contract.js';
import type { Flags } from '../flags/table.js';
import type { VerbName } from '../flags/verbs.js';

export interface Work {
  verb: VerbName;
  /** Title of the row in reports. */
  title: string;
  /** Subject or file. */
  argument: string;
  flags: Flags;
}

/** One run, as far as the work decides it. */
export interface Shape {
  clients: ClientPlan[];
  ledgers: LedgerPlan[];
  headline: 'publishedPerSecond' | 'deliveredPerSecond' | 'connectsPerSecond';
  /** Ends the measured part; absent: counts end it. */
  measureMs?: number;
  /** Replaces the usual time without deliveries after which a run ends: for work that waits for others. */
  quietMs?: number;
  /** A warm-up is not possible: the stored messages can be read once. */
  noWarmup?: true;
  /** The run is stopped after this many deliveries. */
  stopAfter?: number;
  connectsInFlight?: number;
  /** Checks the server after the run; returns how many stored messages are missing or too many. */
  verify?(report: LoadReport): Promise<Verified>;
}

export interface Verified {
  lost: number;
  duplicated: number;
}

/** Whether "delivered" are the answers to what was sent: then the two rates are one figure. */
export function isAnswered(verb: string): boolean {
  return verb === 'request' || verb.startsWith('js pub') || verb.startsWith('kv');
}

export const DEFAULT_MSGS = 100_000;
export const DEFAULT_SIZE = { fixed: 128 } as const;

/** For work that waits for others: a run does not end because nothing arrives. */
export const WAITING_TIMEOUT_MS = 7 * 24 * 3600_000;

/** Splits `total` among `parts` as evenly as whole numbers allow: the first ones get one more. */
export function share(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

/** Groups of like connections, for a number of messages that does not divide evenly. */
export function groups(total: number | undefined, connections: number): { connections: number; messages?: number }[] {
  if (total === undefined) return [{ connections }];
  const more = total % connections;
  const each = Math.floor(total / connections);
  const found = [
    { connections: more, messages: each + 1 },
    { connections: connections - more, messages: each },
  ];
  return found.filter((group) => group.connections > 0 && group.messages > 0);
}

/** The subjects senders use. */
export function subjectsOf(flags: Flags, subject: string, fallback?: number): SubjectsPlan {
  const count = flags.subjects ?? fallback;
  const order = flags.random ? 'random' : 'turn';
  return count === undefined ? { pattern: subject, count: 1, order } : { pattern: `${subject}.{}`, count, order };
}

/** The messages of the measured part; none when time ends it. */
export function messagesOf(flags: Flags, fallback = DEFAULT_MSGS): number | undefined {
  return flags.duration === undefined ? (flags.msgs ?? fallback) : undefined;
}

/** What every sender has, from the flags; `senders` share the rate. */
export function sending(flags: Flags, senders: number) {
  return {
    size: flags.size ?? DEFAULT_SIZE,
    ...(flags.headers && { headers: flags.headers }),
    ...(flags.rate !== undefined && { rate: flags.rate / senders }),
    ...(flags.sleep !== undefined && { sleepUs: Math.round(flags.sleep * 1000) }),
  };
}

export function timed(flags: Flags): { measureMs?: number } {
  return flags.duration === undefined ? {} : { measureMs: flags.duration };
}
