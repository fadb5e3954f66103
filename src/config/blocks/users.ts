/** Users, as `authorization` and the accounts list them: with a name and a password, or with a public key. */

import { isPublicKey, NkeyPrefix } from '../../nkey.js';
import { goTypeOf, kindOf } from '../language/nodes.js';
import type { FieldSpec } from '../spec.js';
import { quote } from '../text.js';
import { block, bool, choice, type Fault, oneOrMore, secret, text } from '../value-type.js';
import { PERMISSIONS, type ResolvedPermissions } from './permissions.js';

export const CONNECTION_TYPES = [
  'STANDARD',
  'WEBSOCKET',
  'LEAFNODE',
  'LEAFNODE_WS',
  'MQTT',
  'MQTT_WS',
  'IN_PROCESS',
] as const;
/** All kinds of the reference, also those that this server does not accept yet. */
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** How a bcrypt hash begins. */
const BCRYPT = /^\$2[abxy]\$\d{2}\$/;

/** Whether a password is written as its bcrypt hash. */
export function isBcrypt(password: string): boolean {
  return BCRYPT.test(password);
}

const connectionTypes = oneOrMore(
  choice(CONNECTION_TYPES, {
    anyCase: true,
    name: 'ConnectionType',
    noun: 'connection type',
    messages: {
      wrongType: (got) => `error parsing allowed connection types: unsupported type in array ${goTypeOf(got)}`,
    },
  }),
  {
    wrongChoices: (names) => `invalid connection types [${names.map(quote).join(' ')}]`,
    // An empty list means all of them.
    normalize: (types) => (types.length === 0 ? undefined : CONNECTION_TYPES.filter((type) => types.includes(type))),
    messages: { wrongType: (got) => `error parsing allowed connection types: unsupported type ${goTypeOf(got)}` },
  },
);

export const PROXY_REQUIRED = {
  name: 'proxy_required',
  key: 'proxyRequired',
  type: bool(),
} as const satisfies Partial<FieldSpec>;

/** A user that is identified by one of the two. */
export interface Named {
  readonly user?: string | undefined;
  readonly nkey?: string | undefined;
}

/** The name of a user, or its public key: what `no_auth_user` and monitoring call it. */
export function nameOf({ user, nkey }: Named): string {
  return nkey || user || '';
}

/** The sentence of the reference about the first name that occurs twice, in the order in which it looks at them. */
export function nameTwice(
  users: readonly Named[],
  order: readonly (keyof Named)[],
  seen: Set<string> = new Set(),
): string | undefined {
  for (const kind of order) {
    for (const { [kind]: name } of users) {
      if (!name) continue;
      if (seen.has(name)) return `Duplicate ${kind} ${quote(name)} detected`;
      seen.add(name);
    }
  }
  return undefined;
}

/** Exactly one of a name and a public key. */
function identityFault({ user, password, nkey }: Readonly<Record<string, unknown>>): Fault | undefined {
  if (!nkey && !user)
    return { problem: 'User entry requires a user', remedy: 'Give every entry a `user` or an `nkey`.' };
  if (!nkey) return undefined;
  if (!isPublicKey(String(nkey), NkeyPrefix.user)) {
    const remedy = 'Give the public key, which begins with U; `nats-turbo nkey public` prints it.';
    return { problem: 'Not a valid public nkey for a user', remedy };
  }
  if (!user && !password) return undefined;
  return { problem: 'Nkey users do not take usernames or passwords', remedy: 'Remove one of them.' };
}

export const USER = block(
  'UserOptions',
  [
    {
      name: 'user',
      aliases: ['username'],
      key: 'user',
      type: text({ nonEmpty: true }),
      doc: 'The name.',
    },
    {
      name: 'password',
      aliases: ['pass'],
      key: 'password',
      type: secret(),
      doc: 'The password, or its bcrypt hash.',
    },
    {
      name: 'nkey',
      key: 'nkey',
      type: text(),
      doc: 'Instead of a name and a password: the public key (U…) whose private half signs what the server sends.',
    },
    {
      name: 'permissions',
      aliases: ['permission', 'authorization'],
      key: 'permissions',
      type: PERMISSIONS,
      doc: 'What the user may publish and subscribe to.',
    },
    {
      name: 'allowed_connection_types',
      aliases: ['connection_types', 'clients'],
      key: 'allowedConnectionTypes',
      type: connectionTypes,
      doc: `The kinds of connection the user may open, all of them unless given: ${CONNECTION_TYPES.join(', ')}.`,
    },
    { ...PROXY_REQUIRED, doc: 'Lets the user in only through one of the trusted `proxies`.' },
  ],
  {
    label: ['user', 'nkey'],
    check: identityFault,
    problemsAt: 'last field',
    messages: { wrongType: (got) => `Expected user entry to be a map/struct, got ${kindOf(got)}` },
  },
);

export interface ResolvedUser {
  /** Absent where it has a key. */
  user?: string;
  /** Empty where it has none. */
  password: string;
  /** Its public key. */
  nkey?: string;
  permissions?: ResolvedPermissions;
  /** Absent: all kinds. */
  allowedConnectionTypes?: ConnectionType[];
  proxyRequired?: boolean;
}
