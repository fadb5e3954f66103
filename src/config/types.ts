/**
 * The shapes options take on their way: what users write (`BrokerOptions`) and what the broker reads
 * (`ResolvedOptions`). Both come from the option table: the first is generated with its documentation, the second is
 * computed here. This file holds types, never values.
 */

import type { AUTHORIZATION, ResolvedAuthorization } from './blocks/authorization.js';
import type { ResolvedAccounts } from './blocks/resolved-accounts.js';
import type {
  AccountLimitsOptions,
  AccountOptions,
  AuthorizationOptions,
  BrokerOptions,
  ExportOptions,
  ImportOptions,
  ImportOriginOptions,
  LatencyOptions,
  MappingDestinationOptions,
  PermissionsOptions,
  ProxiesOptions,
  ResponsesOptions,
  SubjectLists,
  TrustedProxyOptions,
  UserOptions,
} from './broker-options.js';
import type { Exact } from './exact.js';
import type { ResolvedBlock, WrittenBlock, WrittenOf } from './inferred-types.js';
import type { OPTIONS } from './schema.js';

export type { ResolvedAuthorization } from './blocks/authorization.js';
export type { ResolvedPermissions } from './blocks/permissions.js';
export type { ConnectionType, ResolvedUser } from './blocks/users.js';
export type {
  AccountLimitsOptions,
  AccountOptions,
  AuthorizationOptions,
  BrokerOptions,
  ExportOptions,
  ImportOptions,
  ImportOriginOptions,
  LatencyOptions,
  MappingDestinationOptions,
  PermissionsOptions,
  ProxiesOptions,
  ResponsesOptions,
  SubjectLists,
  TrustedProxyOptions,
  UserOptions,
};

/** One subject, a list of subjects, or what is allowed and what is denied. */
export type SubjectRule = NonNullable<PermissionsOptions['publish']>;
export type WriteTimeoutPolicy = NonNullable<BrokerOptions['writeTimeout']>;
export type LogFormat = NonNullable<BrokerOptions['logFormat']>;

type IsTrue<T extends true> = T;
type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Members<T> = { [K in keyof T]: T[K] };
/** Do not compile where a generated interface says anything else than the table. */
export type GeneratedOptionsFit = IsTrue<IsSame<Members<BrokerOptions>, WrittenBlock<typeof OPTIONS>>>;
export type GeneratedBlocksFit = IsTrue<IsSame<Members<AuthorizationOptions>, WrittenOf<typeof AUTHORIZATION>>>;

/** Every option in its normal form, with its default. Durations end in `Ms`. */
export type NormalOptions = ResolvedBlock<typeof OPTIONS>;

/** Options that become one value of their own. */
type Combined = 'accounts' | 'authorization' | 'http' | 'httpPort' | 'httpHost' | 'httpBasePath' | 'noAuthUser';

export interface ResolvedHttp {
  host: string;
  /** 0: any free port. */
  port: number;
  /** `''`, or `/prefix` without a slash at the end. */
  basePath: string;
}

/** What the broker reads: normalised, complete, checked. `port` 0 means any free port. */
export type ResolvedOptions = Omit<NormalOptions, Combined> & {
  authorization: ResolvedAuthorization;
  /** By name; absent: none besides those that are always there. */
  accounts?: ResolvedAccounts;
  /** Absent: no monitoring. */
  http?: ResolvedHttp;
  /** The numbers above that are not exact, to the last digit. */
  exact?: Exact;
};
