/** What a user is told about itself: its name, its account and what it may do. */
import type { ResolvedPermissions } from '../config/index.js';
import type { HandlerInput, Result } from './handler.js';

interface Asking {
  user?: string;
  acc?: string;
}

/** Who asks is what the service import says; nobody where the request came by none. */
export function userInfo({ context, request }: HandlerInput): Result {
  const { user = '', acc: account = '' } = readAsking(request.requestInfo) ?? {};
  const permissions = permissionsOf(context.source.options, user, account);
  return {
    data: {
      user,
      account,
      ...(account === '' ? {} : { account_name: account }),
      ...(permissions ? { permissions: shown(permissions) } : {}),
    },
  };
}

function readAsking(requestInfo: string | undefined): Asking | undefined {
  try {
    return requestInfo === undefined ? undefined : (JSON.parse(requestInfo) as Asking);
  } catch {
    return undefined;
  }
}

type Configured = HandlerInput['context']['source']['options'];

/** As configured: its own, or those of its account. */
function permissionsOf(options: Configured, user: string, account: string): ResolvedPermissions | undefined {
  const { accounts = {}, authorization } = options;
  const own = Object.hasOwn(accounts, account) ? accounts[account] : undefined;
  const users = own ? (own.users ?? []) : authorization.users;
  const asking = users.find((one) => one.user === user || one.nkey === user);
  return asking?.permissions ?? own?.defaultPermissions;
}

function shown({ publish, subscribe, allowResponses }: ResolvedPermissions): object {
  return {
    publish: lists(publish),
    subscribe: lists(subscribe),
    ...(allowResponses ? { responses: { max: allowResponses.max, ttl: allowResponses.expiresMs * 1_000_000 } } : {}),
  };
}

/** Without the lists that say nothing. */
function lists({ allow = [], deny = [] }: { allow?: readonly string[]; deny?: readonly string[] } = {}): object {
  return { ...(allow.length > 0 ? { allow } : {}), ...(deny.length > 0 ? { deny } : {}) };
}
