/**
 * The control plane's voice: code of this process subscribes, publishes and asks without a socket. The library gives it to
 * its users as `broker.subscribe`, `publish` and `request`; requests to the server itself will be answered through it.
 */
export { InternalClient } from './client.js';
export { MessagingError, NoAccountError, NoRespondersError, RequestTimeoutError } from './errors.js';
export { type HeadersInput, MessageHeaders } from './headers.js';
export type { Message } from './message.js';
export type {
  ClientHost,
  MessageHandler,
  PublishOptions,
  RequestOptions,
  RespondOptions,
  SubscribeOptions,
  Subscription,
} from './types.js';
