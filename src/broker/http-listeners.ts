/**
 * The HTTP listeners of one broker: monitoring, and profiles of the process. Owns both; loads each module only when its
 * option is set.
 */
import type { ResolvedHttp } from '../config/index.js';
import type { MonitorServer } from '../monitor/server.js';
import type { MonitorContext, MonitorSource } from '../monitor/source.js';
import type { ProfileServer } from '../profile/server.js';
import { joinHostPort } from './address.js';
import { listening } from './errors.js';

export class HttpListeners {
  #monitor: MonitorServer | undefined;
  #profiler: ProfileServer | undefined;

  /** Undefined while monitoring is off. */
  get monitorPort(): number | undefined {
    return this.#monitor?.port;
  }

  /** What answers show of the monitoring listener; undefined while it is off. */
  monitorView(): Omit<MonitorContext, 'source'> | undefined {
    return this.#monitor?.view();
  }

  /** Undefined while profiling is off. */
  get profilerPort(): number | undefined {
    return this.#profiler?.port;
  }

  /** Returns the address as the log shows it. Throws a `BrokerError` when it can't be bound. */
  async openMonitor(options: ResolvedHttp, source: () => MonitorSource): Promise<string> {
    const { MonitorServer } = await import('../monitor/server.js');
    const { host, port } = options;
    const monitor = await listening({ what: 'monitoring port', host, port }, () =>
      MonitorServer.listen(options, source),
    );
    this.#monitor = monitor;
    return joinHostPort(host, monitor.port);
  }

  /** Returns the port; -1 asks for any. Throws a `BrokerError` when it can't be bound. */
  async openProfiler(host: string, profPort: number): Promise<number> {
    const { ProfileServer } = await import('../profile/server.js');
    const port = Math.max(0, profPort);
    const profiler = await listening({ what: 'profiling port', host, port }, () => ProfileServer.listen(host, port));
    this.#profiler = profiler;
    return profiler.port;
  }

  async close(): Promise<void> {
    await this.#monitor?.close();
    await this.#profiler?.close();
  }
}
