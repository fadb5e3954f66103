import { describe, expect, test } from 'vitest';
import { errorOf, requestOf, TestAccount } from '../testing/account.js';
import { createStream } from './create.js';

const SECOND = 1_000_000_000;

/** What a fresh account says of a stream with these fields. */
function refusal(fields: object | string, given?: ConstructorParameters<typeof TestAccount>[0]): string | undefined {
  return errorOf(() => new TestAccount(given).create(fields));
}

describe('STR-2 to STR-5 what is filled in', () => {
  test('STR-3 limits that are no limits', () => {
    const names = ['max_consumers', 'max_msgs', 'max_bytes', 'max_msgs_per_subject', 'max_msg_size'] as const;
    for (const given of [0, -1, -7]) {
      const config = new TestAccount().create(Object.fromEntries(names.map((name) => [name, given])));
      expect(names.map((name) => config[name])).toEqual(names.map(() => -1n));
    }
  });

  test('STR-2 direct gets are never switched on', () => {
    expect(new TestAccount().create({ max_msgs_per_subject: 1 }).allow_direct).toBe(false);
  });

  test.each([
    [{}, 0n, 120n],
    [{ max_age: 60 * SECOND }, 0n, 60n],
    [{}, 30n, 30n],
    [{ max_age: 20 * SECOND }, 30n, 20n],
    [{ mirror: { name: 'B' } }, 0n, 0n],
    [{ sources: [{ name: 'B' }] }, 0n, 0n],
  ])('STR-4 the window of %j with a limit of %d s', (fields, limit, seconds) => {
    const account = new TestAccount({ duplicateWindowMax: limit * BigInt(SECOND) });
    expect(account.create(fields).duplicate_window).toBe(seconds * BigInt(SECOND));
  });

  test.each([{ subject_delete_marker_ttl: SECOND }, { allow_msg_schedules: true }])(
    'STR-5 %j needs roll-ups',
    (fields) => {
      const config = new TestAccount().create({ ...fields, deny_purge: true });
      expect(config).toMatchObject({ allow_rollup_hdrs: true, deny_purge: false });
      expect(config.allow_msg_ttl).toBe('subject_delete_marker_ttl' in fields);
    },
  );

  test('the name is the subject of a stream that says no other', () => {
    expect(new TestAccount().create({}).subjects).toEqual(['A']);
    expect(new TestAccount().create({ mirror: { name: 'B' } }).subjects).toEqual([]);
  });
});

describe('API-16, API-21, API-22 the order of the checks', () => {
  test.each([
    ['', '10056 stream name in subject does not match request'],
    ['{"name":"B","sealed":true}', '10056 stream name in subject does not match request'],
    ['{"name":"A","sealed":true,"mirror_direct":true}', '10052 stream configuration for create can not be sealed'],
    ['{"name":"A","mirror_direct":true,"max_age":-1}', '10052 stream has no mirror but does have mirror direct'],
    ['{"name":"A","num_replicas":3,"max_age":-1}', '10052 max age can not be negative'],
    ['{"name":"A","num_replicas":3}', '10074 replicas > 1 not supported in non-clustered mode'],
  ])('%s', (body, error) => {
    expect(refusal(body)).toBe(error);
  });

  test.each(['a/b', 'a\\b'])('path separators in %s', (name) => {
    const account = new TestAccount();
    expect(errorOf(() => account.create({ name }, name))).toBe('10128 Stream name can not contain path separators');
  });

  test('reservations come before the configuration, where the storage is said', () => {
    const given = { file: 100n };
    expect(refusal({ storage: 'file', max_bytes: 101, max_age: -1 }, given)).toMatch(/^10047/);
    expect(refusal({ max_bytes: 101, max_age: -1 }, given)).toMatch(/^10052/);
    expect(refusal({ max_bytes: 101 }, given)).toMatch(/^10047/);
  });
});

