/**
 * Compiles options into the plan of the data plane, which needs no further question to execute it. Pure functions.
 */
import type { ResolvedOptions } from '../config/index.js';
import type { AuthPlan, BrokerPlan } from '../native/contract.js';
import { COMPAT_VERSION, RUNTIME_VERSION } from '../version.js';
import { parseAdvertise } from './address.js';
import { mergedFeatureFlags } from './feature-flags.js';
import type { Identity } from './identity.js';

/** The account of everyone, as long as the configuration names no other. */
const GLOBAL_ACCOUNT = '$G';

/** `embedder`: a function of the program decides who may connect. */
export function compilePlan(options: ResolvedOptions, identity: Identity, embedder = false): BrokerPlan {
  const auth = compileAuth(options, embedder);
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
    accounts: [{ name: GLOBAL_ACCOUNT }],
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
    maxClosedClients: options.maxClosedClients,
    resultCache: !options.disableSublistCache,
    logDebug: options.debug,
    logTrace: options.trace,
    traceHeaders: options.traceHeaders,
    maxTracedMsgLen: options.maxTracedMsgLen,
  };
}

/** Absent when everyone may connect. */
function compileAuth({ authorization }: ResolvedOptions, embedder: boolean): AuthPlan | undefined {
  if (!authorization.required && authorization.users.length === 0 && authorization.token === undefined)
    return undefined;
  return {
    ...(authorization.token === undefined ? {} : { token: authorization.token }),
    users: authorization.users.map(({ user, password, permissions, allowedConnectionTypes }) => ({
      user,
      password,
      account: GLOBAL_ACCOUNT,
      ...(permissions ? { permissions } : {}),
      ...(allowedConnectionTypes ? { connectionTypes: allowedConnectionTypes } : {}),
    })),
    ...(authorization.noAuthUser === undefined ? {} : { noAuthUser: authorization.noAuthUser }),
    ...(embedder ? { embedder } : {}),
    timeoutMs: authorization.timeoutMs,
  };
}
