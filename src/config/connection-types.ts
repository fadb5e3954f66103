/**
 * The kinds of connection a user may be restricted to: their names, read from a file or from a library call.
 *
 * Knows all kinds of the reference, also those that this server does not accept yet: a user of those is one that
 * nobody can be for now.
 */

import { OptionsError } from './errors.js';
import { type ConfigNode, goTypeOf } from './language/nodes.js';
import type { Report } from './report.js';
import { quote } from './text.js';
import { wrongType } from './written.js';

export const CONNECTION_TYPES = [
  'STANDARD',
  'WEBSOCKET',
  'LEAFNODE',
  'LEAFNODE_WS',
  'MQTT',
  'MQTT_WS',
  'IN_PROCESS',
] as const;
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** Of a file: a name or a list of them, in any case. */
export function readConnectionTypes(node: ConfigNode, report: Report): ConnectionType[] | undefined {
  const place = 'error parsing allowed connection types';
  const { value } = node;
  if (typeof value !== 'string' && !Array.isArray(value)) {
    return report.error(node, `${place}: unsupported type ${goTypeOf(value)}`);
  }
  const names: string[] = [];
  for (const entry of typeof value === 'string' ? [node] : value) {
    if (typeof entry.value === 'string') names.push(entry.value.toUpperCase());
    else report.error(entry, `${place}: unsupported type in array ${goTypeOf(entry.value)}`);
  }
  const unknown = names.filter((name) => !isConnectionType(name));
  if (unknown.length === 0) return names.filter(isConnectionType);
  return report.error(node, `invalid connection types [${unknown.map(quote).join(' ')}]`);
}

/** Undefined: all of them, which is also what an empty list means. */
export function resolveConnectionTypes(written: unknown): ConnectionType[] | undefined {
  const option = 'authorization.users.allowedConnectionTypes';
  if (written === undefined || written === null) return undefined;
  const list: unknown[] | undefined =
    typeof written === 'string' ? [written] : Array.isArray(written) ? written : undefined;
  if (list === undefined) throw wrongType(option, 'a list of connection types', written);
  const types = list.map((name) => {
    const type = String(name).toUpperCase();
    if (isConnectionType(type)) return type;
    const remedy = `Use some of ${CONNECTION_TYPES.join(', ')}.`;
    throw new OptionsError(option, `unknown connection type ${quote(String(name))}`, remedy);
  });
  return types.length === 0 ? undefined : CONNECTION_TYPES.filter((type) => types.includes(type));
}

function isConnectionType(name: string): name is ConnectionType {
  return (CONNECTION_TYPES as readonly string[]).includes(name);
}
