/** How many connections an account has, and what they move: an event, and the answer to a request. */
import { accountStat } from '../monitor/accstatz.js';
import type { AccountStats } from '../native/contract.js';
import { eventHead } from './event-head.js';
import type { SystemHost } from './host.js';
import { serverInfo } from './server-info.js';

export function accountConnections(host: SystemHost, stats: AccountStats): object {
  return { ...eventHead('account_connections'), server: serverInfo(host), ...accountStat(stats) };
}
