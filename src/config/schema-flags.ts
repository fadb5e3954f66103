/**
 * All command-line flags: those of options, which stand in their rows, and those that are commands.
 *
 * A flag whose feature is not there yet is known, so that it is refused with a sentence instead of a usage text.
 */

import { OPTIONS } from './schema.js';
import type { FieldSpec, FlagSpec, Support } from './spec.js';
import type { BrokerOptions } from './types.js';
import { blocksIn } from './value-type.js';

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
  { names: ['tls'], kind: 'bool', group: 'TLS', help: 'Enable TLS', command: 'none', support: TLS },
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
  /** The keys that lead to the option; absent where the library does not have it. */
  readonly path?: readonly string[];
  readonly support: Support;
}

/** The flags of options, those within blocks included. */
export const OPTION_FLAGS: readonly OptionFlag[] = flagsOf(OPTIONS, [], 'yes');

function flagsOf(fields: readonly FieldSpec[], around: readonly string[] | undefined, outer: Support): OptionFlag[] {
  return fields.flatMap((field) => {
    const { flag, key, type, support = outer } = field;
    const path = key === undefined || around === undefined ? undefined : [...around, key];
    const own = flag === undefined ? [] : [{ ...flag, ...(path && { path }), support }];
    return [...own, ...blocksIn(type).flatMap((inner) => flagsOf(inner.fields, path, support))];
  });
}

export type AnyFlag = CommandFlag | OptionFlag;

export const FLAGS: ReadonlyMap<string, AnyFlag> = new Map(
  [...COMMAND_FLAGS, ...OPTION_FLAGS].flatMap((flag) => flag.names.map((name) => [name, flag] as const)),
);

/** `-p` for short names, `--port` for long ones. */
export function dashed(name: string): string {
  return name.length <= 3 && /^[a-zA-Z]{1,2}$|^DVV$/.test(name) ? `-${name}` : `--${name}`;
}
