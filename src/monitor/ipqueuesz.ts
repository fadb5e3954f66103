/** `/ipqueuesz`: what waits in the queues between this broker's threads. Empty ones are listed when asked for. */
import { type Answer, json } from '../http/answer.js';
import { boolParam } from './params.js';
import type { MonitorContext } from './source.js';

/** The reference indents this one by three. */
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
