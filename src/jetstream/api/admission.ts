/**
 * Which requests are served: what comes before their bodies are read. Pure functions.
 */
import { type ApiError, apiError } from '../errors/api-error.js';
import { ACCOUNT_INFO_ANSWER, SYSTEM_ANSWER } from '../messages/answers.js';
import { API_LEVEL } from '../streams/metadata.js';
import { API_PREFIX, type Route, routeOf, systemRouteOf } from './endpoints.js';

/** The header in which a request says the lowest level of servers that may answer it. */
export const REQUIRED_LEVEL_HEADER = 'Nats-Required-Api-Level';

/** Who asks. */
export interface Asker {
  readonly isSystemAccount: boolean;
  /** Whether the account has JetStream. */
  readonly isEnabled: boolean;
  /** The value of `REQUIRED_LEVEL_HEADER`. */
  readonly requiredLevel?: string;
}

interface Judged {
  readonly isEnabled: boolean;
  readonly requiredLevel?: string | undefined;
}

export type Admission =
  | { readonly kind: 'serve'; readonly route: Route }
  | { readonly kind: 'refuse'; readonly answer: string }
  /** Nothing is answered. */
  | { readonly kind: 'ignore' };

/** Names that only the system account may use; nobody else hears anything. */
const SYSTEM_ONLY = ['META.LEADER.STEPDOWN', 'META.RESCUE', 'SERVER.REMOVE', 'SERVER.EVACUATE'];
const ACCOUNTS = `${API_PREFIX}.ACCOUNT.`;

export function admit(subject: string, asker: Asker): Admission {
  return asker.isSystemAccount ? admitSystem(subject) : admitAccount(subject, asker);
}

function admitAccount(subject: string, asker: Asker): Admission {
  const route = isForSystem(subject) ? undefined : routeOf(subject);
  if (route === undefined) return { kind: 'ignore' };
  const { needsCluster, bodyBefore } = route.endpoint;
  if (needsCluster) return refuse(route, apiError('clusterRequired'));
  return judge(route, {
    isEnabled: asker.isEnabled || bodyBefore !== undefined,
    requiredLevel: bodyBefore === 'level' ? '' : asker.requiredLevel,
  });
}

/** What `admit` has left out for endpoints with `bodyBefore`. */
export function admitAfterBody(route: Route, asker: Asker): Admission {
  return judge(route, asker);
}

function judge(route: Route, { isEnabled, requiredLevel = '' }: Judged): Admission {
  if (isTooHigh(requiredLevel)) return refuse(route, apiError('requiredApiLevel'));
  if (!isEnabled) return refuse(route, apiError('notEnabledForAccount'));
  return { kind: 'serve', route };
}

/** The system account has no streams, but may remove those of others. */
function admitSystem(subject: string): Admission {
  const route = systemRouteOf(subject);
  if (route !== undefined) return { kind: 'serve', route };
  if (isForSystem(subject)) return { kind: 'ignore' };
  const isInfo = subject === `${API_PREFIX}.INFO`;
  const kind = isInfo ? ACCOUNT_INFO_ANSWER : SYSTEM_ANSWER;
  return { kind: 'refuse', answer: kind.failure(apiError('notEnabledForAccount')) };
}

function isForSystem(subject: string): boolean {
  return subject.startsWith(ACCOUNTS) || SYSTEM_ONLY.some((name) => subject === `${API_PREFIX}.${name}`);
}

/** Whether a request asks for more than this server has, or for something that is no level. */
export function isTooHigh(level: string): boolean {
  return level !== '' && !(/^[+-]?\d+$/.test(level) && Number(level) <= API_LEVEL);
}

function refuse({ endpoint }: Route, error: ApiError): Admission {
  return { kind: 'refuse', answer: endpoint.answer.failure(error) };
}
