/** What answers requests about the server as a whole, and those that change something. */

import { redactArgs } from '../config/index.js';
import { memstats } from '../http/expvarz.js';
import { listAccounts } from '../monitor/accountz.js';
import { describeConnections } from '../monitor/connz.js';
import { describeGateways } from '../monitor/gatewayz.js';
import { checkHealth } from '../monitor/healthz.js';
import { describeQueues } from '../monitor/ipqueuesz.js';
import { describeJetStream } from '../monitor/jsz.js';
import { describeLeafNodes } from '../monitor/leafz.js';
import { BadParameterError } from '../monitor/params.js';
import { describeRoutes } from '../monitor/routez.js';
import type { MonitorContext } from '../monitor/source.js';
import { describeSubscriptions } from '../monitor/subsz.js';
import { describeServer } from '../monitor/varz.js';
import { connzOf } from './connz-request.js';
import { CONNECTIONS, JSZ, SUBSCRIPTIONS } from './fields.js';
import { type Handler, type HandlerInput, type Result, SILENT } from './handler.js';
import { type Description, described, FILTER_ONLY, type Options, readOptions } from './options.js';
import { profilez } from './profilez.js';
import { describeStatistics } from './statsz.js';

/** An endpoint whose options do not matter here, or that has none. */
function plain(
  name: string,
  describe: (context: MonitorContext) => unknown,
  fields: Description['fields'] = {},
): [string, Handler] {
  const answer = ({ context }: HandlerInput): Result => ({ data: describe(context) });
  return [name.toUpperCase(), { description: described(name, fields), answer }];
}

export const SERVER_HANDLERS: [string, Handler][] = [
  ['IDZ', { answer: ({ host, context }) => ({ whole: identity(context, host.advertisedHost()) }) }],
  ['STATSZ', { description: { type: 'StatszEventOptions', embeds: '', fields: {} }, answer: statistics }],
  plain('Varz', describeServer),
  plain('Routez', describeRoutes, { subscriptions: 'bool', subscriptions_detail: 'bool' }),
  plain('Gatewayz', describeGateways, {
    ...{ name: 'string', accounts: 'bool', account_name: 'string' },
    ...{ subscriptions: 'bool', subscriptions_detail: 'bool' },
  }),
  plain('Leafz', describeLeafNodes, { subscriptions: 'bool', account: 'string' }),
  plain('Expvarz', () => ({ memstats: memstats(), cmdline: redactArgs(process.argv) })),
  plain('Raftz', () => ({}), { account: 'string', group: 'string' }),
  [
    'SUBSZ',
    {
      description: described('Subsz', SUBSCRIPTIONS),
      answer: ({ context, options }) => ({ data: describeSubscriptions(context, subscriptionsOf(options)) }),
    },
  ],
  [
    'CONNZ',
    {
      description: described('Connz', CONNECTIONS),
      answer: async ({ context, options }) => ({
        data: await describeConnections(context, connzOf(options, options.text('acc'))),
      }),
    },
  ],
  [
    'ACCOUNTZ',
    {
      description: described('Accountz', { account: 'string' }),
      answer: ({ context, options }) => ({ data: listAccounts(context, options.text('account')) }),
    },
  ],
  [
    'IPQUEUESZ',
    {
      description: described('Ipqueuesz', { all: 'bool', filter: 'string' }),
      answer: ({ context, options }) => ({
        data: describeQueues(context, { all: options.flag('all'), filter: options.text('filter') }),
      }),
    },
  ],
  ['JSZ', { description: JSZ, answer: jetStream }],
  [
    'HEALTHZ',
    {
      description: described('Healthz', {
        ...{ 'js-enabled': 'bool', 'js-enabled-only': 'bool', 'js-server-only': 'bool', 'js-meta-only': 'bool' },
        ...{ account: 'string', stream: 'string', consumer: 'string', details: 'bool' },
      }),
      answer: ({ context, options }) => ({ data: health(context, options) }),
    },
  ],
  [
    'PROFILEZ',
    {
      description: described('Profilez', { name: 'string', debug: 'int', duration: 'time.Duration' }),
      takesLong: true,
      answer: async ({ options }) => ({ data: await profilez(options.text('name'), options.number('duration')) }),
    },
  ],
  ['RELOAD', { description: FILTER_ONLY, answer: reload }],
  ['KICK', { answer: (input) => changeClient(input, 'KickClientReq', kick) }],
  ['LDM', { answer: (input) => changeClient(input, 'LDMClientReq', notifyLameDuck) }],
];

function identity({ source }: MonitorContext, host: string): object {
  return { name: source.serverName, host, id: source.serverId };
}

/** Without a reply subject they go to everyone. */
function statistics({ context, request }: HandlerInput): Result {
  const { serverId } = context.source;
  return {
    statsz: describeStatistics(context),
    ...(request.reply === undefined ? { to: `$SYS.SERVER.${serverId}.STATSZ` } : {}),
  };
}

export function subscriptionsOf(options: Options) {
  const [offset, limit] = [options.number('offset'), options.number('limit')];
  const [test, account] = [options.text('test'), options.text('account')];
  return { subscriptions: options.flag('subscriptions'), offset, limit, test, account };
}

function jetStream({ context, options }: HandlerInput): Result {
  if (options.flag('leader_only')) throw new BadParameterError('filtered response: not leader');
  return { data: describeJetStream(context) };
}

function health(context: MonitorContext, options: Options): object {
  const { status, statusCode, reason } = checkHealth(context, {
    jsEnabled: options.flag('js-enabled'),
    details: options.flag('details'),
    account: options.text('account'),
    stream: options.text('stream'),
    consumer: options.text('consumer'),
  });
  return { status, status_code: statusCode, ...reason };
}

async function reload({ host }: HandlerInput): Promise<Result> {
  await host.reload();
  return {};
}

/** A body that names no connection is logged and not answered. */
function changeClient(input: HandlerInput, type: string, change: (input: HandlerInput, cid: number) => Result): Result {
  const { host, request } = input;
  let cid: number;
  try {
    cid = readOptions(request.body === '' ? ' ' : request.body, { type, fields: { cid: 'uint64' } }).number('cid');
  } catch (error) {
    host.log('ERR', `SYSTEM - Error unmarshalling kick client request: ${(error as Error).message}`);
    return SILENT;
  }
  return change(input, cid);
}

const NOT_NOTIFIED = {
  'no client': 'no such client id',
  'not ready': 'client does not support Lame Duck Mode or is not ready to receive the notification',
};

function kick({ host }: HandlerInput, cid: number): Result {
  if (host.kick(cid)) return {};
  return { error: { code: 500, description: 'no such client or leafnode id' } };
}

function notifyLameDuck({ host }: HandlerInput, cid: number): Result {
  const notice = host.notifyLameDuck(cid);
  return notice === 'sent' ? {} : { error: { code: 500, description: NOT_NOTIFIED[notice] } };
}
