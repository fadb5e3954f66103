/** Which addresses a running broker has open, and how the ports file lists them. */
import type { ResolvedOptions } from '../config/index.js';
import type { StartedBroker } from '../native/contract.js';
import { allUrls } from './address.js';
import type { Ports } from './files.js';
import type { HttpListeners } from './http-listeners.js';

/** Where clients connect; nowhere without a listener. */
export function clientListener({ listeners }: StartedBroker): { host: string; port: number } {
  return listeners.find(({ kind }) => kind === 'client') ?? { host: '', port: 0 };
}

export function openPorts(
  options: ResolvedOptions,
  started: StartedBroker,
  { monitorPort, profilerPort }: Pick<HttpListeners, 'monitorPort' | 'profilerPort'>,
): Ports {
  const { http, dontListen } = options;
  const { host, port } = clientListener(started);
  return {
    ...(dontListen ? {} : { nats: allUrls('nats', host, port) }),
    ...(http && monitorPort !== undefined ? { monitoring: allUrls('http', http.host, monitorPort) } : {}),
    ...(profilerPort === undefined ? {} : { profile: allUrls('http', options.host, profilerPort) }),
  };
}
