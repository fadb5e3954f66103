/**
 * The endpoints of the API: subjects and what they are. Those that are subscriptions of a stream or a consumer (direct gets,
 * pulls, resets) are not here: where nobody subscribes to them, nobody answers. Pure functions.
 */

import type { ApiError } from '../errors/api-error.js';
import { answer } from '../messages/answer.js';
import {
  ACCOUNT_INFO_ANSWER,
  ACCOUNT_PURGE_ANSWER,
  CONSUMER_LIST_REFUSAL,
  CONSUMER_NAMES_REFUSAL,
  CONSUMER_PAUSE_REFUSAL,
  MSG_DELETE_ANSWER,
  MSG_GET_ANSWER,
  STREAM_CREATE_ANSWER,
  STREAM_DELETE_ANSWER,
  STREAM_INFO_ANSWER,
  STREAM_LIST_ANSWER,
  STREAM_NAMES_ANSWER,
  STREAM_PURGE_ANSWER,
  STREAM_RESTORE_ANSWER,
  STREAM_SNAPSHOT_ANSWER,
  STREAM_UPDATE_ANSWER,
} from '../messages/answers.js';

export const API_PREFIX = '$JS.API';

interface Refusal {
  readonly type: string;
  failure(error: ApiError): string;
}

export interface Endpoint {
  /** Its subject behind the prefix, up to the parameters. */
  readonly name: string;
  /** One token each; the last one is the rest of the subject where its name ends with `…`. */
  readonly parameters: readonly string[];
  /** How errors are told. */
  readonly answer: Refusal;
  /** Only tells something, so it waits in a queue of its own and delays nothing else. */
  readonly isInfo?: boolean;
  /** Refused where there is no cluster. */
  readonly needsCluster?: boolean;
  /** What is checked only when the body has been read: the account, or the required level as well. */
  readonly bodyBefore?: 'account' | 'level';
}

const ENDPOINTS: readonly Endpoint[] = [
  info('INFO', [], ACCOUNT_INFO_ANSWER),
  info('STREAM.NAMES', [], STREAM_NAMES_ANSWER),
  info('STREAM.LIST', [], STREAM_LIST_ANSWER),
  info('STREAM.INFO', ['stream'], STREAM_INFO_ANSWER),
  info('CONSUMER.NAMES', ['stream'], CONSUMER_NAMES_REFUSAL),
  info('CONSUMER.LIST', ['stream'], CONSUMER_LIST_REFUSAL),
  info('CONSUMER.INFO', ['stream', 'consumer'], answer('consumer_info')),
  plain('STREAM.CREATE', ['stream'], STREAM_CREATE_ANSWER),
  plain('STREAM.UPDATE', ['stream'], STREAM_UPDATE_ANSWER),
  plain('STREAM.DELETE', ['stream'], STREAM_DELETE_ANSWER),
  plain('STREAM.PURGE', ['stream'], STREAM_PURGE_ANSWER),
  plain('STREAM.SNAPSHOT', ['stream'], STREAM_SNAPSHOT_ANSWER),
  plain('STREAM.RESTORE', ['stream'], STREAM_RESTORE_ANSWER),
  plain('STREAM.MSG.GET', ['stream'], MSG_GET_ANSWER),
  plain('STREAM.MSG.DELETE', ['stream'], MSG_DELETE_ANSWER),
  { ...plain('CONSUMER.CREATE', ['stream'], answer('consumer_create')), bodyBefore: 'level' },
  { ...plain('CONSUMER.CREATE', ['stream', 'consumer…'], answer('consumer_create')), bodyBefore: 'level' },
  { ...plain('CONSUMER.DURABLE.CREATE', ['stream', 'consumer'], answer('consumer_create')), bodyBefore: 'level' },
  plain('CONSUMER.DELETE', ['stream', 'consumer'], answer('consumer_delete')),
  { ...plain('CONSUMER.PAUSE', ['stream', 'consumer'], CONSUMER_PAUSE_REFUSAL), bodyBefore: 'level' },
  { ...plain('CONSUMER.UNPIN', ['stream', 'consumer'], answer('consumer_unpin')), bodyBefore: 'account' },
  clustered('STREAM.LEADER.STEPDOWN', ['stream'], answer('stream_leader_stepdown')),
  clustered('STREAM.PEER.REMOVE', ['stream'], answer('stream_remove_peer')),
  clustered('STREAM.PEER.EVACUATE', ['stream'], answer('stream_evacuate_peer')),
  clustered('STREAM.CANCEL_MOVE', ['stream'], answer('stream_cancel_move')),
  clustered('CONSUMER.LEADER.STEPDOWN', ['stream', 'consumer'], answer('consumer_leader_stepdown')),
  clustered('CONSUMER.PEER.REMOVE', ['stream', 'consumer'], answer('consumer_remove_peer')),
  clustered('CONSUMER.PEER.EVACUATE', ['stream', 'consumer'], answer('consumer_evacuate_peer')),
];

/** Only the system account may ask for it. */
const ACCOUNT_PURGE = plain('ACCOUNT.PURGE', ['account'], ACCOUNT_PURGE_ANSWER);

function plain(name: string, parameters: readonly string[], answer: Refusal): Endpoint {
  return { name, parameters, answer };
}

function info(name: string, parameters: readonly string[], answer: Refusal): Endpoint {
  return { name, parameters, answer, isInfo: true };
}

function clustered(name: string, parameters: readonly string[], answer: Refusal): Endpoint {
  return { name, parameters, answer, needsCluster: true };
}

/** A request's endpoint and what its subject says. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly parameters: Readonly<Record<string, string>>;
}

const BY_NAME = new Map(ENDPOINTS.map(({ name }) => [name, ENDPOINTS.filter((one) => one.name === name)]));

/** Undefined: nobody answers on that subject. */
export function routeOf(subject: string): Route | undefined {
  const tokens = tokensBehindPrefix(subject);
  return tokens && findRoute(tokens, (name) => BY_NAME.get(name) ?? []);
}

/** The same in the system account. */
export function systemRouteOf(subject: string): Route | undefined {
  const tokens = tokensBehindPrefix(subject);
  return tokens && findRoute(tokens, (name) => (name === ACCOUNT_PURGE.name ? [ACCOUNT_PURGE] : []));
}

function tokensBehindPrefix(subject: string): string[] | undefined {
  return subject.startsWith(`${API_PREFIX}.`) ? subject.slice(API_PREFIX.length + 1).split('.') : undefined;
}

/** Names have up to three tokens. */
function findRoute(tokens: readonly string[], named: (name: string) => readonly Endpoint[]): Route | undefined {
  for (const length of [1, 2, 3]) {
    const rest = tokens.slice(length);
    const endpoint = named(tokens.slice(0, length).join('.')).find(({ parameters }) => fits(parameters, rest));
    if (endpoint !== undefined) return { endpoint, parameters: valuesOf(endpoint.parameters, rest) };
  }
  return undefined;
}

function fits(parameters: readonly string[], rest: readonly string[]): boolean {
  const takesRest = parameters.at(-1)?.endsWith('…') ?? false;
  return takesRest ? rest.length >= parameters.length : rest.length === parameters.length;
}

function valuesOf(parameters: readonly string[], rest: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    parameters.map((name, at) =>
      name.endsWith('…') ? [name.slice(0, -1), rest.slice(at).join('.')] : [name, rest[at] ?? ''],
    ),
  );
}
