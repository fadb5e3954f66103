/** The options of requests that come about the server and about one account alike, with their types. */
import type { Description } from './options.js';

type Fields = Description['fields'];

export const JSZ: Description = {
  type: 'JszEventOptions',
  embeds: 'JSzOptions',
  fields: {
    account: 'string',
    accounts: 'bool',
    streams: 'bool',
    consumer: 'bool',
    direct_consumer: 'bool',
    config: 'bool',
    leader_only: 'bool',
    offset: 'int',
    limit: 'int',
    raft: 'bool',
    stream_leader_only: 'bool',
  },
};

export const SUBSCRIPTIONS: Fields = {
  offset: 'int',
  limit: 'int',
  subscriptions: 'bool',
  account: 'string',
  test: 'string',
};

export const CONNECTIONS: Fields = {
  sort: 'server.SortOpt',
  auth: 'bool',
  subscriptions: 'bool',
  subscriptions_detail: 'bool',
  offset: 'int',
  limit: 'int',
  cid: 'uint64',
  mqtt_client: 'string',
  state: 'server.ConnState',
  user: 'string',
  acc: 'string',
  filter_subject: 'string',
};
