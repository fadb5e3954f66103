/** `/jsz`: JetStream, always disabled: this broker has none. */
import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import { BadParameterError, boolParam, intParam } from './params.js';
import type { MonitorContext } from './source.js';

const FLAGS = ['accounts', 'streams', 'consumers', 'direct-consumers', 'config'];

export function jsz(context: MonitorContext, query: URLSearchParams): Answer {
  for (const flag of FLAGS) boolParam(query, flag);
  for (const number of ['offset', 'limit']) intParam(query, number);
  const leaderOnly = boolParam(query, 'leader-only');
  for (const flag of ['raft', 'stream-leader-only']) boolParam(query, flag);
  if (leaderOnly) throw new BadParameterError('filtered response: not leader');
  return json(describeJetStream(context));
}

export function describeJetStream({ source, nowMs }: MonitorContext): object {
  return {
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: 0, errors: 0 },
    server_id: source.serverId,
    now: rfc3339(nowMs()),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
    total: 0,
  };
}
