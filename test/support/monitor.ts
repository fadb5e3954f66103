/**
 * Requests to the monitoring port of a server under test.
 */
import { until } from './deadline.js';
import type { TestServer } from './server.js';

export type Json = Record<string, unknown>;

export interface ConnzEntry extends Json {
  cid: number;
  reason?: string;
}

export async function get(server: TestServer, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.monitorPort}${path}`);
}

export async function getJson<T = Json>(server: TestServer, path: string): Promise<T> {
  return (await (await get(server, path)).json()) as T;
}

export async function connz(server: TestServer, query = ''): Promise<Json & { connections: ConnzEntry[] }> {
  return getJson(server, `/connz${query}`);
}

/** Why the server closed this connection, once it lists it as closed. */
export async function closedReason(server: TestServer, cid: number): Promise<string> {
  return until(async () => {
    const page = await connz(server, `?state=closed&limit=10000&cid=${cid}`);
    return page.connections?.find((entry) => entry.cid === cid)?.reason;
  }, `connection ${cid} among the closed ones`);
}
