/** Streams that copy from each other in a circle. */
import { overlap } from '../../../config/index.js';
import { invalidConfig } from '../../errors/api-error.js';
import type { StreamConfig } from '../../messages/stream-config.js';
import type { Check, Context } from './context.js';

/** A net of streams so dense that it takes more steps is refused: walking it would take too long. */
const STEPS_MAX = 10_000;
const CYCLE = 'detected cycle';

/** Follows origins within the account. Two ways that lead to one stream may count as a circle, as in the reference. */
export const checkCycles: Check = (config, context) => {
  const waiting = [config];
  const visited = new Set<string>();
  for (let step = 0; step < waiting.length; step += 1) {
    if (step >= STEPS_MAX) throw invalidConfig(CYCLE);
    const stream = waiting[step] as StreamConfig;
    visited.add(stream.name);
    for (const origin of unvisitedOrigins(stream, visited, context)) waiting.push(origin);
  }
  return config;
};

function unvisitedOrigins(
  stream: StreamConfig,
  visited: ReadonlySet<string>,
  { surroundings }: Context,
): StreamConfig[] {
  const names: string[] = [];
  for (const source of stream.sources) {
    if (source === undefined || source.external !== undefined) continue;
    if (!visited.has(source.name)) names.push(source.name);
    else if (takesFrom(stream.subjects, source.filter_subject)) throw invalidConfig(CYCLE);
  }
  const { mirror } = stream;
  if (mirror !== undefined && mirror.external === undefined) {
    if (visited.has(mirror.name)) throw invalidConfig(CYCLE);
    names.push(mirror.name);
  }
  return names.flatMap((name) => surroundings.streams.find(name) ?? []);
}

/** Whether what the stream captures itself would come back through the filter. */
function takesFrom(subjects: readonly string[], filter: string): boolean {
  return filter === '' || subjects.some((subject) => overlap(subject, filter));
}
