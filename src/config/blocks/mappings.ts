/** `mappings`: subjects that become others when they are published, with weights where there are several. */

import { destinationProblem } from '../mapping-destination.js';
import { isValidSubject } from '../subjects.js';
import { quote } from '../text.js';
import { block, either, type Fault, int, list, map, text } from '../value-type.js';

const ALL = 100;
const WEIGHT_REMEDY = 'Give a weight from 0 to 100, in percent.';
const NO_ENTRY = 'Expected an entry for the mapping destination';

interface Destination {
  readonly destination?: string;
  readonly weight?: number | string;
  readonly cluster?: string;
}

type Destinations = string | Destination | readonly Destination[];

const DESTINATION = block(
  'MappingDestinationOptions',
  [
    {
      name: 'destination',
      aliases: ['dest'],
      key: 'destination',
      type: text(),
      doc: 'The subject that messages go to. `$1` or `{{wildcard(1)}}` is what the first `*` of the source matches.',
    },
    {
      name: 'weight',
      key: 'weight',
      type: {
        ...either(
          int({ zero: 'kept', negative: 'kept', check: (weight) => weightFault(weight, weight) }),
          text({ check: textFault }),
        ),
        messages: { wrongType: (got) => `Unknown entry type for weight of ${got}` },
      },
      doc: 'The share of messages, in percent: a number from 0 to 100, or text such as `20%`.',
    },
    {
      name: 'cluster',
      key: 'cluster',
      type: text(),
      doc: 'Only servers of this cluster use the destination, in the place of those without a cluster. Without a cluster of its own a server uses none of them.',
    },
  ],
  {
    check: ({ weight, destination = '' }) => {
      if (weight !== undefined) return undefined;
      const problem = `Missing weight for mapping destination ${quote(String(destination))}`;
      return { problem, remedy: WEIGHT_REMEDY };
    },
    messages: {
      wrongType: () => NO_ENTRY,
      unknownField: (name) => `Unknown field ${quote(name)} for mapping destination`,
    },
  },
);

/** By source: a destination, or several with weights. */
export const MAPPINGS = map(either(text(), DESTINATION, list(DESTINATION)), {
  ordered: true,
  checkName: sourceFault,
  checkEntry: (source, destinations) => mappingFault(source, destinations as Destinations),
  wrongEntry: () => NO_ENTRY,
});

function weightFault(weight: number | bigint, shown: number | bigint | string): Fault | undefined {
  if (weight >= 0 && weight <= ALL) return undefined;
  return { problem: `Invalid weight ${shown} for mapping destination`, remedy: WEIGHT_REMEDY };
}

function textFault(written: string): Fault | undefined {
  const digits = written.replace(/%$/, '');
  if (/^[+-]?\d+$/.test(digits))
    return weightFault(BigInt(digits.replace(/^\+/, '')), BigInt(digits.replace(/^\+/, '')));
  return { problem: `Invalid weight ${quote(digits)} for mapping destination`, remedy: WEIGHT_REMEDY };
}

/** A weight as a number. */
export function percent(weight: number | string): number {
  return Number(String(weight).replace(/%$/, ''));
}

function sourceFault(source: string): Fault | undefined {
  if (isValidSubject(source)) return undefined;
  return { problem: `Subject ${quote(source)} is not a valid subject`, remedy: 'Remove empty tokens and blanks.' };
}

function mappingFault(source: string, written: Destinations): Fault | undefined {
  const problem = mappingProblem(source, mappingDestinations(written));
  if (problem === undefined) return undefined;
  const to = typeof written === 'string' ? ` to ${quote(written)}` : '';
  const remedy = 'Correct the mapping or remove it.';
  return { problem: `Error adding mapping for ${quote(source)}${to} : ${problem}`, remedy };
}

function mappingProblem(source: string, destinations: readonly MappingDestination[]): string | undefined {
  const seen = new Set<string>();
  const totals = new Map<string, number>();
  for (const { subject, weight, cluster = '' } of destinations) {
    if (seen.size === seen.add(subject).size) return `duplicate entry for ${quote(subject)}`;
    const total = (totals.get(cluster) ?? 0) + weight;
    if (total > ALL) return 'total weight needs to be <= 100';
    totals.set(cluster, total);
    const problem = destinationProblem(source, subject);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export interface MappingDestination {
  subject: string;
  /** Percent. */
  weight: number;
  cluster?: string;
}

/** What is written for a source, in one form. */
export function mappingDestinations(written: Destinations): MappingDestination[] {
  if (typeof written === 'string') return [{ subject: written, weight: ALL }];
  const destinations = Array.isArray(written) ? (written as readonly Destination[]) : [written as Destination];
  return destinations.map(({ destination = '', weight = 0, cluster }) => ({
    subject: destination,
    weight: percent(weight),
    ...(cluster ? { cluster } : {}),
  }));
}
