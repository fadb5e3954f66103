/** Events by name, each handed out once, whether it came before or after the question. */
export class EventLog<Name extends string> {
  readonly #unread = new Map<Name, number>();
  readonly #waiting = new Map<Name, (() => void)[]>();

  add(name: Name): void {
    const waiter = this.#waiting.get(name)?.shift();
    if (waiter) waiter();
    else this.#unread.set(name, (this.#unread.get(name) ?? 0) + 1);
  }

  next(name: Name): Promise<void> {
    const unread = this.#unread.get(name) ?? 0;
    if (unread > 0) {
      this.#unread.set(name, unread - 1);
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), resolve]));
  }
}
