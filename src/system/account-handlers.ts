/** What answers requests about accounts, and those of users about themselves. */
import { isSubset } from '../config/index.js';
import { describeAccount } from '../monitor/accountz.js';
import { accountStat, describeAccountStats } from '../monitor/accstatz.js';
import { describeConnections } from '../monitor/connz.js';
import { describeLeafNodes } from '../monitor/leafz.js';
import { BadParameterError } from '../monitor/params.js';
import type { MonitorContext } from '../monitor/source.js';
import { describeSubscriptions } from '../monitor/subsz.js';
import type { SubscriptionInfo } from '../native/index.js';
import { connzOf } from './connz-request.js';
import { eventHead } from './event-head.js';
import { CONNECTIONS, JSZ, SUBSCRIPTIONS } from './fields.js';
import { type Handler, type HandlerInput, type Result, SILENT } from './handler.js';
import { BadRequestError, type Description, described, readOptions } from './options.js';
import { subscriptionsOf } from './server-handlers.js';
import { withServer } from './server-info.js';
import { userInfo } from './user-info.js';

const STATISTICS = described('AccountStatz', { accounts: '[]string', include_unused: 'bool' });

export const ACCOUNT_HANDLERS: [string, Handler][] = [
  [
    'ACCOUNT.SUBSZ',
    {
      description: described('Subsz', SUBSCRIPTIONS),
      answer: ({ context, options, request: { account } }) => ({
        data: describeSubscriptions(context, { ...subscriptionsOf(options), subscriptions: true, account }),
      }),
    },
  ],
  [
    'ACCOUNT.CONNZ',
    {
      description: described('Connz', CONNECTIONS),
      answer: async ({ context, options, request }) => ({
        data: await describeConnections(context, connzOf(options, request.account)),
      }),
    },
  ],
  [
    'ACCOUNT.LEAFZ',
    {
      description: described('Leafz', { subscriptions: 'bool', account: 'string' }),
      answer: ({ context }) => ({ data: describeLeafNodes(context) }),
    },
  ],
  ['ACCOUNT.JSZ', { description: JSZ, answer: refuseJetStream }],
  [
    'ACCOUNT.INFO',
    {
      description: { type: 'AccInfoEventOptions', embeds: '', fields: {} },
      answer: ({ context, request }) => ({ data: describeAccount(context, request.account) }),
    },
  ],
  [
    'ACCOUNT.STATZ',
    {
      description: STATISTICS,
      // Answered at a subject of its own.
      answer: (input) => (input.request.account === 'PING' ? SILENT : statistics(input, [input.request.account])),
    },
  ],
  [
    'ACCOUNTS.STATZ',
    { description: STATISTICS, answer: (input) => statistics(input, input.options.texts('accounts')) },
  ],
  ['ACCOUNT.CONNS', { answer: connections }],
  ['NSUBS', { answer: countSubscriptions }],
  ['SUBSCRIBERS', { answer: countSubscribers }],
  ['USER.INFO', { answer: userInfo }],
];

function refuseJetStream(): Result {
  throw new BadParameterError('jetstream not enabled');
}

/** Silent where there is nothing to tell. */
function statistics({ context, options }: HandlerInput, names: string[]): Result {
  const unused = options.flag('include_unused');
  const data = describeAccountStats(context, { unused, names });
  return data.account_statz.length === 0 && !unused ? SILENT : { data };
}

/** The event that tells how many connections an account has, as an answer. */
function connections({ host, server, context, request }: HandlerInput): Result {
  const { account } = request;
  const read = (): string => {
    const options = readOptions(request.body, { type: 'accNumConnsReq', fields: { acc: 'string' } });
    return request.body === '' ? account : options.text('acc') || account;
  };
  const named = logged(host, 'account connections request', read);
  if (named === undefined) return SILENT;
  if (named !== account) {
    host.log('ERR', 'SYSTEM - Error unmarshalled account does not match subject');
    return SILENT;
  }
  const stats = context.source.stats().accounts.find(({ name }) => name === account);
  return stats === undefined || stats.connections === 0
    ? SILENT
    : { whole: withServer(server, eventHead('account_connections'), accountStat(stats)) };
}

const NSUBS: Description = { type: 'accNumSubsReq', fields: { acc: 'string', subject: 'string', queue: '[]uint8' } };

/** Silent about accounts without connections. */
function countSubscriptions({ host, context, request }: HandlerInput): Result {
  if (request.body === '') {
    host.log('ERR', 'SYSTEM - request requires a body');
    return SILENT;
  }
  const options = logged(host, 'account nsubs request', () => readOptions(request.body, NSUBS));
  if (options === undefined) return SILENT;
  const account = options.text('acc');
  const stats = context.source.stats().accounts.find(({ name }) => name === account);
  if (stats === undefined || stats.connections === 0) return SILENT;
  const queue = Buffer.from(options.text('queue'), 'base64').toString();
  return { whole: String(count(context, { account, subject: options.text('subject'), queue })) };
}

/** The body is a subject, and a queue group after a blank. The account is that of whoever asks. */
function countSubscribers({ context, request }: HandlerInput): Result {
  const account = askingAccount(request.requestInfo) ?? request.systemAccount;
  const [subject = '', queue = ''] = request.body.trim().split(' ');
  return { whole: String(count(context, { account, subject, queue })) };
}

/** The account that a service import says the request came from; undefined: it came by none. */
function askingAccount(requestInfo: string | undefined): string | undefined {
  if (requestInfo === undefined) return undefined;
  try {
    const { acc, svc } = JSON.parse(requestInfo) as { acc?: string; svc?: string };
    return svc ?? acc;
  } catch {
    return undefined;
  }
}

interface Counted {
  account: string;
  /** Without wildcards: who gets its messages. With wildcards: whose subscriptions are part of it. */
  subject: string;
  /** Empty: in any queue group or none. */
  queue: string;
}

/** Subscriptions of connections; those of this process have the number 0. */
function count({ source }: MonitorContext, { account, subject, queue }: Counted): number {
  if (subject === '') return 0;
  const isLiteral = !subject.split('.').some((token) => token === '*' || token === '>');
  const limit = Number.MAX_SAFE_INTEGER;
  const found = source.findSubscriptions({ account, offset: 0, limit, ...(isLiteral ? { subject } : {}) });
  const fits = (one: SubscriptionInfo) =>
    (isLiteral || isSubset(one.subject, subject)) && (queue === '' || one.queue === queue);
  return found.list.filter((one) => one.cid !== 0 && fits(one)).length;
}

/** What can't be read is logged; undefined then. */
function logged<T>(host: HandlerInput['host'], what: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BadRequestError)) throw error;
    host.log('ERR', `SYSTEM - Error unmarshalling ${what} message: ${error.message}`);
    return undefined;
  }
}