describe('API-24, STR-15 names and texts', () => {
  const NAME = "10052 stream name is required and can not contain '.', '*', '>', '\\', '/'";

  test.each(['', 'a.b', 'a*', 'a>', 'a b', 'a\tb', 'a\nb'])('%j is no name', (name) => {
    expect(errorOf(() => createStream(name, requestOf({}, name), new TestAccount().surroundings()))).toBe(NAME);
  });

  test.each(['a%sb', 'é', 'x'.repeat(255)])('%s is one', (name) => {
    expect(new TestAccount().create({}, name).name).toBe(name);
  });

  test.each([
    [{ description: 'é'.repeat(2049) }, 'stream description is too long, maximum allowed is 4096'],
    [{ metadata: { a: 'x'.repeat(131_072) } }, 'stream metadata exceeds maximum size of 131072 bytes'],
  ])('texts that are too long', (fields, problem) => {
    expect(refusal(fields)).toBe(`10052 ${problem}`);
  });

  test('a name that is too long', () => {
    const name = 'x'.repeat(256);
    expect(errorOf(() => new TestAccount().create({}, name))).toMatch(/^10052 stream name is too long/);
  });
});

/** Fields, `code text`. */
const ROWS: readonly (readonly [object, string])[] = [
  [{ num_replicas: 6 }, '10052 maximum replicas is 5'],
  [{ num_replicas: -1 }, '10133 replicas count cannot be negative'],
  [{ max_age: -1 }, '10052 max age can not be negative'],
  [{ max_age: 99_999_999 }, '10052 max age needs to be >= 100ms'],
  [{ duplicate_window: -1 }, '10052 duplicates window can not be negative'],
  [{ duplicate_window: 2 * SECOND, max_age: SECOND }, '10052 duplicates window can not be larger then max age'],
  [{ duplicate_window: 99_999_999 }, '10052 duplicates window needs to be >= 100ms'],
  [{ deny_purge: true, allow_rollup_hdrs: true }, '10052 roll-ups require the purge permission'],
  [{ allow_msg_counter: true, discard: 'new' }, '10052 counter stream cannot use discard new'],
  [{ allow_msg_counter: true, allow_msg_ttl: true }, '10052 counter stream cannot use message TTLs'],
  [{ allow_msg_counter: true, allow_msg_schedules: true }, '10052 counter stream cannot use message schedules'],
  [{ allow_msg_counter: true, retention: 'workqueue' }, '10052 counter stream can only use limits retention'],
  [{ discard_new_per_subject: true }, '10052 discard new per subject requires discard new policy to be set'],
  [
    { discard_new_per_subject: true, discard: 'new' },
    '10052 discard new per subject requires max msgs per subject > 0',
  ],
  [{ subject_delete_marker_ttl: 1 }, '10052 subject delete marker TTL must be at least 1 second'],
  [{ subject_delete_marker_ttl: -1 }, '10052 subject delete marker TTL must not be negative'],
  [{ allow_msg_schedules: true, discard: 'new' }, '10052 message scheduling cannot use discard new'],
  [{ persist_mode: 'async', storage: 'memory' }, '10052 async persist mode is only supported on file storage'],
  [{ persist_mode: 'async', num_replicas: 3 }, '10052 async persist mode is not supported on replicated streams'],
  [
    { persist_mode: 'async', allow_atomic: true },
    '10052 async persist mode is not supported with atomic batch publish',
  ],
  [{ placement: { preferred: 's' } }, '10052 preferred server not permitted in placement'],
];

const MIRROR_ROWS: readonly (readonly [object, string])[] = [
  [{ first_seq: 1 }, '10143'],
  [{ subjects: ['a'] }, '10034'],
  [{ sources: [{ name: 'C' }] }, '10031'],
  [{ allow_msg_counter: true }, '10173'],
  [{ allow_atomic: true }, '10198'],
  [{ allow_batched: true }, '10209'],
  [{ allow_msg_schedules: true }, '10186'],
  [{ subject_delete_marker_ttl: SECOND }, '10052 subject delete markers forbidden on mirrors'],
  [{ mirror: { name: 'B', consumer: { name: 'c', deliver_subject: 'd.*' } } }, '10213'],
  [{ mirror: { name: 'B', filter_subject: 'f', consumer: { name: 'c', deliver_subject: 'd' } } }, '10213'],
  [{ mirror: { name: 'B', filter_subject: 'f', subject_transforms: [{ src: 'a', dest: 'b' }] } }, '10150'],
  [
    { mirror: { name: 'B', subject_transforms: [{ src: 'a b', dest: 'b' }] } },
    '10151 mirror transform source: invalid subject a b',
  ],
  [{ mirror: { name: 'B', subject_transforms: [{ src: 'a', dest: 'b..c' }] } }, '10154'],
  [{ mirror: { name: 'B', subject_transforms: [{ src: 'a.*' }, { src: 'a.b' }] } }, '10152'],
  [{ mirror: { name: 'a.b' } }, '10142'],
  [{ mirror: { name: 'B', filter_subject: 'a..b' } }, "10049 subject filter 'a..b' for the mirror invalid subject"],
  [{ mirror: { external: { api: 'x', deliver: 'd.*' } } }, '10024'],
  [
    { mirror: { external: { api: 'x.*' } } },
    '10052 stream external api prefix "x.*" must be a valid subject without wildcards',
  ],
  [
    { mirror: { external: { api: '$JS.API' } } },
    '10021 stream external api prefix $JS.API must not overlap with $JS.API',
  ],
  [{ mirror: { name: 'A' } }, '10052 detected cycle'],
];

