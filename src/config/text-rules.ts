/** Rules about the text of single options. */

import { quote } from './text.js';
import type { Fault } from './value-type.js';

const PORT_MAX = 65_535;

export function serverNameFault(name: string): Fault | undefined {
  if (!name.includes(' ')) return undefined;
  return { problem: 'server name cannot contain spaces', remedy: 'Use a name such as "my-server".' };
}

/** Clients are told this address: one they can't parse would cut them off. */
export function hostPortFault(address: string): Fault | undefined {
  const match = /^(?:\[[^\]]+\]|[^:\s]*)(?::(-1|\d{1,5}))?$/.exec(address.trim());
  if (match && Number(match[1] ?? 0) <= PORT_MAX) return undefined;
  return {
    problem: `${quote(address)} is not an address of the form host[:port]`,
    remedy: "Write 'host', 'host:port' or '[v6]:port'.",
  };
}
