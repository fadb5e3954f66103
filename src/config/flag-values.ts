/**
 * The values and the order of flags on a command line, as Go's flag package takes them.
 *
 * One or two dashes are the same; `-x=v` and `-x v` are the same, but a boolean takes only `-x=v`; the first argument
 * that is no flag ends the flags. Knows nothing about what flags mean.
 */

import { type AnyFlag, FLAGS } from './schema-flags.js';
import type { FlagKind } from './spec.js';
import { quote } from './text.js';

export type FlagValue = boolean | number | string;

export interface ScannedFlags {
  /** In the order given; a later one wins. */
  flags: { name: string; flag: AnyFlag; value: FlagValue }[];
  /** What follows the flags. */
  rest: string[];
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** The flags, or a string that says what is wrong with them. */
export function scanFlags(argv: readonly string[]): ScannedFlags | string {
  const flags: ScannedFlags['flags'] = [];
  let at = 0;
  for (;;) {
    const argument = argv[at];
    if (argument === undefined || argument.length < 2 || !argument.startsWith('-')) break;
    at++;
    if (argument === '--') break;
    const body = argument.slice(argument.startsWith('--') ? 2 : 1);
    if (body.startsWith('-') || body.startsWith('=')) return `bad flag syntax: ${argument}`;
    const equals = body.indexOf('=');
    const name = equals === -1 ? body : body.slice(0, equals);
    let text = equals === -1 ? undefined : body.slice(equals + 1);
    const flag = FLAGS.get(name);
    if (flag === undefined) return `flag provided but not defined: -${name}`;
    if (flag.kind === 'bool') text ??= 'true';
    else if (text === undefined) text = argv[at++];
    if (text === undefined) return `flag needs an argument: -${name}`;
    const read = readValue(flag.kind, text);
    if ('error' in read) {
      const what =
        flag.kind === 'bool' ? `invalid boolean value ${quote(text)} for` : `invalid value ${quote(text)} for flag`;
      return `${what} -${name}: ${read.error}`;
    }
    flags.push({ name, flag, value: read.value });
  }
  return { flags, rest: argv.slice(at) };
}

function readValue(kind: FlagKind, text: string): { value: FlagValue } | { error: string } {
  if (kind === 'string') return { value: text };
  if (kind === 'bool') {
    if (TRUE.has(text)) return { value: true };
    return FALSE.has(text) ? { value: false } : { error: 'parse error' };
  }
  return readInt(text);
}

const INTEGER =
  /^([+-]?)(0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB]_?[01]+(?:_[01]+)*|0[oO]?_?[0-7]+(?:_[0-7]+)*|[1-9][0-9]*(?:_[0-9]+)*|0)$/;

function readInt(text: string): { value: number } | { error: string } {
  const match = INTEGER.exec(text);
  if (match === null) return { error: 'parse error' };
  const digits = (match[2] ?? '').replaceAll('_', '');
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const magnitude = BigInt(octal);
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (BigInt.asIntN(64, value) !== value) return { error: 'value out of range' };
  return { value: Number(value) };
}
