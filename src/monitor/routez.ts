/** `/routez`: always empty, because this broker has no cluster. */
import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import { subsParam } from './params.js';
import type { MonitorContext } from './source.js';

export function routez(context: MonitorContext, query: URLSearchParams): Answer {
  subsParam(query);
  return json(describeRoutes(context));
}

export function describeRoutes({ source, nowMs }: MonitorContext) {
  return {
    server_id: source.serverId,
    server_name: source.serverName,
    now: rfc3339(nowMs()),
    num_routes: 0,
    routes: [],
  };
}
