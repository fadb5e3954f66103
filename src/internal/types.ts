/** What users of the in-process client give and get. Types only. */
import type { HeadersInput } from './headers.js';
import type { Message } from './message.js';
import type { Slice } from './outbox.js';

/** Called with each message, in order. What it throws, or a promise it returns rejects with, is reported. */
export type MessageHandler = (message: Message) => unknown;

export interface SubscribeOptions {
  /** The queue group: each message goes to one of its members. */
  queue?: string;
  /** The account to subscribe in; `$G` unless given. */
  account?: string;
}

export interface RespondOptions {
  headers?: HeadersInput;
}

export interface PublishOptions extends RespondOptions {
  /** Where answers should go. */
  reply?: string;
  /** The account to publish in; `$G` unless given. */
  account?: string;
}

export interface RequestOptions extends RespondOptions {
  /** How long to wait for the answer; 2000 unless given. */
  timeoutMs?: number;
  /** Gives up when it is aborted. */
  signal?: AbortSignal;
  /** The account to ask in; `$G` unless given. */
  account?: string;
}

/** A subscription of this process. */
export interface Subscription {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly account: string;
  /** No message comes any more: it was ended, its account was removed, or the broker has stopped. */
  readonly ended: boolean;
  /** Messages its handler was called with. */
  readonly received: number;
  /** No message comes after this. */
  unsubscribe(): void;
}

/** Answers a message. */
export interface Responder {
  respond(reply: Slice, data: Uint8Array | string | undefined, options: RespondOptions | undefined): void;
}

/** What the in-process client asks of the broker it belongs to. */
export interface ClientHost {
  /** The largest message in an account, bytes; negative: any. */
  maxPayload(account: string): number;
  /** Whether there is an account of this name. */
  hasAccount(name: string): boolean;
  /** A handler has failed. */
  handlerFailed(subject: string, error: unknown): void;
}
