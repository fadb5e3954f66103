/** What a user may publish and subscribe to. */

import type { ResolvedOf } from '../inferred-types.js';
import { kindOf } from '../language/nodes.js';
import { subjectListProblem } from '../subjects.js';
import { quote } from '../text.js';
import { block, duration, type Fault, int, type ListType, oneOrMore, text } from '../value-type.js';

const REPLIES_MAX = 1;
const REPLIES_EXPIRE_MS = 120_000;

/** Subjects of a permission; those to subscribe to may name a queue group. */
function subjects(queues: boolean) {
  const rules = {
    emptyInFile: 'absent',
    check: (entries: readonly string[]): Fault | undefined => {
      const problem = subjectListProblem(entries, queues);
      const remedy = queues ? 'Write "subject" or "subject queue".' : 'Write a subject without blanks.';
      return problem === undefined ? undefined : { problem, remedy };
    },
    messages: {
      wrongType: (got) => `Expected subject permissions to be a subject, or array of subjects, got ${kindOf(got)}`,
    },
  } as const satisfies Partial<ListType>;
  return oneOrMore(
    text({ messages: { wrongType: () => 'Subject in permissions array cannot be cast to string' } }),
    rules,
  );
}

/** A subject, a list of them, or what is allowed and what is denied. */
function subjectRule<const Q extends boolean>(queues: Q) {
  return block(
    'SubjectLists',
    [
      {
        name: 'allow',
        key: 'allow',
        type: subjects(queues),
        doc: 'Only these; nothing when the list is empty in library options.',
      },
      { name: 'deny', key: 'deny', type: subjects(queues), doc: 'None of these, allowed or not.' },
    ],
    {
      short: 'allow',
      messages: {
        unknownField: (name) => {
          const only = "only 'allow' or 'deny' are permitted";
          return `Unknown field name ${quote(name)} parsing subject permissions, ${only}`;
        },
      },
    },
  );
}

const unknownPermission = (name: string): string => `Unknown field ${quote(name)} parsing permissions`;

export const RESPONSES = block(
  'ResponsesOptions',
  [
    {
      name: 'max',
      aliases: ['max_msgs', 'max_messages', 'max_responses'],
      key: 'max',
      type: int({ negative: 'kept' }),
      default: REPLIES_MAX,
      doc: 'How many replies to one request; any number when negative.',
    },
    {
      name: 'expires',
      aliases: ['expiration', 'ttl'],
      key: 'expires',
      type: duration({
        number: 'refused',
        negative: 'kept',
        messages: {
          wrongType: () => 'error parsing expires, not a duration string',
          invalid: (reason) => `error parsing expires: ${reason}`,
        },
      }),
      default: REPLIES_EXPIRE_MS,
      doc: 'For how long after the request; for ever when negative.',
    },
  ],
  {
    onOff: true,
    messages: {
      wrongType: () => 'error parsing response permissions, expected a boolean or a map',
      unknownField: unknownPermission,
    },
  },
);

export const PERMISSIONS = block(
  'PermissionsOptions',
  [
    {
      name: 'publish',
      aliases: ['pub', 'import'],
      key: 'publish',
      type: subjectRule(false),
      doc: 'Subjects the user may publish to.',
    },
    {
      name: 'subscribe',
      aliases: ['sub', 'export'],
      key: 'subscribe',
      type: subjectRule(true),
      doc: 'Subjects the user may subscribe to; an entry may name a queue group, as in "orders.> workers".',
    },
    {
      name: 'allow_responses',
      aliases: ['publish_allow_responses'],
      key: 'allowResponses',
      type: RESPONSES,
      doc: 'Lets the user answer requests it received, and publish nothing else unless it is told what.',
    },
  ],
  {
    messages: {
      wrongType: (got) => `Expected permissions to be a map/struct, got ${kindOf(got)}`,
      unknownField: unknownPermission,
    },
  },
);

export type ResolvedPermissions = ResolvedOf<typeof PERMISSIONS>;
