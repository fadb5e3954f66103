/**
 * The inner structure of `authorization`: names, aliases and whether each field works yet.
 *
 * The counterpart of schema.ts for nested blocks of a configuration file; the library's shapes are in types.ts.
 */

import type { Support } from './spec.js';

export interface FieldSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One sentence. */
  readonly doc: string;
  readonly support: Support;
}

export const AUTHORIZATION_FIELDS = [
  { name: 'user', aliases: ['username'], doc: 'The name of a single user.', support: 'yes' },
  { name: 'password', aliases: ['pass'], doc: 'The password of the single user.', support: 'yes' },
  { name: 'token', doc: 'A token that lets anyone in who has it.', support: 'yes' },
  { name: 'timeout', doc: 'Seconds, or a duration, that a client has to authenticate.', support: 'yes' },
  { name: 'users', doc: 'A list of users.', support: 'yes' },
  {
    name: 'default_permissions',
    aliases: ['default_permission', 'permissions'],
    doc: 'Permissions of users that have none of their own.',
    support: 'yes',
  },
  {
    name: 'auth_callout',
    aliases: ['auth_hook'],
    doc: 'A service that decides about logins.',
    support: { notYet: 'the authorization callout is not there yet' },
  },
  {
    name: 'proxy_required',
    doc: 'Lets users in only through a trusted proxy.',
    support: { notYet: 'trusted proxies are not there yet' },
  },
] as const satisfies readonly FieldSpec[];

export const USER_FIELDS = [
  { name: 'user', aliases: ['username'], doc: 'The name.', support: 'yes' },
  { name: 'password', aliases: ['pass'], doc: 'The password.', support: 'yes' },
  { name: 'nkey', doc: 'The public key of a user without a password.', support: { notYet: 'nkeys are not there yet' } },
  {
    name: 'permissions',
    aliases: ['permission', 'authorization'],
    doc: 'What the user may publish and subscribe to.',
    support: 'yes',
  },
  {
    name: 'allowed_connection_types',
    aliases: ['connection_types', 'clients'],
    doc:
      'The kinds of connection the user may open, all of them unless given: STANDARD, WEBSOCKET, LEAFNODE, ' +
      'LEAFNODE_WS, MQTT, MQTT_WS, IN_PROCESS.',
    support: 'yes',
  },
  {
    name: 'proxy_required',
    doc: 'Lets the user in only through a trusted proxy.',
    support: { notYet: 'trusted proxies are not there yet' },
  },
] as const satisfies readonly FieldSpec[];

export const PERMISSION_FIELDS = [
  { name: 'publish', aliases: ['pub', 'import'], doc: 'Subjects the user may publish to.', support: 'yes' },
  { name: 'subscribe', aliases: ['sub', 'export'], doc: 'Subjects the user may subscribe to.', support: 'yes' },
  {
    name: 'allow_responses',
    aliases: ['publish_allow_responses'],
    doc: 'Lets the user answer requests it received.',
    support: 'yes',
  },
] as const satisfies readonly FieldSpec[];

export const RESPONSE_FIELDS = [
  {
    name: 'max',
    aliases: ['max_msgs', 'max_messages', 'max_responses'],
    doc: 'How many replies to one request.',
    support: 'yes',
  },
  { name: 'expires', aliases: ['expiration', 'ttl'], doc: 'For how long.', support: 'yes' },
] as const satisfies readonly FieldSpec[];

/** The canonical name of a field, whatever alias and case it was written in. */
export function fieldNamed<Field extends FieldSpec>(fields: readonly Field[], written: string): Field | undefined {
  const name = written.toLowerCase();
  return fields.find((field) => field.name === name || field.aliases?.includes(name));
}

/** All spellings, for suggestions. */
export function fieldNames(fields: readonly FieldSpec[]): string[] {
  return fields.flatMap((field) => [field.name, ...(field.aliases ?? [])]);
}
