/** `/leafz`: always empty, because this broker has no leaf nodes. */
import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import { boolParam } from './params.js';
import type { MonitorContext } from './source.js';

export function leafz(context: MonitorContext, query: URLSearchParams): Answer {
  boolParam(query, 'subs');
  return json(describeLeafNodes(context));
}

export function describeLeafNodes({ source, nowMs }: MonitorContext): object {
  return { server_id: source.serverId, now: rfc3339(nowMs()), leafnodes: 0, leafs: [] };
}
