/** Lists in pages. Pure functions. */
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

/** A page of the names of these streams, which are in order. */
export function namesPage(streams: readonly StreamConfig[], offset: bigint) {
  const { items, ...paged } = pageOf(streams, offset, NAMES_PER_PAGE);
  return { ...paged, streams: items.map(({ name }) => name) };
}

/** Why a stream is not open. */
export interface Offline {
  readonly offline: string;
}

/**
 * A page of what `tell` says about these streams, which are in order; streams that are not open are only named, and fill no
 * page.
 */
export function listPage(
  streams: readonly StreamConfig[],
  offset: bigint,
  tell: (stream: StreamConfig) => StreamInfo | Offline,
) {
  const begin = beginOf(streams.length, offset);
  const infos: StreamInfo[] = [];
  const offline = new Map<string, string>();
  for (let at = begin; at < streams.length && infos.length < STREAMS_PER_PAGE; at += 1) {
    const stream = streams[at] as StreamConfig;
    const told = tell(stream);
    if ('offline' in told) offline.set(stream.name, told.offline);
    else infos.push(told);
  }
  return { ...frame(streams.length, begin, STREAMS_PER_PAGE), streams: infos, missing: [...offline.keys()], offline };
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
