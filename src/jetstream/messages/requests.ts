/** What requests about streams may say in their bodies, beside the configuration of a stream. */
import { list, optional } from './containers.js';
import { bool, instant, int, text, uint64 } from './scalars.js';
import { STREAM_CONFIG } from './stream-config.js';
import { STREAM_STATE } from './stream-info.js';
import { always, embedded, struct, unlessEmpty } from './struct.js';

const PAGED = struct('ApiPagedRequest', { offset: always(int) });

export const STREAM_NAMES_REQUEST = struct('JSApiStreamNamesRequest', {
  ...embedded('ApiPagedRequest', PAGED),
  subject: unlessEmpty(text),
});

export const STREAM_LIST_REQUEST = struct('JSApiStreamListRequest', {
  ...embedded('ApiPagedRequest', PAGED),
  subject: unlessEmpty(text),
});

export const STREAM_INFO_REQUEST = struct('JSApiStreamInfoRequest', {
  ...embedded('ApiPagedRequest', PAGED),
  deleted_details: unlessEmpty(bool),
  subjects_filter: unlessEmpty(text),
});

export const STREAM_PURGE_REQUEST = struct('JSApiStreamPurgeRequest', {
  seq: unlessEmpty(uint64),
  filter: unlessEmpty(text),
  keep: unlessEmpty(uint64),
});

export const MSG_DELETE_REQUEST = struct('JSApiMsgDeleteRequest', {
  seq: always(uint64),
  no_erase: unlessEmpty(bool),
});

export const MSG_GET_REQUEST = struct('JSApiMsgGetRequest', {
  seq: unlessEmpty(uint64),
  last_by_subj: unlessEmpty(text),
  next_by_subj: unlessEmpty(text),
  batch: unlessEmpty(int),
  max_bytes: unlessEmpty(int),
  start_time: unlessEmpty(optional(instant)),
  multi_last: unlessEmpty(list(text)),
  up_to_seq: unlessEmpty(uint64),
  up_to_time: unlessEmpty(optional(instant)),
  no_hdr: unlessEmpty(bool),
});

export const STREAM_SNAPSHOT_REQUEST = struct('JSApiStreamSnapshotRequest', {
  deliver_subject: always(text),
  no_consumers: unlessEmpty(bool),
  chunk_size: unlessEmpty(int),
  window_size: unlessEmpty(int),
  jsck: unlessEmpty(bool),
});

export const STREAM_RESTORE_REQUEST = struct('JSApiStreamRestoreRequest', {
  config: always(STREAM_CONFIG),
  state: always(STREAM_STATE),
});
