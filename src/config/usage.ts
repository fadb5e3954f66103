/** The help text, made from the tables, so that it can't name a flag that is not there. */

import { COMMAND_FLAGS, dashed, OPTION_FLAGS } from './schema-flags.js';
import { FLAG_GROUPS } from './spec.js';

const COLUMN = 36;

const USAGE = [
  'Usage: nats-turbo [options]',
  '       nats-turbo config explain [FILE] [options]    every option, its value and where that came from',
  '       nats-turbo config diff A B [options]          what a reload from A to B would change',
  '       nats-turbo doctor [-c FILE] [options]         what would go wrong on this machine',
  '       nats-turbo passwd [--cost N]                  the bcrypt hash of a password',
  '       nats-turbo nkey user|account|curve            a new key: its seed and its public key',
  '       nats-turbo nkey public                        the public key of a seed on standard input',
];

/** `version` is that of this broker, `compatible` the level clients see. */
export function usage(version: string, compatible: string): string {
  const lines = [`nats-turbo ${version}, compatible with nats-server ${compatible}`, '', ...USAGE];
  const flags = [...OPTION_FLAGS, ...COMMAND_FLAGS].filter(({ support }) => support === 'yes');
  for (const group of FLAG_GROUPS) {
    const inGroup = flags.filter((flag) => flag.group === group);
    if (inGroup.length === 0) continue;
    lines.push('', `${group} Options:`);
    for (const { names, arg, help } of inGroup) {
      const left = `    ${names.map(dashed).join(', ')}${arg === undefined ? '' : ` ${arg}`}`;
      lines.push(left.length < COLUMN ? `${left.padEnd(COLUMN)} ${help}` : `${left}\n${' '.repeat(COLUMN + 1)}${help}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** What `--help_tls` prints. */
export function tlsUsage(): string {
  return 'TLS is not there yet: options for it are refused, or skipped with --allow-unsupported.\n';
}
