/**
 * The mappings of an account as `/accountz` shows them: as nats-server keeps them, not as they are written. What weights
 * lack to 100 is a destination of its own, those of one cluster are sorted, and each weight includes those before it.
 * Pure functions.
 */
import { type MappingDestination, mappingDestinations, type ResolvedOptions } from '../config/index.js';

const ALL = 100;

export interface ShownDestination {
  subject: string;
  weight: number;
  cluster?: string;
}

/** By source, sorted. */
export function shownMappings(mappings: NonNullable<ResolvedOptions['mappings']>): Record<string, ShownDestination[]> {
  const rules = Object.entries(mappings).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    rules.map(([source, written]) => [source, shownRule(source, mappingDestinations(written))]),
  );
}

function shownRule(source: string, destinations: readonly MappingDestination[]): ShownDestination[] {
  const isListed = destinations.some(({ subject }) => subject === source);
  const rest = isListed ? undefined : numbered(source);
  const clusters = [...new Set(destinations.map(({ cluster = '' }) => cluster))].filter((cluster) => cluster !== '');
  return ['', ...clusters.sort()].flatMap((scope) =>
    withSums(
      destinations.filter(({ cluster = '' }) => cluster === scope),
      rest,
      scope,
    ),
  );
}

/** `rest`: the subject of messages that no destination takes; undefined: they are lost. */
function withSums(destinations: readonly MappingDestination[], rest: string | undefined, cluster: string) {
  const taken = destinations.reduce((sum, { weight }) => sum + weight, 0);
  const all = destinations.map(({ subject, weight }) => ({ subject, weight }));
  if (rest !== undefined && taken !== ALL) all.push({ subject: rest, weight: ALL - taken });
  let sum = 0;
  return all
    .sort((a, b) => a.weight - b.weight)
    .map(({ subject, weight }): ShownDestination => {
      sum += weight;
      return { subject, weight: sum, ...(cluster && { cluster }) };
    });
}

/** `a.*.*` as a destination: `a.$1.$2`. */
function numbered(source: string): string {
  let count = 0;
  const tokens = source.split('.').map((token) => {
    if (token !== '*') return token;
    count += 1;
    return `$${count}`;
  });
  return tokens.join('.');
}
