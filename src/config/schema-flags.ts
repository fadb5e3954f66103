/**
 * All command-line flags: those of options, which stand in the option table, and those that are commands.
 *
 * A flag whose feature is not there yet is known, so that it is refused with a sentence instead of a usage text.
 */

import { OPTIONS } from './schema.js';
import type { FlagSpec, OptionSpec, Support } from './spec.js';
import type { BrokerOptions } from './types.js';

export type CommandName =
  | 'config'
  | 'check'
  | 'signal'
  | 'version'
  | 'help'
  | 'help_tls'
  | 'allow_unsupported'
  | 'compound'
  | 'none';

/** A flag that is no option of its own. */
export interface CommandFlag extends FlagSpec {
  readonly command: CommandName;
  /** For compound flags: the options it sets, all to the value of the flag. */
  readonly sets?: readonly (keyof BrokerOptions)[];
  readonly support: Support;
}

const TLS: Support = { notYet: 'TLS is not there yet' };
const CLUSTER: Support = { notYet: 'clustering is not there yet' };

export const COMMAND_FLAGS: readonly CommandFlag[] = [
  {
    names: ['c', 'config'],
    kind: 'string',
    group: 'Server',
    arg: '<file>',
    help: 'Configuration file',
    command: 'config',
    support: 'yes',
  },
  {
    names: ['t'],
    kind: 'bool',
    group: 'Server',
    help: 'Check the configuration file and exit',
    command: 'check',
    support: 'yes',
  },
  {
    names: ['sl', 'signal'],
    kind: 'string',
    group: 'Server',
    arg: '<signal>[=<pid>]',
    help: 'Send a signal to a running server (ldm, stop, quit, term, reopen, reload); <pid> may be a pid file',
    command: 'signal',
    support: 'yes',
  },
  {
    names: ['allow-unsupported'],
    kind: 'bool',
    group: 'Server',
    help: 'Skip options whose feature is not there yet, with a warning',
    command: 'allow_unsupported',
    support: 'yes',
  },
  {
    names: ['DV'],
    kind: 'bool',
    group: 'Logging',
    help: 'Debug lines and protocol trace',
    command: 'compound',
    sets: ['debug', 'trace'],
    support: 'yes',
  },
  {
    names: ['DVV'],
    kind: 'bool',
    group: 'Logging',
    help: 'Debug lines and verbose trace',
    command: 'compound',
    sets: ['debug', 'trace', 'traceVerbose'],
    support: 'yes',
  },
  {
    names: ['VV'],
    kind: 'bool',
    group: 'Logging',
    help: 'Verbose trace (the system account as well)',
    command: 'compound',
    sets: ['trace', 'traceVerbose'],
    support: 'yes',
  },
  {
    names: ['user'],
    kind: 'string',
    group: 'Authorization',
    arg: '<user>',
    help: 'User that clients must be',
    command: 'none',
    support: 'yes',
  },
  {
    names: ['pass'],
    kind: 'string',
    group: 'Authorization',
    arg: '<password>',
    help: 'Password of that user',
    command: 'none',
    support: 'yes',
  },
  {
    names: ['auth'],
    kind: 'string',
    group: 'Authorization',
    arg: '<token>',
    help: 'Token that clients must have',
    command: 'none',
    support: 'yes',
  },
  { names: ['tls'], kind: 'bool', group: 'TLS', help: 'Enable TLS', command: 'none', support: TLS },
  { names: ['tlsverify'], kind: 'bool', group: 'TLS', help: 'Verify clients', command: 'none', support: TLS },
  { names: ['tlscert'], kind: 'string', group: 'TLS', help: 'Certificate', command: 'none', support: TLS },
  { names: ['tlskey'], kind: 'string', group: 'TLS', help: 'Private key', command: 'none', support: TLS },
  { names: ['tlscacert'], kind: 'string', group: 'TLS', help: 'CA of clients', command: 'none', support: TLS },
  { names: ['routes'], kind: 'string', group: 'Cluster', help: 'Routes to open', command: 'none', support: CLUSTER },
  {
    names: ['cluster_name'],
    kind: 'string',
    group: 'Cluster',
    help: 'Cluster name',
    command: 'none',
    support: CLUSTER,
  },
  {
    names: ['cluster_advertise'],
    kind: 'string',
    group: 'Cluster',
    help: 'Advertised cluster address',
    command: 'none',
    support: CLUSTER,
  },
  {
    names: ['no_advertise'],
    kind: 'bool',
    group: 'Cluster',
    help: 'Keep cluster addresses from clients',
    command: 'none',
    support: CLUSTER,
  },
  {
    names: ['connect_retries'],
    kind: 'int',
    group: 'Cluster',
    help: 'Retries of implicit routes',
    command: 'none',
    support: CLUSTER,
  },
  {
    names: ['v', 'version'],
    kind: 'bool',
    group: 'Common',
    help: 'Show the version',
    command: 'version',
    support: 'yes',
  },
  { names: ['h', 'help'], kind: 'bool', group: 'Common', help: 'Show this message', command: 'help', support: 'yes' },
  { names: ['help_tls'], kind: 'bool', group: 'Common', help: 'Show TLS help', command: 'help_tls', support: TLS },
];

export interface OptionFlag extends FlagSpec {
  readonly key: keyof BrokerOptions | undefined;
  readonly support: Support;
}

export const OPTION_FLAGS: readonly OptionFlag[] = (OPTIONS as readonly OptionSpec[]).flatMap((row) => {
  if (row.flag === undefined) return [];
  return [{ ...row.flag, key: row.key as keyof BrokerOptions | undefined, support: row.support }];
});

export type AnyFlag = CommandFlag | OptionFlag;

export const FLAGS: ReadonlyMap<string, AnyFlag> = new Map(
  [...COMMAND_FLAGS, ...OPTION_FLAGS].flatMap((flag) => flag.names.map((name) => [name, flag] as const)),
);

/** `-p` for short names, `--port` for long ones. */
export function dashed(name: string): string {
  return name.length <= 3 && /^[a-zA-Z]{1,2}$|^DVV$/.test(name) ? `-${name}` : `--${name}`;
}
