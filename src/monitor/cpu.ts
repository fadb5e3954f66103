/** The CPU usage of the process in percent of one core, sampled once a second while monitoring is on. */

const PERIOD_MS = 1000;

export class CpuSampler {
  readonly #timer: NodeJS.Timeout;
  #percent = 0;
  #lastUsage = process.cpuUsage();
  #lastMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#sample(), PERIOD_MS);
    this.#timer.unref();
  }

  /** With one decimal. */
  get percent(): number {
    return this.#percent;
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
