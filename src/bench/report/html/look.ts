/** Which colour a server has in every chart: the second of a comparison, or the only one, carries the accent. */
import type { ServerSeen } from '../facts.js';

const CLASSES = ['s-b', 's-a', 's-c', 's-d', 's-e'] as const;

export function serverClass(server: ServerSeen, servers: readonly ServerSeen[]): string {
  if (server.side) return `s-${server.side}`;
  return CLASSES[servers.indexOf(server) % CLASSES.length] ?? 's-b';
}
