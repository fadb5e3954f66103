/** The Broker, its errors and its start. */

export { COMPAT_VERSION, OWN_VERSION } from '../version.js';
export type { Authenticate, AuthenticateAnswer, AuthenticateRequest } from './authenticate.js';
export { Broker } from './broker.js';
export {
  AddressError,
  BrokerError,
  DataPlaneError,
  NotReloadableError,
  PermissionError,
  PortInUseError,
  StoppedError,
} from './errors.js';
export type { BrokerEvents } from './events.js';
export type { StartOptions } from './parts.js';
