/** The configuration of a stream, as requests and answers have it. */
import { list, map, optional } from './containers.js';
import type { ValueOf } from './kind.js';
import { bool, duration, instant, int, int32, int64, text, textWords, uint64, words } from './scalars.js';
import { always, embedded, struct, unlessEmpty } from './struct.js';

const RETENTION = words('server.RetentionPolicy', ['limits', 'interest', 'workqueue'], { zero: 'limits' });
const DISCARD = words('server.DiscardPolicy', ['old', 'new'], { zero: 'old', anyCase: true });
/** Not set, until defaults are filled in. */
const STORAGE = words('server.StorageType', ['file', 'memory'], { zero: '' });
const COMPRESSION = textWords('server.StoreCompression', ['none', 's2'], {
  zero: 'none',
  problem: 'unknown compression algorithm',
});
const PERSIST_MODE = words('server.PersistModeType', ['default', 'async'], {
  zero: 'default',
  also: { '': 'default' },
});

const PLACEMENT = struct('Placement', {
  cluster: unlessEmpty(text),
  tags: unlessEmpty(list(text)),
  preferred: unlessEmpty(text),
});

export const SUBJECT_TRANSFORM = struct('SubjectTransformConfig', {
  src: always(text),
  dest: always(text),
});

export const EXTERNAL_STREAM = struct('ExternalStream', {
  api: always(text),
  deliver: always(text),
});

const SOURCE_CONSUMER = struct('StreamConsumerSource', {
  name: unlessEmpty(text),
  deliver_subject: unlessEmpty(text),
});

const STREAM_SOURCE = struct('StreamSource', {
  name: always(text),
  opt_start_seq: unlessEmpty(uint64),
  opt_start_time: unlessEmpty(optional(instant)),
  filter_subject: unlessEmpty(text),
  subject_transforms: unlessEmpty(list(SUBJECT_TRANSFORM)),
  external: unlessEmpty(optional(EXTERNAL_STREAM)),
  consumer: unlessEmpty(optional(SOURCE_CONSUMER)),
});

const REPUBLISH = struct('RePublish', {
  src: unlessEmpty(text),
  dest: always(text),
  headers_only: unlessEmpty(bool),
});

const CONSUMER_LIMITS = struct('StreamConsumerLimits', {
  inactive_threshold: unlessEmpty(duration),
  max_ack_pending: unlessEmpty(int),
});

export const STREAM_CONFIG = struct('StreamConfig', {
  name: always(text),
  description: unlessEmpty(text),
  subjects: unlessEmpty(list(text)),
  retention: always(RETENTION),
  max_consumers: always(int),
  max_msgs: always(int64),
  max_bytes: always(int64),
  max_age: always(duration),
  max_msgs_per_subject: always(int64),
  max_msg_size: unlessEmpty(int32),
  discard: always(DISCARD),
  storage: always(STORAGE),
  num_replicas: always(int),
  no_ack: unlessEmpty(bool),
  duplicate_window: unlessEmpty(duration),
  placement: unlessEmpty(optional(PLACEMENT)),
  mirror: unlessEmpty(optional(STREAM_SOURCE)),
  /** An entry may be missing (`null`); such a configuration is refused. */
  sources: unlessEmpty(list(optional(STREAM_SOURCE))),
  compression: always(COMPRESSION),
  first_seq: unlessEmpty(uint64),
  subject_transform: unlessEmpty(optional(SUBJECT_TRANSFORM)),
  republish: unlessEmpty(optional(REPUBLISH)),
  allow_direct: always(bool),
  mirror_direct: always(bool),
  discard_new_per_subject: unlessEmpty(bool),
  sealed: always(bool),
  deny_delete: always(bool),
  deny_purge: always(bool),
  allow_rollup_hdrs: always(bool),
  consumer_limits: always(CONSUMER_LIMITS),
  allow_msg_ttl: always(bool),
  subject_delete_marker_ttl: unlessEmpty(duration),
  allow_msg_counter: unlessEmpty(bool),
  allow_atomic: unlessEmpty(bool),
  allow_msg_schedules: unlessEmpty(bool),
  persist_mode: unlessEmpty(PERSIST_MODE),
  allow_batched: unlessEmpty(bool),
  metadata: unlessEmpty(map(text)),
});

/** What STREAM.CREATE and STREAM.UPDATE are asked. */
export const STREAM_CONFIG_REQUEST = struct('StreamConfigRequest', {
  ...embedded('StreamConfig', STREAM_CONFIG),
  pedantic: unlessEmpty(bool),
});

export type StreamConfig = ValueOf<typeof STREAM_CONFIG>;
export type StreamConfigRequest = ValueOf<typeof STREAM_CONFIG_REQUEST>;
export type StreamSource = ValueOf<typeof STREAM_SOURCE>;
export type SubjectTransform = ValueOf<typeof SUBJECT_TRANSFORM>;

/** A configuration that says only what is given; for programs and tests. */
export function streamConfig(values: Partial<StreamConfig> = {}): StreamConfig {
  return { ...STREAM_CONFIG.zero(), ...values };
}
