/** What an export says about the answers of its service: how many there are, and what is measured of them. */

import { goTypeOf } from '../language/nodes.js';
import { quote } from '../text.js';
import { block, choice, either, type Fault, int, text } from '../value-type.js';

const ALL = 100;
const BY_HEADERS = 'headers';
const SAMPLING_REMEDY = 'Give a number from 1 to 100, in percent, or headers.';
const ATOI_LIMIT = 2n ** 63n;

/** How a service answers a request: with one message, or with any number of them; the last two mean the same. */
export type ResponseType = 'single' | 'stream' | 'chunked';

export const RESPONSE = choice(['single', 'singleton', 'stream', 'chunk', 'chunked'], {
  anyCase: 'lower',
  messages: {
    wrongType: (got) => `Expected response type to be string, got ${goTypeOf(got)}`,
    invalid: (_, written) => `Unknown response type: ${quote(written)}`,
  },
});

/** One spelling for each. */
export function responseTypeOf(written: string | undefined): ResponseType {
  if (written === 'stream') return 'stream';
  return written === 'chunk' || written === 'chunked' ? 'chunked' : 'single';
}

export const LATENCY = block(
  'LatencyOptions',
  [
    {
      name: 'subject',
      key: 'subject',
      type: text({ messages: { wrongType: (got) => `Expected latency subject to be a string, got ${goTypeOf(got)}` } }),
      doc: 'Where measurements are published, in the exporting account.',
      required: { problem: 'Latency subject required, but missing', remedy: 'Say where measurements go.' },
    },
    {
      name: 'sampling',
      key: 'sampling',
      type: {
        ...either(
          int({ zero: 'kept', negative: 'kept', check: (percent) => percentFault(BigInt(percent)) }),
          text({ check: samplingFault }),
        ),
        messages: {
          wrongType: (got) => `Expected latency sample to be a string or map/struct, got ${goTypeOf(got)}`,
        },
      },
      doc: 'The share of requests, in percent: a number from 1 to 100, or text such as `20%`. `headers`: those whose headers ask for it. All of them unless given.',
    },
  ],
  {
    short: 'subject',
    messages: {
      wrongType: (got) => `Expected latency entry to be a map/struct or string, got ${goTypeOf(got)}`,
    },
  },
);

function percentFault(percent: bigint): Fault | undefined {
  if (percent >= 1n && percent <= ALL) return undefined;
  return { problem: 'bad sampling percentage, should be 1-100', remedy: SAMPLING_REMEDY };
}

function samplingFault(written: string): Fault | undefined {
  if (isByHeaders(written)) return undefined;
  const digits = written.replace(/%$/, '');
  const number = /^[+-]?\d+$/.test(digits) ? BigInt(digits.replace(/^\+/, '')) : undefined;
  if (number !== undefined && number < ATOI_LIMIT && number >= -ATOI_LIMIT) return percentFault(number);
  const reason = number === undefined ? 'invalid syntax' : 'value out of range';
  const problem = `Failed to parse latency sample: strconv.Atoi: parsing ${quote(digits)}: ${reason}`;
  return { problem, remedy: SAMPLING_REMEDY };
}

function isByHeaders(written: number | string): boolean {
  return String(written).trim().toLowerCase() === BY_HEADERS;
}

/** What is measured. `sampling`: percent of the requests; 0: those whose headers ask for it. */
export interface LatencyMeasurement {
  subject: string;
  sampling: number;
}

/** What is written, in one form. */
export function latencyOf(written: string | WrittenLatency | undefined): LatencyMeasurement | undefined {
  if (written === undefined) return undefined;
  const { subject = '', sampling = ALL } = typeof written === 'string' ? { subject: written } : written;
  return { subject, sampling: isByHeaders(sampling) ? 0 : Number(String(sampling).replace(/%$/, '')) };
}

interface WrittenLatency {
  readonly subject?: string | undefined;
  readonly sampling?: number | string | undefined;
}
