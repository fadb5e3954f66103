/** Which ports a running broker has open, as the ports file lists them. */
import type { ResolvedOptions } from '../config/index.js';
import type { StartedBroker } from '../native/contract.js';
import { allUrls } from './address.js';
import type { Ports } from './files.js';

export function openPorts(options: ResolvedOptions, { host, port }: StartedBroker, monitorPort?: number): Ports {
  const { http, dontListen } = options;
  return {
    ...(dontListen ? {} : { nats: allUrls('nats', host, port) }),
    ...(http && monitorPort !== undefined ? { monitoring: allUrls('http', http.host, monitorPort) } : {}),
  };
}
