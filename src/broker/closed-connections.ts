/** The connections that closed last, for monitoring, in a ring buffer of bounded size. */
import type { ConnectionInfo } from '../native/contract.js';

export class ClosedConnections {
  readonly #capacity: number;
  #ring: ConnectionInfo[] = [];
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(connection: ConnectionInfo): void {
    if (this.#capacity <= 0) return;
    this.#ring[this.#next] = connection;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Oldest first. */
  list(): ConnectionInfo[] {
    if (this.#ring.length < this.#capacity) return this.#ring.slice();
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
  }
}
