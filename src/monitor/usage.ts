/** What the process uses of the machine: CPU time, sampled once a second while monitoring is on, and memory. */

const PERIOD_MS = 1000;
/** Asking the system for the memory takes it longer than all the rest of an answer. */
const MEMORY_FRESH_MS = 100;

export class ProcessUsage {
  readonly #timer: NodeJS.Timeout;
  #percent = 0;
  #lastUsage = process.cpuUsage();
  #lastMs = performance.now();
  #resident = 0;
  #residentMs = Number.NEGATIVE_INFINITY;

  constructor() {
    this.#timer = setInterval(() => this.#sample(), PERIOD_MS);
    this.#timer.unref();
  }

  /** Percent of one core over the last second, with one decimal. */
  get cpuPercent(): number {
    return this.#percent;
  }

  /** Resident memory, no older than a tenth of a second. */
  get residentBytes(): number {
    const now = performance.now();
    if (now - this.#residentMs >= MEMORY_FRESH_MS) {
      this.#resident = process.memoryUsage.rss();
      this.#residentMs = now;
    }
    return this.#resident;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const { user, system } = process.cpuUsage(this.#lastUsage);
    const now = performance.now();
    this.#percent = Math.round(((user + system) / 1000 / (now - this.#lastMs)) * 1000) / 10;
    this.#lastUsage = process.cpuUsage();
    this.#lastMs = now;
  }
}
