/** The options of a request for connections, in the form of the endpoint. */
import { type ConnzOptions, connzOptions, type State } from '../monitor/connz-options.js';
import type { Options } from './options.js';

const STATES: State[] = ['open', 'closed', 'all'];

/** Of one account, or of all when it is empty. Throws a `BadParameterError`. */
export function connzOf(options: Options, account: string): ConnzOptions {
  return connzOptions({
    sort: options.text('sort'),
    auth: options.flag('auth'),
    subs: options.flag('subscriptions_detail') ? 'detail' : options.flag('subscriptions') ? 'list' : 'none',
    offset: options.number('offset'),
    limit: options.number('limit'),
    cid: options.number('cid'),
    state: STATES[options.number('state')] ?? 'open',
    user: options.text('user'),
    account,
    mqttClient: options.text('mqtt_client'),
    filterSubject: options.text('filter_subject'),
  });
}
