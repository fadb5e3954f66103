/** The query parameters of `/connz`. */
import { type SortOrder, sortOrder } from './connz-sort.js';
import { BadParameterError, boolParam, intParam, subsParam, uintParam } from './params.js';

const LIMIT_DEFAULT = 1024;

export type State = 'open' | 'closed' | 'all';

/** As they were asked for. */
export interface ConnzQuery {
  sort: string;
  auth: boolean;
  subs: 'none' | 'list' | 'detail';
  offset: number;
  limit: number;
  cid: number;
  state: State;
  user: string;
  account: string;
  mqttClient: string;
  /** Only open connections with a subscription that some subject of this pattern reaches; only beside `account`. */
  filterSubject: string;
}

export interface ConnzOptions {
  order: SortOrder;
  auth: boolean;
  subs: 'none' | 'list' | 'detail';
  offset: number;
  limit: number;
  /** 0: any. */
  cid: number;
  state: State;
  user: string;
  account: string;
  mqttClient: string;
  /** Empty: any. */
  filterSubject: string;
}

/** Read in the order of nats-server, so that of several bad parameters the same one is reported. */
export function readConnzOptions(query: URLSearchParams): ConnzOptions {
  const sort = query.get('sort') ?? '';
  const auth = boolParam(query, 'auth');
  const subs = subsParam(query);
  const offset = intParam(query, 'offset');
  const limit = intParam(query, 'limit');
  const cid = uintParam(query, 'cid');
  const state = stateParam(query);
  const [user, account, mqttClient] = ['user', 'acc', 'mqtt_client'].map((name) => query.get(name) ?? '') as Texts;
  return connzOptions({ sort, auth, subs, offset, limit, cid, state, user, account, mqttClient, filterSubject: '' });
}

type Texts = [user: string, account: string, mqttClient: string];

/** Throws a `BadParameterError` for what can't be sorted that way. */
export function connzOptions({ sort, ...query }: ConnzQuery): ConnzOptions {
  const { offset, limit, cid, state, account } = query;
  const filterSubject = query.filterSubject === '>' ? '' : query.filterSubject;
  const order = sortOrder(sort, state === 'closed');
  if (filterSubject !== '' && account === '') {
    throw new BadParameterError('filter by subject only valid with account filtering');
  }
  return {
    ...query,
    filterSubject,
    order,
    offset: Math.max(0, offset),
    limit: cid > 0 ? 1 : limit > 0 ? limit : LIMIT_DEFAULT,
  };
}

function stateParam(query: URLSearchParams): State {
  const text = query.get('state') ?? '';
  switch (text.toLowerCase()) {
    case '':
    case 'open':
      return 'open';
    case 'closed':
      return 'closed';
    case 'any':
    case 'all':
      return 'all';
    default:
      throw new BadParameterError(`Error decoding state for ${text}`);
  }
}
