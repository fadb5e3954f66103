/**
 * Compiles options into the plan of the data plane, which needs no further question to execute it. Pure functions.
 */
import {
  type AccountUser,
  accountNames,
  GLOBAL_ACCOUNT,
  mappingDestinations,
  mappingsOf,
  msgTraceOf,
  type ResolvedAccount,
  type ResolvedOptions,
  type ResolvedUser,
  type ServiceImport,
  serviceImportsOf,
  streamImportsOf,
  systemAccountOf,
  trustedProxies,
} from '../config/index.js';
import type { AccountLimits, AccountPlan, AuthPlan, BrokerPlan, MappingPlan, UserPlan } from '../native/contract.js';
import { COMPAT_VERSION, RUNTIME_VERSION } from '../version.js';
import { parseAdvertise } from './address.js';
import { mergedFeatureFlags } from './feature-flags.js';
import type { Identity } from './identity.js';

const NO_LIMIT = -1;

/** `embedder`: a function of the program decides who may connect. */
export function compilePlan(options: ResolvedOptions, identity: Identity, embedder = false): BrokerPlan {
  const auth = compileAuth(options, embedder);
  const systemAccount = systemAccountOf(options);
  const advertise = options.clientAdvertise ? parseAdvertise(options.clientAdvertise) : {};
  return {
    listeners: options.dontListen ? [] : [{ kind: 'client', host: options.host, port: options.port }],
    info: {
      serverId: identity.serverId,
      serverName: options.serverName ?? identity.serverId,
      version: COMPAT_VERSION,
      go: RUNTIME_VERSION,
      xkey: identity.xkey,
      tags: options.serverTags ?? [],
      metadata: options.serverMetadata ?? {},
      featureFlags: mergedFeatureFlags(options.featureFlags),
      ...(advertise.host === undefined ? {} : { advertiseHost: advertise.host }),
      ...(advertise.port === undefined ? {} : { advertisePort: advertise.port }),
    },
    ...compileAccounts(options),
    ...(systemAccount === undefined ? {} : { systemAccount }),
    ...(auth ? { auth } : {}),
    headers: !options.noHeaderSupport,
    maxPayload: options.maxPayload,
    maxControlLine: options.maxControlLine,
    maxPending: options.maxPending,
    maxConnections: options.maxConnections,
    maxSubscriptions: options.maxSubscriptions,
    maxSubTokens: options.maxSubTokens,
    pingIntervalMs: options.pingIntervalMs,
    pingMax: options.pingMax,
    writeDeadlineMs: options.writeDeadlineMs,
    writeTimeoutRetry: options.writeTimeout === 'retry',
    noFastProducerStall: options.noFastProducerStall,
    proxyProtocol: options.proxyProtocol,
    trustedProxies: trustedProxies(options),
    maxClosedClients: options.maxClosedClients,
    resultCache: !options.disableSublistCache,
    logDebug: options.debug,
    logTrace: options.trace,
    traceHeaders: options.traceHeaders,
    maxTracedMsgLen: options.maxTracedMsgLen,
  };
}

function compileAccounts(options: ResolvedOptions): Pick<BrokerPlan, 'accounts' | 'plainAccounts'> {
  const { accounts: written = {} } = options;
  const services = serviceImportsOf(written);
  const accounts: AccountPlan[] = [];
  const plainAccounts: string[] = [];
  for (const name of accountNames(options)) {
    const account = Object.hasOwn(written, name) ? written[name] : undefined;
    const mappings = mappingsOf(options, name);
    if (mappings === undefined && isPlain(account)) plainAccounts.push(name);
    else accounts.push(compileAccount(name, { ...account, ...(mappings && { mappings }) }, services.get(name)));
  }
  return { accounts, plainAccounts };
}

/** Whether an account has users at most. */
function isPlain(account: ResolvedAccount = {}): boolean {
  for (const key in account) if (key !== 'users') return false;
  return true;
}

function compileAccount(name: string, account: ResolvedAccount, serviceImports?: ServiceImport[]): AccountPlan {
  const { defaultPermissions, limits, imports, mappings, msgTrace: writtenTrace } = account;
  const streamImports = streamImportsOf({ imports });
  const msgTrace = msgTraceOf(writtenTrace);
  return {
    name,
    ...(defaultPermissions ? { defaultPermissions } : {}),
    ...(limits ? { limits: compileLimits(limits) } : {}),
    ...(mappings ? { mappings: compileMappings(mappings) } : {}),
    ...(streamImports.length > 0 ? { streamImports } : {}),
    ...(serviceImports ? { serviceImports } : {}),
    ...(msgTrace ? { msgTrace } : {}),
  };
}

function compileMappings(mappings: NonNullable<ResolvedOptions['mappings']>): MappingPlan[] {
  return Object.entries(mappings).map(([source, written]) => ({ source, destinations: mappingDestinations(written) }));
}

/** -1 is no limit; as in the reference, numbers below that leave nothing. Leaf nodes, which have one too, are not there. */
function compileLimits({ maxConnections, maxSubscriptions, maxPayload }: AccountLimits): AccountLimits {
  const limits = Object.entries({ maxConnections, maxSubscriptions, maxPayload });
  const kept = limits.filter(([, limit]) => limit !== undefined && limit !== NO_LIMIT);
  return Object.fromEntries(kept.map(([name, limit]) => [name, Math.max(0, limit as number)]));
}

/** Absent when everyone may connect. */
function compileAuth(options: ResolvedOptions, embedder: boolean): AuthPlan | undefined {
  const { authorization } = options;
  if (!authorization.required) return undefined;
  return {
    ...(authorization.token === undefined ? {} : { token: authorization.token }),
    ...compileUsers(options),
    ...(authorization.noAuthUser === undefined ? {} : { noAuthUser: authorization.noAuthUser }),
    ...(authorization.anonymous ? { anonymous: true } : {}),
    ...(authorization.proxyRequired ? { proxyRequired: true } : {}),
    ...(embedder ? { embedder } : {}),
    failedLoginDelayMs: authorization.failedLoginDelayMs,
    timeoutMs: authorization.timeoutMs,
  };
}

/** All users there are. */
function compileUsers({ authorization, accounts = {} }: ResolvedOptions): Pick<AuthPlan, 'users' | 'plainUsers'> {
  const users: UserPlan[] = [];
  const plainUsers: string[] = [];
  const add = (one: ResolvedUser | AccountUser, account: string) => {
    if (isPlainUser(one)) plainUsers.push(one.user ?? '', one.password ?? '', account);
    else users.push(compileUser(one, account));
  };
  for (const user of authorization.users) add(user, GLOBAL_ACCOUNT);
  for (const account of Object.keys(accounts)) {
    for (const user of accounts[account]?.users ?? []) add(user, account);
  }
  return { users, plainUsers };
}

/** Whether a user has a name and a password at most. */
function isPlainUser({
  nkey,
  permissions,
  allowedConnectionTypes,
  proxyRequired,
}: ResolvedUser | AccountUser): boolean {
  return (nkey ?? permissions ?? allowedConnectionTypes) === undefined && !proxyRequired;
}

function compileUser(
  { user = '', password = '', nkey, permissions, allowedConnectionTypes, proxyRequired }: ResolvedUser | AccountUser,
  account: string,
): UserPlan {
  return {
    ...(nkey === undefined ? { user, password } : { nkey }),
    account,
    ...(permissions ? { permissions } : {}),
    ...(allowedConnectionTypes ? { connectionTypes: allowedConnectionTypes } : {}),
    ...(proxyRequired ? { proxyRequired } : {}),
  };
}
