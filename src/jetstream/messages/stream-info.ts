/** What is told about a stream: its state, where its messages come from, itself. */
import { list, map, optional } from './containers.js';
import type { ValueOf } from './kind.js';
import { duration, instant, int, text, uint64 } from './scalars.js';
import { EXTERNAL_STREAM, STREAM_CONFIG, SUBJECT_TRANSFORM } from './stream-config.js';
import { always, struct, unlessEmpty } from './struct.js';

const LOST_DATA = struct('LostStreamData', {
  msgs: always(list(uint64)),
  bytes: always(uint64),
});

export const STREAM_STATE = struct('StreamState', {
  messages: always(uint64),
  bytes: always(uint64),
  first_seq: always(uint64),
  first_ts: always(instant),
  last_seq: always(uint64),
  last_ts: always(instant),
  num_subjects: unlessEmpty(int),
  subjects: unlessEmpty(map(uint64)),
  num_deleted: unlessEmpty(int),
  deleted: unlessEmpty(list(uint64)),
  lost: unlessEmpty(optional(LOST_DATA)),
  consumer_count: always(int),
});

export const API_ERROR = struct('ApiError', {
  code: always(int),
  err_code: unlessEmpty(int),
  description: unlessEmpty(text),
});

const SOURCE_INFO = struct('StreamSourceInfo', {
  name: always(text),
  external: unlessEmpty(optional(EXTERNAL_STREAM)),
  lag: always(uint64),
  seq: unlessEmpty(uint64),
  /** Nanoseconds since something came; -1: nothing ever did. */
  active: always(duration),
  error: unlessEmpty(optional(API_ERROR)),
  filter_subject: unlessEmpty(text),
  subject_transforms: unlessEmpty(list(SUBJECT_TRANSFORM)),
});

/** Of a server on its own only the leader is told: itself. */
const CLUSTER_INFO = struct('ClusterInfo', {
  name: unlessEmpty(text),
  leader: unlessEmpty(text),
});

const ALTERNATE = struct('StreamAlternate', {
  name: always(text),
  domain: unlessEmpty(text),
  cluster: always(text),
});

export const STREAM_INFO = struct('StreamInfo', {
  config: always(STREAM_CONFIG),
  created: always(instant),
  state: always(STREAM_STATE),
  domain: unlessEmpty(text),
  cluster: unlessEmpty(optional(CLUSTER_INFO)),
  mirror: unlessEmpty(optional(SOURCE_INFO)),
  sources: unlessEmpty(list(SOURCE_INFO)),
  alternates: unlessEmpty(list(ALTERNATE)),
  /** When this was told. */
  ts: always(instant),
});

export type StreamState = ValueOf<typeof STREAM_STATE>;
export type SourceInfo = ValueOf<typeof SOURCE_INFO>;
export type StreamInfo = ValueOf<typeof STREAM_INFO>;
