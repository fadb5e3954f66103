/**
 * Compiles options into the plan of the data plane, which needs no further question to execute it. Pure functions.
 */
import {
  accountNames,
  GLOBAL_ACCOUNT,
  mappingDestinations,
  mappingsOf,
  msgTraceOf,
  type ResolvedOptions,
  type ServiceImport,
  serviceImportsOf,
  streamImportsOf,
  systemAccountOf,
  trustedProxies,
  usersOfAccounts,
} from '../config/index.js';
import type { AccountLimits, AccountPlan, AuthPlan, BrokerPlan, MappingPlan } from '../native/contract.js';
import { COMPAT_VERSION, RUNTIME_VERSION } from '../version.js';
import { parseAdvertise } from './address.js';
import { mergedFeatureFlags } from './feature-flags.js';
import type { Identity } from './identity.js';

const NO_LIMIT = -1;

/** `embedder`: a function of the program decides who may connect. */
export function compilePlan(options: ResolvedOptions, identity: Identity, embedder = false): BrokerPlan {
  const auth = compileAuth(options, embedder);
  const systemAccount = systemAccountOf(options);
  const services = serviceImportsOf(options.accounts ?? {});
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
    accounts: accountNames(options).map((name) => compileAccount(name, options, services.get(name))),
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

function compileAccount(name: string, options: ResolvedOptions, serviceImports?: ServiceImport[]): AccountPlan {
  const { accounts = {} } = options;
  const {
    defaultPermissions,
    limits,
    imports,
    msgTrace: writtenTrace,
  } = (Object.hasOwn(accounts, name) && accounts[name]) || {};
  const mappings = mappingsOf(options, name);
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
function compileAuth({ authorization, accounts }: ResolvedOptions, embedder: boolean): AuthPlan | undefined {
  if (!authorization.required) return undefined;
  const everyone = authorization.users.map((user) => ({ ...user, account: GLOBAL_ACCOUNT }));
  const users = [...everyone, ...usersOfAccounts(accounts)];
  return {
    ...(authorization.token === undefined ? {} : { token: authorization.token }),
    users: users.map(({ user, password = '', nkey, account, permissions, allowedConnectionTypes, proxyRequired }) => ({
      ...(nkey === undefined ? { user: user ?? '', password } : { nkey }),
      account,
      ...(permissions ? { permissions } : {}),
      ...(allowedConnectionTypes ? { connectionTypes: allowedConnectionTypes } : {}),
      ...(proxyRequired ? { proxyRequired } : {}),
    })),
    ...(authorization.noAuthUser === undefined ? {} : { noAuthUser: authorization.noAuthUser }),
    ...(authorization.anonymous ? { anonymous: true } : {}),
    ...(authorization.proxyRequired ? { proxyRequired: true } : {}),
    ...(embedder ? { embedder } : {}),
    failedLoginDelayMs: authorization.failedLoginDelayMs,
    timeoutMs: authorization.timeoutMs,
  };
}
