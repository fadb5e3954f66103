import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isValidSubject, overlap } from '../../config/index.js';
import { type StreamConfig, streamConfig } from '../messages/stream-config.js';
import { StreamDirectory } from './directory.js';

const stream = (name: string, ...subjects: string[]) => streamConfig({ name, subjects });

function directory(...streams: StreamConfig[]): StreamDirectory {
  const result = new StreamDirectory();
  for (const config of streams) result.put(config);
  return result;
}

test.each([
  ['', ['A', 'M', 'Z']],
  ['a.b', ['A']],
  ['a', []],
  ['*.*', ['A', 'Z']],
  ['>', ['A', 'Z']],
  ['y', ['Z']],
  // As in the reference: a filter is compared as it is, not checked.
  ['a..b', ['A']],
  ['>.x', ['A', 'Z']],
])('API-27 the filter %j leaves %j', (filter, names) => {
  const streams = directory(stream('Z', 'z.*', 'y'), stream('A', 'a.>'), stream('M'));
  expect(streams.capturing(filter).map(({ name }) => name)).toEqual(names);
});

test('API-25 names are in the order of their bytes', () => {
  const names = ['\u{1f600}', '\uffee', 'b', 'a', 'B'];
  expect(
    directory(...names.map((name) => stream(name)))
      .all()
      .map(({ name }) => name),
  ).toEqual([...['B', 'a', 'b', '\uffee', '\u{1f600}']]);
});

test('a subject of any length is compared without recursion', () => {
  const long = Array.from({ length: 200_000 }, () => 'a').join('.');
  const streams = directory(stream('A', long));
  expect(streams.isTaken([long], 'B')).toBe(true);
  expect(streams.isTaken(['*.>'], 'B')).toBe(true);
  streams.remove('A');
  expect(streams.isTaken([long], 'B')).toBe(false);
});

test('as a list that is searched from end to end', () => {
  const token = fc.constantFrom('a', 'b', '*', '>');
  const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
  const valid = subject.filter(isValidSubject);
  const change = fc.record({
    name: fc.constantFrom('A', 'B', 'C', 'D'),
    subjects: fc.array(valid, { maxLength: 3 }),
    bytes: fc.bigInt({ min: -1n, max: 9n }),
    storage: fc.constantFrom('file' as const, 'memory' as const),
    removes: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), subject, (changes, filter) => {
      const [streams, list] = [new StreamDirectory(), new Map<string, StreamConfig>()];
      for (const { name, subjects, bytes, storage, removes } of changes) {
        const config = streamConfig({ name, subjects, max_bytes: bytes, storage });
        if (removes) streams.remove(name);
        else streams.put(config);
        if (removes) list.delete(name);
        else list.set(name, config);
      }
      const hits = [...list.values()].filter(({ subjects }) => subjects.some((one) => overlap(one, filter)));
      expect(streams.capturing(filter).map(({ name }) => name)).toEqual(hits.map(({ name }) => name).sort());
      expect(streams.isTaken([filter], 'A')).toBe(hits.some(({ name }) => name !== 'A'));
      for (const { storage, streams: count, reserved } of streams.groups()) {
        const group = [...list.values()].filter((config) => config.storage === storage);
        expect(count).toBe(BigInt(group.length));
        expect(reserved).toBe(group.reduce((sum, { max_bytes: bytes }) => sum + (bytes > 0n ? bytes : 0n), 0n));
      }
    }),
  );
});
