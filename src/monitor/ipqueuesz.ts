/** `/ipqueuesz`: the lengths of the queues between this broker's threads. Empty ones are listed with `all`. */
import { type Answer, json } from '../http/answer.js';
import { boolParam } from './params.js';
import type { MonitorContext } from './source.js';

/** As nats-server indents this endpoint. */
const INDENT = 3;

export function ipqueuesz({ source }: MonitorContext, query: URLSearchParams): Answer {
  const all = boolParam(query, 'all');
  const filter = query.get('queues') ?? '';
  const queues = source
    .queues()
    .filter(({ name, pending }) => (all || pending > 0) && name.includes(filter))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return json(Object.fromEntries(queues.map(({ name, pending }) => [name, { pending }])), { indent: INDENT });
}
