/**
 * Configuration: from a file, the command line or a library call to options the broker can run with.
 *
 * What users write is `BrokerOptions`; `resolveOptions` makes `ResolvedOptions` of it, and no other code fills in a
 * default. This folder reads files and the environment, and nothing else: it opens no socket and prints nothing.
 */

export { type MappingDestination, mappingDestinations } from './blocks/mappings.js';
export { msgTraceOf } from './blocks/msg-trace.js';
export { trustedProxies } from './blocks/proxies.js';
export {
  type AccountUser,
  accountNames,
  GLOBAL_ACCOUNT,
  hasAccount,
  mappingsOf,
  type ResolvedAccount,
  systemAccountOf,
  usersOfAccounts,
} from './blocks/resolved-accounts.js';
export { type ServiceImport, serviceExportsOf, serviceImportsOf } from './blocks/service-imports.js';
export { streamImportsOf } from './blocks/stream-imports.js';
export { nameOf } from './blocks/users.js';
export { cautions } from './cautions.js';
export { type Configured, configure, mergeOptions } from './configure.js';
export { type Change, type Comparable, type Difference, difference } from './difference.js';
export { formatDuration, parseDuration } from './duration.js';
export { ConfigError, type ConfigProblem, formatProblem, OptionsError } from './errors.js';
export { type Exact, exactInteger, exactNanoseconds } from './exact.js';
export { type CommandLine, parseFlags } from './flags.js';
export { type LoadedConfig, type LoadSettings, loadConfigFile, loadConfigText } from './load.js';
export { destinationProblem, patternOfNames } from './mapping-destination.js';
export { redactArgs } from './redact.js';
export { resolveOptions, resolvePermissions, startupWarnings } from './resolve.js';
export { OPTIONS } from './schema.js';
export { type Setting, settingsOf } from './settings.js';
export type { OptionSpec } from './spec.js';
export { hasWildcard, isSubset, isValidSubject, overlap } from './subjects.js';
export { quote } from './text.js';
export type {
  AccountLimitsOptions,
  AccountOptions,
  AuthorizationOptions,
  BrokerOptions,
  ConnectionType,
  ExportOptions,
  ImportOptions,
  ImportOriginOptions,
  LatencyOptions,
  LogFormat,
  MappingDestinationOptions,
  PermissionsOptions,
  ProxiesOptions,
  ResolvedAuthorization,
  ResolvedHttp,
  ResolvedOptions,
  ResolvedPermissions,
  ResolvedUser,
  SubjectRule,
  TrustedProxyOptions,
  UserOptions,
  WriteTimeoutPolicy,
} from './types.js';
export { tlsUsage, usage } from './usage.js';
