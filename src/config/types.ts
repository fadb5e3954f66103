/**
 * The shapes options take on their way: what users write (`BrokerOptions`) and what the broker reads
 * (`ResolvedOptions`). Both come from the option table: the first is generated with its documentation, the second is
 * computed here.
 *
 * Only the blocks with an inner structure are spelled out here. This file holds types, never values.
 */

import type { BrokerOptions } from './broker-options.js';
import type { ConnectionType } from './connection-types.js';
import type { OPTIONS } from './schema.js';
import type { NormalTypes, WrittenTypes } from './spec.js';

export type WriteTimeoutPolicy = 'default' | 'close' | 'retry';

export type LogFormat = 'text' | 'json';

/** One subject, a list of subjects, or what is allowed and what is denied. */
export type SubjectRule = string | string[] | { allow?: string | string[]; deny?: string | string[] };

export interface PermissionsOptions {
  publish?: SubjectRule;
  /** Entries may name a queue group: `"orders.> workers"`. */
  subscribe?: SubjectRule;
  /** Lets a responder publish replies: `true` for one reply within two minutes. Negative numbers lift a limit. */
  allowResponses?: boolean | { max?: number; expires?: number | string };
}

export interface UserOptions {
  user: string;
  password?: string;
  permissions?: PermissionsOptions;
  /** The kinds of connection this user may open; all of them unless given. */
  allowedConnectionTypes?: ConnectionType[];
}

export interface AuthorizationOptions {
  /** A single user; not together with `token` or `users`. */
  user?: string;
  password?: string;
  token?: string;
  users?: UserOptions[];
  /** Time a client has to send valid credentials: milliseconds, or `'2s'`. */
  timeout?: number | string;
  /** For users without permissions of their own. */
  defaultPermissions?: PermissionsOptions;
}

type Row = (typeof OPTIONS)[number];
type RowWithKey = Extract<Row, { key: string }>;

export type { BrokerOptions };

type Written = { [R in RowWithKey as R['key']]?: WrittenTypes[R['type']] | undefined };
type IsTrue<T extends true> = T;
type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile where the generated interface says anything else than the table. */
export type GeneratedOptionsFit = IsTrue<IsSame<{ [K in keyof BrokerOptions]: BrokerOptions[K] }, Written>>;

/** Rows that are folded into one resolved value of their own. */
type Folded = 'authorization' | 'http' | 'httpPort' | 'httpHost' | 'httpBasePath' | 'noAuthUser';
type PlainRow = Exclude<RowWithKey, { key: Folded }>;
type DurationRow = Extract<PlainRow, { type: 'duration' | 'duration_string' }>;
type OtherRow = Exclude<PlainRow, DurationRow>;
type Normal<R extends RowWithKey> = R extends { default: unknown }
  ? NormalTypes[R['type']]
  : NormalTypes[R['type']] | undefined;

/** Every option that has a value of its own, with its default filled in. Durations end in `Ms`. */
type ResolvedPlain = { [R in OtherRow as R['key']]: Normal<R> } & {
  [R in DurationRow as `${R['key']}Ms`]: Normal<R>;
};

export interface ResolvedSubjectPermission {
  /** Absent: everything. Empty: nothing. */
  allow?: string[];
  deny?: string[];
}

export interface ResolvedPermissions {
  publish?: ResolvedSubjectPermission;
  subscribe?: ResolvedSubjectPermission;
  /** Negative numbers mean no limit. */
  allowResponses?: { max: number; expiresMs: number };
}

export interface ResolvedUser {
  user: string;
  password: string;
  permissions?: ResolvedPermissions;
  /** Absent: all kinds. */
  allowedConnectionTypes?: ConnectionType[];
}

export interface ResolvedAuthorization {
  /** Whether INFO asks for credentials. True with an empty `users` refuses everyone. */
  required: boolean;
  token?: string;
  /** A single user stands here as well. */
  users: ResolvedUser[];
  /** Its name, where there is one. */
  single?: string;
  /** The user that connections without credentials become. */
  noAuthUser?: string;
  timeoutMs: number;
}

export interface ResolvedHttp {
  host: string;
  /** 0: any free port. */
  port: number;
  /** `''`, or `/prefix` without a slash at the end. */
  basePath: string;
}

/** What the broker reads: normalised, complete, checked. `port` 0 means any free port. */
export type ResolvedOptions = ResolvedPlain & {
  authorization: ResolvedAuthorization;
  /** Absent: no monitoring. */
  http?: ResolvedHttp;
};
