/** `msg_trace` of an account: where traces of its messages go that their publishers trace and sample. */

import { goTypeOf } from '../language/nodes.js';
import { hasWildcard, isValidSubject } from '../subjects.js';
import { quote } from '../text.js';
import { block, either, type Fault, int, text } from '../value-type.js';

const ALL = 100;
const REMEDY = 'Write a number from 1 to 100, or text such as `20%`.';

const DESTINATION = text({
  messages: { wrongType: (got) => `Field "dest" should be a string, got ${goTypeOf(got)}` },
  check: (subject) => {
    if (isValidSubject(subject) && !hasWildcard(subject)) return undefined;
    return { problem: `Trace destination ${quote(subject)} is not valid`, remedy: 'Use a subject without wildcards.' };
  },
});

export const MSG_TRACE = block(
  'MsgTraceOptions',
  [
    {
      name: 'dest',
      key: 'dest',
      type: DESTINATION,
      doc: 'The subject on which trace events are published, in the account.',
    },
    {
      name: 'sampling',
      key: 'sampling',
      type: {
        ...either(int({ zero: 'kept', negative: 'kept', check: percentFault }), text({ check: samplingFault })),
        messages: {
          wrongType: (got) =>
            `Trace destination sampling field "sampling" should be an integer or a percentage, got ${goTypeOf(got)}`,
        },
      },
      doc: 'The share of messages, in percent: a number from 1 to 100, or text such as `20%`. All of them unless given.',
    },
  ],
  {
    short: 'dest',
    messages: {
      wrongType: (got) =>
        `Expected account message trace "msg_trace" to be a string or a map/struct, got ${goTypeOf(got)}`,
    },
  },
);

function percentFault(percent: number | bigint): Fault | undefined {
  if (percent >= 1 && percent <= ALL) return undefined;
  // The reference's own spelling.
  const problem = `Ttrace destination sampling value ${percent} is invalid, needs to be [1..100]`;
  return { problem, remedy: REMEDY };
}

function samplingFault(written: string): Fault | undefined {
  const digits = written.replace(/%$/, '');
  if (/^[+-]?\d{1,18}$/.test(digits)) return percentFault(Number(digits));
  return { problem: `Invalid trace destination sampling value ${quote(written)}`, remedy: REMEDY };
}

interface WrittenMsgTrace {
  readonly dest?: string | undefined;
  readonly sampling?: number | string | undefined;
}

/** What is written, in one form. Without a destination nothing is traced. */
export function msgTraceOf(written: string | WrittenMsgTrace | undefined) {
  const { dest, sampling = ALL } = typeof written === 'string' ? { dest: written } : (written ?? {});
  return dest ? { destination: dest, sampling: Number(String(sampling).replace(/%$/, '')) } : undefined;
}
