/**
 * A message as a handler sees it: a view of the batch it came in. Texts and headers are decoded when they are asked for.
 *
 * `data` shares the memory of its batch: a handler that keeps it for long keeps up to a megabyte alive, and copies it
 * instead (`Buffer.from(message.data)`).
 */
import type { MessageBatch } from '../native/contract.js';
import { MessageHeaders } from './headers.js';
import type { Responder, RespondOptions } from './types.js';

/** Words of one message in the index of a batch; see `MessageBatch`. */
export const INDEX_WORDS = 8;

export class Message {
  readonly #batch: MessageBatch;
  readonly #at: number;
  readonly #responder: Responder;
  #headers: MessageHeaders | undefined;

  constructor(batch: MessageBatch, at: number, responder: Responder) {
    this.#batch = batch;
    this.#at = at;
    this.#responder = responder;
  }

  get subject(): string {
    return this.#text(1, 2);
  }

  /** Where an answer is expected; undefined when none is. */
  get reply(): string | undefined {
    return this.#word(3) === this.#word(4) ? undefined : this.#text(3, 4);
  }

  get headers(): MessageHeaders | undefined {
    if (this.#word(5) === this.#word(6)) return undefined;
    this.#headers ??= MessageHeaders.parse(this.#text(5, 6));
    return this.#headers;
  }

  /** The payload, without headers. */
  get data(): Buffer {
    return this.#batch.data.subarray(this.#word(6), this.#word(7));
  }

  /** The payload as text. */
  text(): string {
    return this.#text(6, 7);
  }

  /** The payload as JSON. Throws a SyntaxError when it is none. */
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }

  /** Answers the message. False: nobody expects an answer. */
  respond(data?: Uint8Array | string, options?: RespondOptions): boolean {
    const [start, end] = [this.#word(3), this.#word(4)];
    if (start === end) return false;
    this.#responder.respond({ bytes: this.#batch.data, start, end }, data, options);
    return true;
  }

  #word(index: number): number {
    return this.#batch.index[this.#at + index] as number;
  }

  #text(from: number, to: number): string {
    return this.#batch.data.toString('utf8', this.#word(from), this.#word(to));
  }
}
