/** The answers to requests about accounts and streams, and how requests about consumers are refused. */
import { ACCOUNT_INFO } from './account-info.js';
import { answer } from './answer.js';
import { list, listOrNull, map, optional } from './containers.js';
import { bool, instant, int, text, uint64 } from './scalars.js';
import { STREAM_CONFIG } from './stream-config.js';
import { STREAM_INFO, STREAM_STATE } from './stream-info.js';
import { always, struct, unlessEmpty } from './struct.js';

const PAGED = { total: always(int), offset: always(int), limit: always(int) };
const SUCCESS = { success: unlessEmpty(bool) };

export const ACCOUNT_INFO_ANSWER = answer('account_info', { part: ACCOUNT_INFO });
export const STREAM_CREATE_ANSWER = answer('stream_create', {
  part: STREAM_INFO,
  last: { did_create: unlessEmpty(bool) },
});
export const STREAM_UPDATE_ANSWER = answer('stream_update', { part: STREAM_INFO });
export const STREAM_NAMES_ANSWER = answer('stream_names', {
  first: PAGED,
  last: { streams: always(listOrNull(text)) },
});
export const STREAM_LIST_ANSWER = answer('stream_list', {
  first: PAGED,
  last: {
    streams: always(list(STREAM_INFO)),
    missing: unlessEmpty(list(text)),
    offline: unlessEmpty(map(text)),
  },
});
export const STREAM_INFO_ANSWER = answer('stream_info', { first: PAGED, part: STREAM_INFO });
export const STREAM_DELETE_ANSWER = answer('stream_delete', { last: SUCCESS });
export const STREAM_PURGE_ANSWER = answer('stream_purge', { last: { ...SUCCESS, purged: always(uint64) } });
export const STREAM_SNAPSHOT_ANSWER = answer('stream_snapshot', {
  part: struct('JSApiStreamSnapshotResponse', {
    config: unlessEmpty(optional(STREAM_CONFIG)),
    state: unlessEmpty(optional(STREAM_STATE)),
  }),
});
export const STREAM_RESTORE_ANSWER = answer('stream_restore', { last: { deliver_subject: always(text) } });
/** Messages are answered with by the data plane. */
export const MSG_GET_ANSWER = answer('stream_msg_get');
export const MSG_DELETE_ANSWER = answer('stream_msg_delete', { last: SUCCESS });
export const ACCOUNT_PURGE_ANSWER = answer('account_purge', { last: { initiated: unlessEmpty(bool) } });
/** What these say with an error as well. */
export const CONSUMER_NAMES_REFUSAL = answer('consumer_names', {
  first: PAGED,
  last: { consumers: always(list(text)) },
});
export const CONSUMER_LIST_REFUSAL = answer('consumer_list', {
  first: PAGED,
  last: { consumers: always(list(text)) },
});
export const CONSUMER_PAUSE_REFUSAL = answer('consumer_pause', {
  last: { paused: always(bool), pause_until: always(instant) },
});
/** To requests of the system account. */
export const SYSTEM_ANSWER = answer('system');