const SOURCE_ROWS: readonly (readonly [readonly unknown[], string])[] = [
  [[null], '10141'],
  [[{ name: 'a b' }], '10141'],
  [[{ name: 'B' }, { name: 'B', filter_subject: '>' }], '10140'],
  [[{ name: 'B', filter_subject: 'f', subject_transforms: [{ src: 'a' }] }], '10144'],
  [[{ name: 'B', subject_transforms: [{ src: 'a..b' }] }], '10145 source transform source: invalid subject a..b'],
  [[{ name: 'B', subject_transforms: [{ src: 'a', dest: 'b.*' }] }], '10146 source transform: invalid subject'],
  [[{ name: 'B', subject_transforms: [{ src: 'a.b' }, { src: 'a.*' }] }], '10147'],
  [[{ name: 'B', consumer: {} }], '10215'],
  [
    [
      { name: 'B', consumer: { name: 'c', deliver_subject: 'd' }, subject_transforms: [{ src: 'a' }] },
      { name: 'B', consumer: { name: 'c', deliver_subject: 'e' } },
    ],
    '10216',
  ],
  [[{ name: 'B', filter_subject: 'a..b' }], "10049 subject filter 'a..b' for the source: invalid subject"],
  [[{ name: 'A' }], '10052 detected cycle'],
];

const SUBJECT_ROWS: readonly (readonly [object, string])[] = [
  [{ subjects: ['a..b'] }, 'invalid subject'],
  [{ subjects: ['>'] }, 'capturing all subjects requires no-ack to be true'],
  [{ subjects: ['>'], no_ack: true, num_replicas: 3 }, 'capturing all subjects requires replicas of 1'],
  [{ subjects: ['$JS.API.>'] }, 'subjects that overlap with jetstream api require no-ack to be true'],
  [{ subjects: ['$NRG.x'] }, 'subjects that overlap with jetstream api require no-ack to be true'],
  [{ subjects: ['*.x'] }, 'subjects that overlap with jetstream api require no-ack to be true'],
  [{ subjects: ['$SYS.>'] }, 'subjects that overlap with system api require no-ack to be true'],
  [{ subjects: ['q.*', 'q.1'] }, 'subject "q.*" overlaps with "q.1"'],
  [{ subjects: ['q', 'q'] }, 'subject "q" overlaps with "q"'],
];

