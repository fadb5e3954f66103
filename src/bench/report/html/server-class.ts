/** The colour class of a server in every chart: the second of a comparison, or the only one, has the accent colour. */
import type { MeasuredServer } from '../facts.js';

const CLASSES = ['s-b', 's-a', 's-c', 's-d', 's-e'] as const;

export function serverClass(server: MeasuredServer, servers: readonly MeasuredServer[]): string {
  if (server.side) return `s-${server.side}`;
  return CLASSES[servers.indexOf(server) % CLASSES.length] ?? 's-b';
}
