/** `/ipqueuesz`: the lengths of the queues between this broker's threads. Empty ones are listed with `all`. */
import { type Answer, json } from '../http/answer.js';
import { boolParam } from './params.js';
import type { MonitorContext } from './source.js';

/** As nats-server indents this endpoint. */
const INDENT = 3;

export function ipqueuesz(context: MonitorContext, query: URLSearchParams): Answer {
  const options = { all: boolParam(query, 'all'), filter: query.get('queues') ?? '' };
  return json(describeQueues(context, options), { indent: INDENT });
}

/** `filter`: what is in their names. */
export function describeQueues({ source }: MonitorContext, { all, filter }: { all: boolean; filter: string }): object {
  const queues = source
    .queues()
    .filter(({ name, pending }) => (all || pending > 0) && name.includes(filter))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(queues.map(({ name, pending }) => [name, { pending }]));
}
