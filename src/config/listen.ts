/** Addresses as options spell them: a port alone, or `host:port` with `[…]` around an IPv6 address. */

import { quote } from './text.js';

export interface ListenAddress {
  /** Empty: not said. */
  host: string;
  port: number;
}

/** Reads a port or `host:port`; a string in return says what is wrong. */
export function parseListen(value: number | string): ListenAddress | string {
  if (typeof value === 'number') return { host: '', port: value };
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(value);
  if (!match) return `could not parse address string ${quote(value)}`;
  const port = match[3] ?? '';
  if (!/^[+-]?\d{1,18}$/.test(port)) return `could not parse port ${quote(port)}`;
  return { host: match[1] ?? match[2] ?? '', port: Number(port) };
}
