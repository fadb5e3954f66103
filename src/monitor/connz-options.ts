/** The query parameters of `/connz`. */
import { type SortOrder, sortOrder } from './connz-sort.js';
import { BadParameterError, boolParam, intParam, subsParam, uintParam } from './params.js';

const LIMIT_DEFAULT = 1024;

type State = 'open' | 'closed' | 'all';

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
  return {
    order: sortOrder(sort, state === 'closed'),
    auth,
    subs,
    offset: Math.max(0, offset),
    limit: cid > 0 ? 1 : limit > 0 ? limit : LIMIT_DEFAULT,
    cid,
    state,
    user: query.get('user') ?? '',
    account: query.get('acc') ?? '',
    mqttClient: query.get('mqtt_client') ?? '',
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
