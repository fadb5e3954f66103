/**
 * The vocabulary of the option table: what one row may say.
 *
 * Owns the row types and the mapping from a row's `type` to the TypeScript types users write and the broker reads.
 * Holds no option itself.
 */

import type { AuthorizationOptions, LogFormat, WriteTimeoutPolicy } from './types.js';

/** What a value means; decides how the file, the flags and the library read it. */
export type OptionType =
  | 'bool'
  | 'string'
  | 'int'
  /** Bytes: a number, or `1MB`, `64kib`, `1k` (a thousand). */
  | 'size'
  /** Milliseconds as a number, or `2m`, `1m30s`, `250ms`; a plain integer in a file means seconds and earns a warning. */
  | 'duration'
  /** A duration that a file must write as a string. */
  | 'duration_string'
  /** A port, or `host:port`. */
  | 'listen'
  | 'write_timeout'
  | 'log_format'
  /** A string or a list of them. */
  | 'tags'
  | 'metadata'
  | 'feature_flags'
  | 'authorization'
  /** Anything; used by options that are known but refused, whose content nobody reads. */
  | 'any';

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

/** One row of the option table. */
export interface OptionSpec {
  /** The name in a configuration file. */
  readonly name: string;
  /** Other names for the same thing in a file. */
  readonly aliases?: readonly string[];
  /** The name in library options; absent where only a file has it. */
  readonly key?: string;
  /** False: library only, unknown in a file. */
  readonly inFile?: false;
  readonly type: OptionType;
  /** Absent: nothing unless the user says so. */
  readonly default?: unknown;
  readonly reload: Reloadable;
  /** One sentence. */
  readonly doc: string;
  readonly support: Support;
  /** Decides who may connect: skipping it may leave the server open. `verify`: where it says so by a field `verify…`. */
  readonly guards?: true | 'verify';
  readonly flag?: FlagSpec;
}

/** What library users write for each type. */
export interface WrittenTypes {
  bool: boolean;
  string: string;
  int: number;
  size: number | string;
  duration: number | string;
  duration_string: number | string;
  /** `false`: no listener, whatever the file says. */
  listen: number | string | false;
  write_timeout: WriteTimeoutPolicy;
  log_format: LogFormat;
  tags: string | string[];
  metadata: Record<string, string>;
  feature_flags: Record<string, boolean>;
  authorization: AuthorizationOptions;
  any: never;
}

/** What the broker reads for each type: bytes and milliseconds are numbers. */
export interface NormalTypes {
  bool: boolean;
  string: string;
  int: number;
  size: number;
  duration: number;
  duration_string: number;
  listen: never;
  write_timeout: WriteTimeoutPolicy;
  log_format: LogFormat;
  tags: string[];
  metadata: Record<string, string>;
  feature_flags: Record<string, boolean>;
  authorization: never;
  any: never;
}
