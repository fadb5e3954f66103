/**
 * The vocabulary of the option table: what one row may say. A row describes an option of the top level or a field of a
 * block; a block is a type that has rows itself (value-type.ts). Holds no option.
 */

import type { Fault, ValueType } from './value-type.js';

/** Y: a reload applies it. N: a reload that changes it is refused. P: parts of it. */
export type Reloadable = 'Y' | 'N' | 'P';

/** `'yes'`, or the sentence that the refusal prints. */
export type Support = 'yes' | { readonly notYet: string };

export const FLAG_GROUPS = [
  'Server',
  'Logging',
  'JetStream',
  'Authorization',
  'TLS',
  'Cluster',
  'Profiling',
  'Common',
] as const;
export type FlagGroup = (typeof FLAG_GROUPS)[number];

export type FlagKind = 'bool' | 'int' | 'string';

/** One command-line flag: all its spellings, without dashes, in the order the help prints them. */
export interface FlagSpec {
  readonly names: readonly string[];
  readonly kind: FlagKind;
  readonly group: FlagGroup;
  /** Placeholder of the value in the help, e.g. `<port>`. */
  readonly arg?: string;
  readonly help: string;
}

/** How the reference's reload names and prints an option. */
export interface ReloadText {
  /** The name of the field in its options, where that is not the key with a capital letter. */
  readonly field?: string;
  /** The log line about a change, where it is not `Reloaded: name = value`; empty: none. */
  readonly line?: string | ((shown: string) => string);
  /** The line is written whether or not the value is another one. */
  readonly always?: true;
  /** A value that prints as nothing. */
  readonly blank?: string;
}

/** One row: an option, or a field of a block. */
export interface FieldSpec {
  /** The name in a configuration file. */
  readonly name: string;
  /** Other names for the same thing in a file. */
  readonly aliases?: readonly string[];
  /** The name in library options; absent where only a file has it. */
  readonly key?: string;
  /** False: library only, unknown in a file. */
  readonly inFile?: false;
  readonly type: ValueType;
  /** Absent: nothing unless the user says so. */
  readonly default?: unknown;
  /** Of a field: that of the block around it unless given. */
  readonly reload?: Reloadable;
  /** One sentence. */
  readonly doc: string;
  /** `'yes'` unless given. */
  readonly support?: Support;
  /** Decides who may connect: skipping it may leave the server open. */
  readonly guards?: true;
  /** The block needs it; this is said when it is missing. */
  readonly required?: Fault;
  /** In a file zero is the same as not given. */
  readonly zeroInFile?: 'absent';
  /** May stand in a file only once, under whatever name; the reference's own words about a second one. */
  readonly once?: true | string;
  /** The key of a switch that it turns on when it is on itself. */
  readonly turnsOn?: string;
  /** Where resolved options have it, when not under its key: the first of these paths with a value. */
  readonly resolvedAt?: readonly string[];
  readonly reloadText?: ReloadText;
  readonly flag?: FlagSpec;
}

/** A row of the top level. */
export interface OptionSpec extends FieldSpec {
  readonly reload: Reloadable;
  readonly support: Support;
}

/** Why a row can't be used yet; undefined when it can. */
export function notYet({ support = 'yes' }: FieldSpec): string | undefined {
  return support === 'yes' ? undefined : support.notYet;
}
