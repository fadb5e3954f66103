/** Which ports a running broker has open, as the ports file lists them. */
import type { ResolvedOptions } from '../config/index.js';
import type { StartedBroker } from '../native/contract.js';
import { allUrls } from './address.js';
import type { Ports } from './files.js';

/** The HTTP listeners that are open. */
export interface Listeners {
  monitor?: { port: number } | undefined;
  profiler?: { port: number } | undefined;
}

export function openPorts(
  options: ResolvedOptions,
  { host, port }: StartedBroker,
  { monitor, profiler }: Listeners,
): Ports {
  const { http, dontListen } = options;
  return {
    ...(dontListen ? {} : { nats: allUrls('nats', host, port) }),
    ...(http && monitor ? { monitoring: allUrls('http', http.host, monitor.port) } : {}),
    ...(profiler ? { profile: allUrls('http', options.host, profiler.port) } : {}),
  };
}
