/**
 * Long answers are made in parts. However many are being made, only one of them makes a part in each turn of the event
 * loop, so that nobody else waits longer than for one part. They take turns in the order in which they ask.
 */

type Begin = () => void;

class Queue {
  readonly #waiting: Begin[] = [];

  add(begin: Begin): void {
    this.#waiting.push(begin);
    if (this.#waiting.length === 1) this.#schedule();
  }

  #schedule(): void {
    setImmediate(() => {
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}

const queue = new Queue();

/** Settles in a turn that no other caller gets. */
export function ownTurn(): Promise<void> {
  return new Promise((resolve) => queue.add(resolve));
}
