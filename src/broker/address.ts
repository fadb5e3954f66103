/** Addresses as text: reads and writes `host:port`, and lists the URLs and addresses of a listener. */
import { networkInterfaces } from 'node:os';

type Interfaces = Readonly<Record<string, readonly { address: string; internal: boolean }[] | undefined>>;

export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Splits `host`, `host:port` or `[v6]:port`. A port of 0 or -1 counts as absent: the bound one is meant. */
export function parseAdvertise(text: string): { host?: string; port?: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(-?\d+))?$/.exec(text.trim());
  if (!match) return { host: text.trim() };
  const host = match[1] ?? match[2];
  const port = match[3] === undefined ? 0 : Number(match[3]);
  return { ...(host ? { host } : {}), ...(port > 0 ? { port } : {}) };
}

export function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/** One URL for a program on this machine. */
export function localUrl(protocol: string, host: string, port: number): string {
  return `${protocol}://${joinHostPort(isWildcard(host) ? '127.0.0.1' : host, port)}`;
}

/** All URLs of a listener: a wildcard address stands for every address of this machine. */
export function allUrls(protocol: string, host: string, port: number): string[] {
  if (!isWildcard(host)) return [`${protocol}://${joinHostPort(host, port)}`];
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return addresses.map(({ address }) => `${protocol}://${joinHostPort(address, port)}`);
}

/** The addresses of this machine that other machines can reach: neither loopback nor link-local. */
export function nonLocalAddresses(interfaces: Interfaces = networkInterfaces()): string[] {
  const entries = Object.values(interfaces).flatMap((list) => list ?? []);
  const reachable = entries.filter(({ address, internal }) => !internal && !/^(169\.254\.|fe[89ab]|ff)/i.test(address));
  return reachable.map(({ address }) => address);
}
