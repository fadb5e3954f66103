/** Which ports a running broker has open, as the ports file lists them. */
import type { ResolvedOptions } from '../config/index.js';
import type { StartedBroker } from '../native/contract.js';
import { allUrls } from './address.js';
import type { Ports } from './files.js';
import type { HttpListeners } from './http-listeners.js';

export function openPorts(
  options: ResolvedOptions,
  { host, port }: StartedBroker,
  { monitorPort, profilerPort }: Pick<HttpListeners, 'monitorPort' | 'profilerPort'>,
): Ports {
  const { http, dontListen } = options;
  return {
    ...(dontListen ? {} : { nats: allUrls('nats', host, port) }),
    ...(http && monitorPort !== undefined ? { monitoring: allUrls('http', http.host, monitorPort) } : {}),
    ...(profilerPort === undefined ? {} : { profile: allUrls('http', options.host, profilerPort) }),
  };
}
