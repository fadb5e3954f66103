/**
 * Requests that wait for an answer of the broker's state. All that ask for the same in one turn of the event loop get one
 * answer, which is made after the last of them has come: nobody reads a state from before the question.
 *
 * Owns the requests that wait. A turn is given to them for a few milliseconds; the rest waits for the next turn, so that
 * the logins and requests of other clients come in between.
 */
import type { ServerResponse } from 'node:http';

/** Work before the event loop has a turn. */
const TURN_MS = 3;
/** How long a request waits at most for those of connections that are being accepted. */
const GATHER_MS = 2;

/** Answers all of them at once. */
type AnswerAll = (responses: readonly ServerResponse[]) => void;

interface Group {
  responses: ServerResponse[];
  answerAll: AnswerAll;
}

export class WaitingRequests {
  /** By what they ask for. */
  readonly #groups = new Map<string, Group>();
  #firstMs = 0;
  #moreToCome = false;

  /** Whether others wait for the same: then it is answered with them. */
  join(asked: string, response: ServerResponse): boolean {
    const group = this.#groups.get(asked);
    group?.responses.push(response);
    return group !== undefined;
  }

  /** The first that asks for this. */
  add(asked: string, response: ServerResponse, answerAll: AnswerAll): void {
    if (this.#groups.size === 0) this.#begin();
    this.#groups.set(asked, { responses: [response], answerAll });
  }

  /**
   * A connection was accepted. Node accepts one in each turn, and reads its request in the next one: when many clients
   * connect at once, their requests come turn by turn.
   */
  expectMore(): void {
    this.#moreToCome = true;
  }

  /** Answers nobody any more. */
  close(): void {
    this.#groups.clear();
  }

  #begin(): void {
    this.#firstMs = performance.now();
    this.#schedule();
  }

  /** After all sockets that are readable now have been read. */
  #schedule(): void {
    setImmediate(() => this.#work());
  }

  #work(): void {
    const now = performance.now();
    if (this.#moreToCome && now < this.#firstMs + GATHER_MS) {
      this.#moreToCome = false;
    } else {
      this.#answerUntil(now + TURN_MS);
    }
    if (this.#groups.size > 0) this.#schedule();
  }

  #answerUntil(end: number): void {
    for (const [asked, { responses, answerAll }] of this.#groups) {
      this.#groups.delete(asked);
      answerAll(responses);
      if (performance.now() >= end) break;
    }
  }
}
