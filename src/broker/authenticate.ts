/**
 * `authenticate`: a function of the program, or of the module that `auth_module` names, that decides about each CONNECT.
 *
 * Owns the path from a request of the data plane to its answer. When the function throws, or returns neither a user nor a
 * refusal, the client is refused and the log says why. The data plane itself refuses a client whose answer is late, and
 * ignores that answer. Never logs the credentials that a client sent.
 */
import {
  type BrokerOptions,
  type Configured,
  OptionsError,
  type PermissionsOptions,
  type ResolvedOptions,
  resolvePermissions,
  usersOfAccounts,
} from '../config/index.js';
import type { AuthenticatedUser, AuthenticationRequest } from '../native/contract.js';
import { joinHostPort } from './address.js';
import type { StartOptions } from './parts.js';

/** A client that sent CONNECT, and the content of that. Empty texts are absent. */
export type AuthenticateRequest = Omit<AuthenticationRequest, 'id'>;

/** Admits a client as a user, or refuses it. The reason of a refusal is logged and not sent to the client. */
export type AuthenticateAnswer =
  | {
      /** The name that monitoring shows. */
      user: string;
      /** The account that the client is in; `$G` unless given. */
      account?: string | undefined;
      /** What the client may publish and subscribe to; the default permissions of the account when absent. */
      permissions?: PermissionsOptions | undefined;
    }
  | { refuse: string };

/** Called once for each CONNECT; `authorization.timeout` limits how long it may take. */
export type Authenticate = (request: AuthenticateRequest) => AuthenticateAnswer | Promise<AuthenticateAnswer>;

/** Sends the answer to the data plane; without a user the client is refused. */
export type SendAnswer = (request: number, user?: AuthenticatedUser) => void;

/** What an answer is checked against, sent by, and reported to. */
export interface Answering {
  /** Whether there is an account of this name. */
  hasAccount(name: string): boolean;
  send: SendAnswer;
  logError(text: string): void;
}

/** Calls the function for one request and sends the answer. Never rejects. */
export async function answer(
  authenticate: Authenticate,
  { id, ...request }: AuthenticationRequest,
  { hasAccount, send, logError }: Answering,
): Promise<void> {
  try {
    send(id, userOf(await authenticate(request), hasAccount));
  } catch (error) {
    logError(`${joinHostPort(request.ip, request.port)} - cid:${request.cid} - ${problemOf(error)}`);
    send(id);
  }
}

/** The function, and the options that a configuration file may have as well. */
export function separateAuthenticate(options: StartOptions): { written: BrokerOptions; given?: Authenticate } {
  // What is no object is refused where the options are read.
  if (typeof options !== 'object' || options?.authenticate === undefined) return { written: options };
  const { authenticate: given, ...written } = options;
  return { written, given };
}

/**
 * The function that decides who may connect, which is the one given or that of `auth_module`, and the options of a broker
 * that asks it. Throws an `OptionsError` or a `ConfigError`.
 */
export async function withAuthentication(
  { options, located }: Pick<Configured, 'options' | 'located'>,
  given?: Authenticate,
): Promise<{ options: ResolvedOptions; authenticate: Authenticate | undefined }> {
  try {
    const loaded = await fromModule(options, given);
    const authenticate = loaded ?? given;
    return { authenticate, options: withAuthenticate(options, authenticate, loaded ? 'authModule' : 'authenticate') };
  } catch (error) {
    throw error instanceof OptionsError ? located(error) : error;
  }
}

async function fromModule(options: ResolvedOptions, given?: Authenticate): Promise<Authenticate | undefined> {
  if (options.authModule === undefined) return undefined;
  if (given !== undefined) {
    throw new OptionsError('authModule', 'Can not have authModule and authenticate', 'Keep one of them.');
  }
  const { loadAuthModule } = await import('./auth-module.js');
  return loadAuthModule(options.authModule, options);
}

/** `name`: of the option that the function comes from. */
function withAuthenticate(
  options: ResolvedOptions,
  authenticate: Authenticate | undefined,
  name: 'authenticate' | 'authModule',
): ResolvedOptions {
  if (authenticate === undefined) return options;
  if (typeof authenticate !== 'function') {
    throw new OptionsError(name, 'authenticate must be a function', 'Give a function, or leave it out.');
  }
  const { authorization } = options;
  const { anonymous, ...asked } = authorization;
  const hasUsers = () => authorization.users.length + usersOfAccounts(options.accounts).length > 0;
  const isDecided = anonymous ? hasUsers() : authorization.required;
  if (isDecided || authorization.noAuthUser !== undefined) {
    throw new OptionsError(
      name,
      (nameOf) => `Can not have ${nameOf(name)} and a token, users or ${nameOf('noAuthUser')}`,
      (nameOf) => `Keep ${nameOf(name)}, or what authorization and accounts say.`,
    );
  }
  return { ...options, authorization: { ...asked, required: true } };
}

class Refusal extends Error {}

class InvalidAnswer extends Error {}

function problemOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof Refusal) return `authenticate refused the client: ${text}`;
  if (error instanceof InvalidAnswer) return `client refused, authenticate returned an invalid answer: ${text}`;
  return `client refused, authenticate failed: ${text}`;
}

/** Throws a `Refusal` or an `InvalidAnswer`. */
function userOf(answered: unknown, hasAccount: Answering['hasAccount']): AuthenticatedUser {
  const { user, account, permissions, refuse } = (answered ?? {}) as Record<string, unknown>;
  if (typeof refuse === 'string') throw new Refusal(refuse);
  if (typeof user !== 'string' || user === '') {
    throw new InvalidAnswer("expected { user: 'name' } or { refuse: 'reason' }");
  }
  const admitted = account === undefined ? { user } : { user, account: accountOf(account, hasAccount) };
  if (permissions === undefined) return admitted;
  try {
    return { ...admitted, permissions: resolvePermissions(permissions as PermissionsOptions) };
  } catch (error) {
    throw new InvalidAnswer((error as Error).message);
  }
}

function accountOf(account: unknown, hasAccount: Answering['hasAccount']): string {
  if (typeof account === 'string' && hasAccount(account)) return account;
  throw new InvalidAnswer(`there is no account ${JSON.stringify(account)}, declare it under accounts`);
}
