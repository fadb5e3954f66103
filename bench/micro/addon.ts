/** The calls of the addon built with the feature `bench` (native/napi/src/bench.rs); the shipped addon has none of them. */
import { createRequire } from 'node:module';

export interface Parsed {
  messages: number;
  subjectBytes: number;
  bodyBytes: number;
}

/** Subscriptions by number; what was found, counted and spelled out. */
export interface Interest {
  /** An empty queue is none. */
  fill(subjects: string[], queues: string[]): void;
  /** Matches subjects that lie one after the other in `text`. Plain subscriptions, groups, members of groups. */
  count(text: Buffer, ends: Uint32Array): number[];
  list(text: Buffer, ends: Uint32Array): string[];
}

export interface Output {
  connection: number;
  bytes: Buffer;
}

/** Connections whose sockets take everything at once. */
export interface Broker {
  connect(): number;
  /** Handles what a client sent; returns how many bytes that made for all clients. */
  feed(connection: number, input: Buffer): number;
  deliver(connection: number, input: Buffer): Output[];
}

export interface BenchAddon {
  version(): string;
  benchParse(stream: Buffer, read: number): Parsed;
  benchParseFields(stream: Buffer, read: number): number[];
  BenchInterest: new () => Interest;
  BenchBroker: new () => Broker;
}

export function loadAddon(file: string): BenchAddon {
  return createRequire(import.meta.url)(file) as BenchAddon;
}
