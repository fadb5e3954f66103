/**
 * The library: a NATS broker inside a Node process.
 *
 * ```ts
 * import { Broker } from 'nats-turbo';
 *
 * await using broker = await Broker.start({ port: 0 });
 * console.log(broker.url);
 * ```
 */
export {
  AddressError,
  type Authenticate,
  type AuthenticateAnswer,
  type AuthenticateRequest,
  Broker,
  BrokerError,
  type BrokerEvents,
  COMPAT_VERSION,
  DataPlaneError,
  NotReloadableError,
  OWN_VERSION,
  PermissionError,
  PortInUseError,
  type StartOptions,
  StoppedError,
} from './broker/index.js';
export {
  type AccountLimitsOptions,
  type AccountOptions,
  type AuthorizationOptions,
  type BrokerOptions,
  ConfigError,
  type ConfigProblem,
  type ExportOptions,
  type ImportOptions,
  type ImportOriginOptions,
  type LatencyOptions,
  type MappingDestinationOptions,
  OptionsError,
  type PermissionsOptions,
  type ProxiesOptions,
  type ResolvedOptions,
  type SubjectRule,
  type TrustedProxyOptions,
  type UserOptions,
} from './config/index.js';
export {
  type HeadersInput,
  type Message,
  type MessageHandler,
  MessageHeaders,
  MessagingError,
  NoAccountError,
  NoRespondersError,
  type PublishOptions,
  type RequestOptions,
  RequestTimeoutError,
  type RespondOptions,
  type SubscribeOptions,
  type Subscription,
} from './internal/index.js';
export { type LogEntry, LogFileError, type LogLevel, SyslogError } from './log/index.js';
export { AddonError, type BrokerStats, type ConnectionInfo, type SubscriptionInfo } from './native/index.js';