describe('STR-15 configurations that can not be', () => {
  test.each(ROWS)('%j: %s', (fields, error) => {
    expect(refusal(fields)).toBe(error);
  });

  test.each(MIRROR_ROWS)('a mirror with %j: %s', (fields, error) => {
    expect(refusal({ mirror: { name: 'B' }, ...fields })?.startsWith(error)).toBe(true);
  });

  test.each(SOURCE_ROWS)('sources %j: %s', (sources, error) => {
    expect(refusal({ sources })?.startsWith(error)).toBe(true);
  });

  test('sources and schedules', () => {
    expect(refusal({ sources: [{ name: 'B' }], allow_msg_schedules: true })).toMatch(/^10187/);
  });

  test.each(SUBJECT_ROWS)('%j: %s', (fields, problem) => {
    expect(refusal(fields)).toBe(`10052 ${problem}`);
  });

  test.each(['$JS.EVENT.>', '$SYS.ACCOUNT.x.>'])('advisories on %s may be captured', (subject) => {
    expect(refusal({ subjects: [subject] })).toBeUndefined();
  });

  test('the limit of the server for windows', () => {
    const given = { duplicateWindowMax: 60n * BigInt(SECOND) };
    const problem = 'duplicates window can not be larger then server limit of 1m0s';
    expect(refusal({ duplicate_window: 61 * SECOND }, given)).toBe(`10052 ${problem}`);
  });

  test.each(['mirror', 'sources'])('messages that are too large for the target of a %s', (kind) => {
    const account = new TestAccount();
    account.create({ max_msg_size: 100 }, 'B');
    const from = kind === 'mirror' ? { mirror: { name: 'B' } } : { sources: [{ name: 'B' }] };
    const error = kind === 'mirror' ? /^10030/ : /^10046/;
    expect(errorOf(() => account.create({ ...from, max_msg_size: 99 }))).toMatch(error);
    expect(errorOf(() => account.create({ ...from, max_msg_size: 100 }))).toBeUndefined();
  });

  test.each([
    ['', true],
    ['a', true],
    ['x', false],
  ])('a circle through the filter %j', (filter, isCircle) => {
    const account = new TestAccount();
    account.create({ subjects: ['a'], sources: [{ name: 'C', filter_subject: filter }] }, 'B');
    const error = errorOf(() => account.create({ subjects: ['c'], sources: [{ name: 'B' }] }, 'C'));
    expect(error).toBe(isCircle ? '10052 detected cycle' : undefined);
  });

  test('a delivery prefix over the subjects of an origin', () => {
    const account = new TestAccount();
    account.create({ subjects: ['>'], no_ack: true }, 'D');
    const sources = [{ name: 'D' }, { name: 'E', external: { api: 'x', deliver: 'd' } }];
    expect(errorOf(() => account.create({ sources }))).toMatch(/^10022 .* prefix d overlaps with stream subject >/);
  });

  test('a net of streams in which each step doubles the ways is refused in time', () => {
    const account = new TestAccount();
    const layer = (at: number) => ['a', 'b'].map((half) => ({ name: `${at}${half}` }));
    for (let at = 1; at < 40; at += 1) {
      for (const { name } of layer(at)) {
        account.streams.put(requestOf({ subjects: [name], sources: layer(at + 1) }, name));
      }
    }
    expect(errorOf(() => account.create({ sources: layer(1) }))).toBe('10052 detected cycle');
  });
});

describe('configurations that would take too long to judge', () => {
  const many = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));

  test('many subjects are compared through an index', () => {
    expect(new TestAccount().create({ subjects: many(20_000, (at) => `s.${at}`) }).subjects).toHaveLength(20_000);
    const twice = [...many(20_000, (at) => `s.${at}`), 's.7', 's.*'];
    expect(refusal({ subjects: twice })).toBe('10052 subject "s.0" overlaps with "s.*"');
  });

  test('too many wildcards, too many transforms', () => {
    const subjects = [...many(5000, (at) => `*.${at}`), ...many(5000, (at) => `s.${at}.x`)];
    expect(refusal({ subjects })).toBe('10052 stream has too many subjects with wildcards');
    const subject_transforms = many(1001, (at) => ({ src: `s.${at}`, dest: 'd' }));
    expect(refusal({ mirror: { name: 'B', subject_transforms } })).toBe('10052 stream has too many subject transforms');
    const transform = (count: number) => ({
      subject_transform: { src: 'a.*', dest: `${'{{wildcard('.repeat(count)}}}` },
    });
    expect(refusal(transform(700))).toBe('10052 stream has too long subject transforms');
    expect(refusal(transform(600))).toMatch(/^10156/);
  });
});

describe('STR-15, STR-17, STR-54 transforms', () => {
  test.each([
    [{ src: 'a b', dest: 'c' }, '10155 stream transform source: invalid subject a b'],
    [
      { src: 'a.*', dest: 'c.$5' },
      '10156 stream transform: invalid mapping destination: wildcard index out of range in $5: [5]',
    ],
    [
      { src: 'a.*', dest: '{{nope(1)}}' },
      '10156 stream transform: invalid mapping destination: unknown function in {{nope(1)}}',
    ],
  ])('%j', (transform, error) => {
    expect(refusal({ subjects: ['a.>'], subject_transform: transform })).toBe(error);
  });

  test.each([
    [{ dest: 'a.x' }, '10052 stream configuration for republish destination forms a cycle'],
    [
      { src: 'x', dest: 'y.$1' },
      "10052 stream configuration for republish with transform from 'x' to 'y.$1' not valid",
    ],
  ])('republishing %j', (republish, error) => {
    expect(refusal({ subjects: ['a.>'], republish })).toBe(error);
  });

  test('an empty source is everything; everything to everything is the transformed subject', () => {
    const account = new TestAccount();
    expect(account.create({ subjects: ['a'], republish: { dest: 'x.>' } }).republish).toMatchObject({ src: '>' });
    const { republish } = account.create(
      { subjects: ['b.>'], subject_transform: { src: 'b.>', dest: 'c.>' }, republish: { dest: '>' } },
      'B',
    );
    expect(republish).toMatchObject({ src: 'c.>', dest: 'c.>' });
  });
});

