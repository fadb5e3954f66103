/**
 * Requests under way in one account: one subscription takes all answers, each request is known by the last token of its
 * reply subject.
 */
import { randomBytes } from 'node:crypto';
import { NoRespondersError, RequestTimeoutError } from './errors.js';
import type { Message } from './message.js';

interface Waiting {
  subject: string;
  resolve(message: Message): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
  abandon: (() => void) | undefined;
  signal: AbortSignal | undefined;
}

export class Requests {
  readonly #prefix = `_INBOX.${randomBytes(12).toString('hex')}.`;
  readonly #waiting = new Map<string, Waiting>();
  #last = 0;

  /** What the subscription for answers subscribes to. */
  get pattern(): string {
    return `${this.#prefix}*`;
  }

  /** Registers a request and gives `send` the subject for its answer. */
  add(
    subject: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    send: (reply: string) => void,
  ): Promise<Message> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#last += 1;
      const token = this.#last.toString(36);
      const timer = setTimeout(() => this.#fail(token, new RequestTimeoutError(subject, timeoutMs)), timeoutMs);
      const abandon = signal && (() => this.#fail(token, signal.reason));
      if (abandon) signal.addEventListener('abort', abandon, { once: true });
      this.#waiting.set(token, { subject, resolve, reject, timer, abandon, signal });
      try {
        send(this.#prefix + token);
      } catch (error) {
        this.#fail(token, error);
      }
    });
  }

  /** An answer has come: to a request under way, or too late. */
  answered(message: Message): void {
    const token = message.subject.slice(this.#prefix.length);
    const waiting = this.#take(token);
    if (!waiting) return;
    if (message.headers?.status === 503) waiting.reject(new NoRespondersError(waiting.subject));
    else waiting.resolve(message);
  }

  /** No answer will come any more. */
  rejectAll(error: Error): void {
    for (const token of [...this.#waiting.keys()]) this.#fail(token, error);
  }

  #fail(token: string, error: unknown): void {
    this.#take(token)?.reject(error as Error);
  }

  #take(token: string): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    if (!waiting) return undefined;
    this.#waiting.delete(token);
    clearTimeout(waiting.timer);
    if (waiting.abandon) waiting.signal?.removeEventListener('abort', waiting.abandon);
    return waiting;
  }
}
