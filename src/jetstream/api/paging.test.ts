import { expect, test } from 'vitest';
import { type StreamConfig, streamConfig } from '../messages/stream-config.js';
import { STREAM_INFO } from '../messages/stream-info.js';
import { listPage, NAMES_PER_PAGE, namesPage, pageOf, SUBJECTS_PER_PAGE, subjectsPage } from './paging.js';

const stream = (name: string) => streamConfig({ name });

test.each([
  [0n, 0n, 'abc'],
  [-5n, 0n, 'abc'],
  [2n, 2n, 'cde'],
  [5n, 5n, ''],
  [2n ** 62n, 5n, ''],
])('API-26 the page from %d on', (offset, begin, items) => {
  const page = pageOf([...'abcde'], offset, 3);
  expect(page).toEqual({ total: 5n, offset: begin, limit: 3n, items: [...items] });
});

test('API-25 a page of names', () => {
  const streams = Array.from({ length: NAMES_PER_PAGE + 5 }, (_, at) => stream(`s${at}`));
  const { total, limit, streams: names } = namesPage(streams, 0n);
  expect([total, limit, names.length, names[0]]).toEqual([1029n, 1024n, 1024, 's0']);
  expect(namesPage(streams, 1024n).streams).toHaveLength(5);
});

test('API-25, API-41 a list of infos; streams that are not open are named', () => {
  const names = ['a', ...Array.from({ length: 300 }, (_, at) => `s${at}`), 't'];
  names.splice(100, 0, 'parked');
  const tell = (config: StreamConfig) => {
    return config.name.startsWith('s') ? { ...STREAM_INFO.zero(), config } : { offline: 'why' };
  };
  const first = listPage(names.map(stream), 0n, tell);
  expect([first.total, first.streams.length, first.missing]).toEqual([303n, 256, ['a', 'parked']]);
  const second = listPage(names.map(stream), 258n, tell);
  expect([second.offset, second.streams.length, [...second.offline]]).toEqual([258n, 44, [['t', 'why']]]);
});

test('API-29 the subjects of a stream', () => {
  const counts = (length: number) => new Map(Array.from({ length }, (_, at) => [`s${at + 1_000_000}`, 1n] as const));
  expect(subjectsPage(counts(0), 5n)).toEqual({ total: 0n, offset: 0n, limit: 0n, subjects: new Map() });
  const few = counts(3);
  expect(subjectsPage(few, 0n)).toEqual({ total: 3n, offset: 0n, limit: 100_000n, subjects: few });
  expect([...subjectsPage(few, 2n).subjects.keys()]).toEqual(['s1000002']);
  expect(subjectsPage(few, 9n)).toMatchObject({ offset: 9n, subjects: new Map() });
  const many = subjectsPage(counts(SUBJECTS_PER_PAGE + 7), 0n);
  expect([many.total, many.subjects.size]).toEqual([100_007n, 100_000]);
});
