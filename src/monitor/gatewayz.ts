/** `/gatewayz`: always empty, because this broker has no gateways. */
import { type Answer, json } from '../http/answer.js';
import { rfc3339 } from '../http/go-format.js';
import { boolParam, subsParam } from './params.js';
import type { MonitorContext } from './source.js';

export function gatewayz(context: MonitorContext, query: URLSearchParams): Answer {
  subsParam(query);
  boolParam(query, 'accs');
  return json(describeGateways(context));
}

export function describeGateways({ source, nowMs }: MonitorContext): object {
  return { server_id: source.serverId, now: rfc3339(nowMs()), outbound_gateways: {}, inbound_gateways: {} };
}
