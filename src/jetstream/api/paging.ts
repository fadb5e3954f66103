/** Lists in pages, and what a filter leaves of them. Pure functions. */
import { overlap } from '../../config/index.js';
import { compareBytes } from '../messages/containers.js';
import type { StreamConfig } from '../messages/stream-config.js';
import type { StreamInfo } from '../messages/stream-info.js';

export const NAMES_PER_PAGE = 1024;
export const STREAMS_PER_PAGE = 256;
export const SUBJECTS_PER_PAGE = 100_000;

export interface Page<T> {
  /** Of all, before cutting. */
  readonly total: bigint;
  /** Where the page begins: never behind the end. */
  readonly offset: bigint;
  readonly limit: bigint;
  readonly items: readonly T[];
}

/** The items from `offset` on, at most `limit` of them. */
export function pageOf<T>(items: readonly T[], offset: bigint, limit: number): Page<T> {
  const begin = beginOf(items.length, offset);
  return { ...frame(items.length, begin, limit), items: items.slice(begin, begin + limit) };
}

function beginOf(total: number, offset: bigint): number {
  if (offset < 0n) return 0;
  return offset > BigInt(total) ? total : Number(offset);
}

function frame(total: number, begin: number, limit: number) {
  return { total: BigInt(total), offset: BigInt(begin), limit: BigInt(limit) };
}

/** A stream as lists need it. */
export interface Listed {
  readonly config: StreamConfig;
  /** Why it is not open, where it is not. */
  readonly offline?: string;
}

/** Those that capture something that the filter matches, by name; an empty filter leaves all of them. */
export function filterStreams<T extends Listed>(streams: Iterable<T>, filter: string): T[] {
  const fits = ({ config }: T) => filter === '' || config.subjects.some((subject) => overlap(filter, subject));
  return [...streams].filter(fits).sort((one, other) => compareBytes(one.config.name, other.config.name));
}

export function namesPage(streams: Iterable<Listed>, filter: string, offset: bigint) {
  const names = filterStreams(streams, filter).map(({ config }) => config.name);
  const { items, ...paged } = pageOf(names, offset, NAMES_PER_PAGE);
  return { ...paged, streams: items };
}

/** What is told of each stream comes from `infoOf`; those that are not open are only named, and fill no page. */
export function listPage<T extends Listed>(
  streams: Iterable<T>,
  filter: string,
  offset: bigint,
  infoOf: (stream: T) => StreamInfo,
) {
  const all = filterStreams(streams, filter);
  const begin = beginOf(all.length, offset);
  const shown = untilFull(all.slice(begin));
  const offline = shown.flatMap(({ config, offline: reason }) =>
    reason === undefined ? [] : [[config.name, reason] as const],
  );
  return {
    ...frame(all.length, begin, STREAMS_PER_PAGE),
    streams: shown.filter((stream) => stream.offline === undefined).map(infoOf),
    missing: offline.map(([name]) => name),
    offline: new Map(offline),
  };
}

function untilFull<T extends Listed>(streams: readonly T[]): readonly T[] {
  let open = 0;
  const last = streams.findIndex((stream) => {
    if (stream.offline === undefined) open += 1;
    return open === STREAMS_PER_PAGE;
  });
  return last < 0 ? streams : streams.slice(0, last + 1);
}

/**
 * The subjects of a stream with their numbers of messages: all, or a page where there are more, or where an offset is
 * given. Without any there is no page.
 */
export function subjectsPage(counts: ReadonlyMap<string, bigint>, offset: bigint) {
  const limit = SUBJECTS_PER_PAGE;
  if (counts.size === 0) return { ...frame(0, 0, 0), subjects: counts };
  if (offset <= 0n && counts.size <= limit) return { ...frame(counts.size, 0, limit), subjects: counts };
  const sorted = [...counts].sort(([one], [other]) => compareBytes(one, other));
  const begin = beginOf(sorted.length, offset);
  // The offset is told as it was given.
  return {
    ...frame(counts.size, begin, limit),
    offset: offset < 0n ? 0n : offset,
    subjects: new Map(sorted.slice(begin, begin + limit)),
  };
}
