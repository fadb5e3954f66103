/** Random requests: few values for each field, so that they meet and contradict each other. */
import fc from 'fast-check';
import type { Step } from './cases.js';

const SECOND = 1_000_000_000;
const NAMES = ['A', 'B', 'C'];
const SUBJECTS = [
  'a',
  'b',
  'a.*',
  'a.b',
  '*.b',
  'b.>',
  'c',
  '>',
  '$JS.EVENT.x',
  '$JS.API.x',
  '$SYS.x',
  'a..b',
  'a b',
  'A',
  '',
];
const DESTINATIONS = [
  'x',
  'x.$1',
  'x.>',
  '>',
  'x.{{wildcard(1)}}',
  'x.{{partition(3,1)}}',
  'x.$3',
  'a',
  '',
  'x.*',
  'x..y',
];

const PIECES = [
  ...'{}[],:"\\-.eE05tfn \n\u0001\u007fé',
  '',
  'null',
  'true',
  '""',
  '\\u00e',
  '\\ud83d',
  '{}',
  '1e5',
  '"x":1,',
];

const one = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const often = <T>(usual: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: seldom });
const some = <T extends Record<string, fc.Arbitrary<unknown>>>(model: T) => fc.record(model, { requiredKeys: [] });

const name = often(one(...NAMES), one('', 'a.b', 'D'));
const subject = often(one(...SUBJECTS.slice(0, 7)), one(...SUBJECTS));
/** We refuse to republish what has blanks: no message has such a subject. nats-server takes it, without effect. */
const republished = subject.filter((text) => !text.includes(' '));
const transform = some({ src: often(subject, one('')), dest: one(...DESTINATIONS) });
const count = one(-2, -1, 0, 1, 7);
const age = one(-1, 0, 1, 100_000_000, SECOND, 60 * SECOND, 300 * SECOND);
const flag = fc.boolean();

const source = fc.record(
  {
    name,
    opt_start_seq: one(0, 5),
    opt_start_time: one(null, '2026-01-01T00:00:00Z', '2026-01-01T01:02:03.5+02:00'),
    filter_subject: subject,
    subject_transforms: fc.array(transform, { maxLength: 2 }),
    external: some({ api: one('', 'x', 'x.*', '$JS.API', '$JS.h.API'), deliver: one('', 'd', 'd.*') }),
    consumer: some({ name: one('c', 'e', ''), deliver_subject: one('d', 'd.*', '') }),
  },
  { requiredKeys: ['name'] },
);

/** Most requests name few fields, so that many of them succeed. */
const FIELDS: Record<string, fc.Arbitrary<unknown>> = {
  description: one('', 'd<'),
  subjects: fc.array(subject, { maxLength: 3 }),
  retention: one('limits', 'interest', 'workqueue', 'zz'),
  max_consumers: count,
  max_msgs: count,
  max_bytes: one(-2, -1, 0, 1, 1_000_000, 5_000_000_000),
  max_age: age,
  max_msgs_per_subject: count,
  max_msg_size: count,
  discard: one('old', 'new', 'New'),
  storage: one('memory', 'memory', 'file'),
  num_replicas: often(one(0, 1), one(-1, 2, 6)),
  no_ack: flag,
  duplicate_window: age,
  placement: one(null, {}, { cluster: 'c' }, { preferred: 'p' }, { tags: ['t'] }),
  mirror: often(source, fc.constant(null) as fc.Arbitrary<never>),
  sources: fc.array(often(source, fc.constant(null) as fc.Arbitrary<never>), { maxLength: 3 }),
  compression: one('none', 's2', 'zz'),
  first_seq: one(0, 1, 100),
  subject_transform: transform,
  republish: some({ src: often(republished, one('')), dest: one(...DESTINATIONS), headers_only: flag }),
  allow_direct: flag,
  mirror_direct: flag,
  discard_new_per_subject: flag,
  sealed: flag,
  deny_delete: flag,
  deny_purge: flag,
  allow_rollup_hdrs: flag,
  consumer_limits: some({ inactive_threshold: age, max_ack_pending: count }),
  allow_msg_ttl: flag,
  subject_delete_marker_ttl: age,
  allow_msg_counter: flag,
  allow_atomic: flag,
  allow_msg_schedules: flag,
  persist_mode: one('', 'default', 'async'),
  allow_batched: flag,
  metadata: fc.dictionary(one('a', 'b', '_nats.req.level', '_nats.ver', '_nats.level'), one('', '1')),
  pedantic: flag,
  zork: flag,
};

const usual = Object.keys(FIELDS).filter((field) => field !== 'zork');

const fields = often(fc.subarray(usual, { maxLength: 5 }), fc.subarray(Object.keys(FIELDS))).chain((chosen) =>
  fc.record(Object.fromEntries(chosen.map((field) => [field, FIELDS[field] as fc.Arbitrary<unknown>]))),
);

/**
 * For nats-server a stream that was made with an empty list is another one than the same without it; we see no difference.
 */
function withoutEmptyLists(_: string, value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

const step: fc.Arbitrary<Step> = fc
  .record({ verb: one('CREATE' as const, 'UPDATE' as const), name: one(...NAMES), wrong: fc.nat(30), fields })
  .map(({ verb, name: stream, wrong, fields: said }) => {
    const body = JSON.stringify({ name: wrong === 0 ? 'B' : stream, ...said }, withoutEmptyLists);
    return [verb, body, stream];
  });

/** Some requests about the same few streams. */
export const steps = fc.array(step, { minLength: 1, maxLength: 5 });

/** A request whose body is damaged in a place or two: mostly no JSON any more, or not what was meant. */
export const damaged = fc
  .record({
    step,
    cuts: fc.array(
      fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(3), put: one(...PIECES) }),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .map(({ step: [verb, body, stream = 'A'], cuts }): Step => {
    const text = cuts.reduce((damagedBody, { at, length, put }) => {
      const start = Math.floor(at * damagedBody.length);
      return damagedBody.slice(0, start) + put + damagedBody.slice(start + length);
    }, body);
    return [verb, text, stream];
  })
  // Our words for times that are none are not those of Go.
  .filter(([, body]) => !/opt_start_time/i.test(body));
