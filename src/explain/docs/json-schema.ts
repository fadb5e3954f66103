/**
 * The JSON Schema of the configuration's JSON form, for editors: made from the option table.
 *
 * Strict where the language is lenient: names in lower case, durations as text, no variables (JSON has none). Options
 * whose feature is not there yet are in it as what may not be written, with the reason.
 */

import { CONNECTION_TYPES } from '../../config/connection-types.js';
import { OPTIONS } from '../../config/schema.js';
import {
  AUTHORIZATION_FIELDS,
  type FieldSpec,
  PERMISSION_FIELDS,
  RESPONSE_FIELDS,
  USER_FIELDS,
} from '../../config/schema-authorization.js';
import type { OptionSpec, Support } from '../../config/spec.js';

export type Schema = { readonly [keyword: string]: unknown };

/** Meanings that many properties share: each stands once in the file. */
const shared = (name: string): Schema => ({ allOf: [{ $ref: `#/definitions/${name}` }] });

const DURATION_TEXT: Schema = {
  type: 'string',
  pattern:
    '^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))*$',
};
const DURATION = shared('duration');
const PORT: Schema = { type: 'integer', minimum: -1, maximum: 65_535 };
const BYTES: Schema = { type: 'integer', minimum: 0 };
const SUBJECTS = shared('subjects');
const SUBJECT_LIST: Schema = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };

const CONNECTION_TYPE: Schema = { enum: CONNECTION_TYPES };

const TYPES: Record<string, Schema> = {
  bool: { type: 'boolean' },
  string: { type: 'string' },
  int: { type: 'integer', minimum: 0 },
  size: BYTES,
  duration: DURATION,
  duration_string: DURATION,
  listen: { anyOf: [PORT, { type: 'string', pattern: '^(\\[[^\\[\\]]*\\]|[^:\\[\\]]*):[+-]?[0-9]+$' }] },
  write_timeout: { enum: ['default', 'close', 'retry'] },
  log_format: { enum: ['text', 'json'] },
  tags: SUBJECT_LIST,
  metadata: { type: 'object', additionalProperties: { type: 'string' } },
  feature_flags: { type: 'object', additionalProperties: { type: 'boolean' } },
};

/** What a type alone does not say. */
const NARROWED: Record<string, Schema> = {
  port: PORT,
  http_port: PORT,
  prof_port: PORT,
  server_name: { type: 'string', pattern: '^[^ ]*$' },
  max_payload: { ...BYTES, maximum: 2 ** 31 - 1 },
  max_control_line: { ...BYTES, maximum: 2 ** 31 - 1 },
  max_sub_tokens: { type: 'integer', minimum: 1, maximum: 255 },
};

function definitions(): Record<string, Schema> {
  const responses = block(RESPONSE_FIELDS, { max: { type: 'integer' }, expires: DURATION });
  const permissions = block(PERMISSION_FIELDS, {
    publish: shared('rule'),
    subscribe: shared('rule'),
    allow_responses: { anyOf: [{ type: 'boolean' }, responses] },
  });
  return {
    duration: DURATION_TEXT,
    subjects: SUBJECT_LIST,
    rule: { anyOf: [SUBJECTS, closed({ allow: SUBJECTS, deny: SUBJECTS })] },
    permissions,
    user: block(USER_FIELDS, {
      user: { type: 'string', minLength: 1 },
      password: { type: 'string' },
      allowed_connection_types: { anyOf: [CONNECTION_TYPE, { type: 'array', items: CONNECTION_TYPE }] },
      permissions: shared('permissions'),
    }),
  };
}

const AUTHORIZATION: Record<string, Schema> = {
  user: { type: 'string' },
  password: { type: 'string' },
  token: { type: 'string' },
  timeout: { anyOf: [{ type: 'number', minimum: 0, maximum: 60 }, DURATION] },
  users: { type: 'array', items: { $ref: '#/definitions/user' } },
  default_permissions: shared('permissions'),
};

function closed(properties: Record<string, Schema>): Schema {
  return { type: 'object', properties, additionalProperties: false };
}

function block(fields: readonly FieldSpec[], types: Record<string, Schema>): Schema {
  return closed(Object.assign({}, ...fields.map((field) => named(field, types[field.name]))));
}

interface Named {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly doc: string;
  readonly support: Support;
}

/** A property for each of its names. */
function named(
  { name, aliases = [], doc, support }: Named,
  type: Schema = {},
  more: Schema = {},
): Record<string, Schema> {
  if (support !== 'yes') {
    const refused: Schema = { description: `${doc} Refused: ${support.notYet}.`, not: {} };
    return Object.fromEntries([name, ...aliases].map((spelling) => [spelling, refused]));
  }
  const own = { [name]: { description: doc, ...more, ...type } };
  const others = aliases.map((alias) => [alias, { description: `The same as ${name}. ${doc}`, ...more, ...type }]);
  return { ...own, ...Object.fromEntries(others) };
}

/** The types of the top-level options, by name; an option without one may be anything. */
export function typeOf(row: OptionSpec): Schema | undefined {
  if (row.type === 'authorization') return block(AUTHORIZATION_FIELDS, AUTHORIZATION);
  return NARROWED[row.name] ?? TYPES[row.type];
}

export function jsonSchema(): Schema {
  const rows = (OPTIONS as readonly OptionSpec[]).filter((row) => row.inFile !== false);
  const properties = rows.map((row) => named(row, typeOf(row), defaultOf(row)));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'nats-turbo',
    description: 'The configuration of nats-turbo in its JSON form.',
    ...closed(Object.assign({}, ...properties)),
    definitions: definitions(),
  };
}

/** Defaults that are written in JSON as the table has them. */
function defaultOf({ type, default: value }: OptionSpec): Schema {
  return value === undefined || type === 'duration' || type === 'duration_string' ? {} : { default: value };
}
