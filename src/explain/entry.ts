/**
 * What an explanation is made of: one entry per option in force, with its value and where that came from.
 *
 * Secrets never get into an entry: its value is redacted when it is made, and a fingerprint stands in for comparing.
 */

import { createHash, randomBytes } from 'node:crypto';
import type { Reloadable } from '../config/spec.js';

export interface FilePlace {
  file: string;
  line: number;
}

/** One step of a value that was written as `$name`. */
export interface VariableStep {
  name: string;
  /** Absent: an environment variable. */
  definedAt?: FilePlace;
}

export type Origin =
  | { kind: 'default' }
  | { kind: 'flag'; flag: string }
  /** `included` when the file is not the one that was asked about. */
  | { kind: 'file'; place: FilePlace; included: boolean; variables: VariableStep[] }
  /** Follows from another option. */
  | { kind: 'implied'; by: string };

export interface Entry {
  /** `max_payload`, `authorization.users[alice].password`. */
  readonly name: string;
  /** For programs: sizes are bytes, durations are text such as `2m0s`; null where nothing is set. */
  readonly value: unknown;
  /** The value as a configuration file would say it. */
  readonly shown: string;
  readonly origin: Origin;
  readonly reload: Reloadable;
  /** Why the option has no effect, where the user let it be skipped. */
  readonly ignored?: string;
  /** Equal for equal values, secrets included; means nothing outside this process. */
  readonly fingerprint: string;
}

export const REDACTED = '[REDACTED]';

/** Of fields without a description. */
const SECRET_NAMES = /^(pass|password|token|secret|seed|xkey_seed|default_sentinel)$/;
/** A private nkey, wherever it stands. */
const SEED = /^S[A-Z][A-Z2-7]{56}$/;
const URL_CREDENTIALS = /(:\/\/)[^@/\s]*@/g;
/** So that a fingerprint can't be looked up in a table of passwords. */
const SALT = randomBytes(16);

export interface EntryParts extends Omit<Entry, 'fingerprint' | 'shown'> {
  readonly shown?: string;
  /** The description says that the value is a secret. */
  readonly secret?: boolean;
}

/** Makes an entry, without the secret if it has one. */
export function entry({ secret: described = false, ...parts }: EntryParts): Entry {
  const fingerprint = createHash('sha256')
    .update(SALT)
    .update(JSON.stringify([parts.value]))
    .digest('hex');
  const field = parts.name.split('.').at(-1) ?? '';
  const seed = typeof parts.value === 'string' && SEED.test(parts.value);
  const secret = parts.value !== null && (described || seed || SECRET_NAMES.test(field));
  const value = secret ? REDACTED : withoutCredentials(parts.value);
  const shown = secret ? REDACTED : (parts.shown ?? written(value)).replace(URL_CREDENTIALS, `$1${REDACTED}@`);
  return { ...parts, value, shown, fingerprint };
}

/** A value of the configuration language, on one line. */
export function written(value: unknown): string {
  if (value === null || value === undefined) return '(none)';
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, inner]) => `${name}: ${written(inner)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

function withoutCredentials(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(URL_CREDENTIALS, `$1${REDACTED}@`);
  return Array.isArray(value) ? value.map(withoutCredentials) : value;
}

/** Where a value came from, in words. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'flag':
      return `flag ${origin.flag}`;
    case 'implied':
      return `implied by ${origin.by}`;
    case 'file': {
      const variables = origin.variables.map(({ name, definedAt }) =>
        definedAt === undefined ? `environment variable ${name}` : `variable ${name} (${placeText(definedAt)})`,
      );
      return [`${placeText(origin.place)}${origin.included ? ' (include)' : ''}`, ...variables].join(', ');
    }
  }
}

function placeText({ file, line }: FilePlace): string {
  return `${file}:${line}`;
}