describe('STR-14 the same again', () => {
  test('is a success, whatever defaults and metadata are repeated', () => {
    const account = new TestAccount();
    const config = account.create({ subjects: ['a'], metadata: { a: 'b' } });
    const metadata = { a: 'b', '_nats.req.level': '7', '_nats.ver': 'x', '_nats.level': '9' };
    const again = createStream(
      'A',
      requestOf({ subjects: ['a'], num_replicas: 1, max_msgs: -1, metadata }),
      account.surroundings(),
    );
    expect(again).toEqual({ config, exists: true });
  });

  test('with other settings, or over the subjects of others, is an error', () => {
    const account = new TestAccount();
    account.create({ subjects: ['a.b'] });
    expect(errorOf(() => account.create({ subjects: ['a.b'], max_msgs: 5 }))).toMatch(/^10058/);
    expect(errorOf(() => account.create({ subjects: ['a.*'] }, 'B'))).toMatch(/^10065/);
    expect(errorOf(() => account.create({ subjects: ['a.c'] }, 'B'))).toBeUndefined();
  });

  test('API-40 of a stream kept by another server with another level', () => {
    const account = new TestAccount();
    const config = account.create({ subjects: ['a'] });
    account.streams.put({ ...config, metadata: new Map() });
    expect(errorOf(() => account.create({ subjects: ['a'] }))).toBeUndefined();
  });
});

describe('API-42 to API-44, API-46 pedantic mode', () => {
  const pedantic = (fields: object, account = new TestAccount()) =>
    errorOf(() => account.create({ pedantic: true, ...fields }));

  test.each(['max_msgs', 'max_msgs_per_subject', 'max_bytes', 'max_msg_size', 'max_consumers'])('API-43 %s', (name) => {
    expect(pedantic({ [name]: -2 })).toBe(`10157 pedantic mode: ${name} must be set to -1`);
    expect(pedantic({ [name]: 0 })).toBeUndefined();
  });

  test.each([
    [{ max_age: SECOND }, '10157 pedantic mode: duplicate window cannot be bigger than max age'],
    [{ republish: { dest: 'x.>' } }, '10157 pedantic mode: republish source can not be empty'],
    [
      { subjects: ['a'], subject_transform: { src: 'a', dest: 'b' }, republish: { src: '>', dest: '>' } },
      '10157 pedantic mode: implicit republish based on subject transform',
    ],
    [{ subject_delete_marker_ttl: SECOND }, '10052 subject delete marker cannot be set if message TTLs are disabled'],
    [
      { subject_delete_marker_ttl: SECOND, allow_msg_ttl: true },
      '10052 subject delete marker cannot be set if roll-ups are disabled',
    ],
    [{ allow_msg_schedules: true }, '10052 message scheduling cannot be set if roll-ups are disabled'],
  ])('API-43, API-44 %j', (fields, error) => {
    expect(pedantic(fields)).toBe(error);
  });

  test('API-43 windows and mirrors', () => {
    const short = new TestAccount({ duplicateWindowMax: BigInt(SECOND) });
    expect(pedantic({}, short)).toBe('10157 pedantic mode: duplicate window limits are higher than current limits');
    const account = new TestAccount();
    account.create({ allow_direct: true }, 'B');
    expect(pedantic({ mirror: { name: 'B' } }, account)).toBe(
      '10157 pedantic mode: origin stream has direct get set, mirror has it disabled',
    );
    expect(pedantic({ mirror: { name: 'B' }, mirror_direct: true }, account)).toBeUndefined();
  });

  test('API-46 an empty placement is just dropped', () => {
    const account = new TestAccount();
    expect(pedantic({ placement: {} }, account)).toBeUndefined();
    expect(account.streams.find('A')?.placement).toBeUndefined();
  });
});
