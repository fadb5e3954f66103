/**
 * What a command line asks for: run with these options, check a file, print something, send a signal, or nothing
 * because it is wrong. Decides; prints and does nothing itself.
 */

import { type FlagValue, scanFlags } from './flag-values.js';
import { defaultOf } from './schema.js';
import { type CommandName, dashed } from './schema-flags.js';
import { quote } from './text.js';
import type { BrokerOptions } from './types.js';

export type CommandLine =
  /** `options` override the file, and keep doing so across reloads. They name the file as `configFile`. */
  | { action: 'run'; options: BrokerOptions; warnings: string[] }
  /** The same, to be checked and not run. */
  | { action: 'check'; options: BrokerOptions & { configFile: string }; warnings: string[] }
  | { action: 'version' | 'help' | 'help_tls' }
  /** `target` is a pid, a path to a pid file, or a pattern; absent: find the process. */
  | { action: 'signal'; command: string; target?: string }
  /** Print `message` on standard error and the usage on standard output, then exit with 0. */
  | { action: 'usage'; message: string }
  /** Print `nats-server: message` on standard error, then exit with 1. */
  | { action: 'error'; message: string };

/** `argv` without interpreter and script. */
export function parseFlags(argv: readonly string[]): CommandLine {
  const scanned = scanFlags(argv);
  if (typeof scanned === 'string') return { action: 'usage', message: scanned };
  const commands = new Map<CommandName, FlagValue>();
  for (const { flag, value } of scanned.flags) if ('command' in flag) commands.set(flag.command, value);
  for (const action of ['version', 'help', 'help_tls'] as const) if (commands.get(action)) return { action };

  const word = scanned.rest[0];
  const action = word?.toLowerCase();
  if (action === 'version' || action === 'help') return { action };
  if (word !== undefined) return { action: 'error', message: `unrecognized command: ${quote(word)}` };

  const signal = commands.get('signal');
  if (typeof signal === 'string' && signal !== '') return signalCommand(signal);

  const allowUnsupported = commands.get('allow_unsupported') === true;
  const warnings: string[] = [];
  for (const { name, flag, value } of scanned.flags) {
    if (flag.support === 'yes' || value === false) continue;
    const sentence = flag.support.notYet;
    if (!allowUnsupported) {
      const message = `${dashed(name)} can't be used: ${sentence} (--allow-unsupported skips it)`;
      return { action: 'error', message };
    }
    warnings.push(`ignoring ${dashed(name)}: ${sentence}`);
  }

  const configFile = String(commands.get('config') ?? '');
  const options: BrokerOptions = { ...overrides(scanned.flags) };
  if (allowUnsupported) options.allowUnsupported = true;
  if (commands.get('check') === true) {
    if (configFile !== '') return { action: 'check', options: { ...options, configFile }, warnings };
    return {
      action: 'error',
      message: 'must specify [-c, --config] option to check configuration file syntax',
    };
  }
  if (configFile !== '') options.configFile = configFile;
  return { action: 'run', options, warnings };
}

type Scanned = Exclude<ReturnType<typeof scanFlags>, string>['flags'];

function overrides(flags: Scanned): BrokerOptions {
  const options: Record<string, unknown> = {};
  const compounds: Scanned = [];
  for (const scanned of flags) {
    const { flag, value } = scanned;
    if (flag.support !== 'yes') continue;
    if ('command' in flag) {
      if (flag.command === 'compound') compounds.push(scanned);
    } else if (flag.path !== undefined) set(options, flag.path, value);
  }
  // Flags for several options win over those for one, wherever they stand.
  compounds.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { flag, value } of compounds) {
    for (const key of ('sets' in flag && flag.sets) || []) options[key] = value;
  }
  return options as BrokerOptions;
}

/** Sets an option, or a field of a block. */
function set(options: Record<string, unknown>, [key = '', ...inner]: readonly string[], value: FlagValue): void {
  if (inner.length === 0) Object.assign(options, optionOf(key, value));
  else {
    const block = { ...(options[key] as object) };
    set(block as Record<string, unknown>, inner, value);
    options[key] = block;
  }
}

/** On a command line a port of 0 means "not set", as in the reference. */
function optionOf(key: string, value: FlagValue): Record<string, unknown> {
  if (key === 'port' && value === 0) return { port: Number(defaultOf('port')) };
  if (key === 'httpPort') return value === 0 ? { http: false } : { http: undefined, httpPort: Number(value) };
  return { [key]: value };
}

function signalCommand(text: string): CommandLine {
  const [command = '', target, ...more] = text.split('=');
  if (more.length > 0) return { action: 'error', message: `invalid signal parameters: [${more.join(' ')}]` };
  return { action: 'signal', command, ...(target !== undefined && { target }) };
}
