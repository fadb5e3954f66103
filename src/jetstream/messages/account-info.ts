/** What is told about an account: what it uses and may use, as a whole and for each tier. */
import { map } from './containers.js';
import type { ValueOf } from './kind.js';
import { bool, int, int64, text, uint64 } from './scalars.js';
import { always, embedded, struct, unlessEmpty } from './struct.js';

/** -1: as much as there is. */
const ACCOUNT_LIMITS = struct('JetStreamAccountLimits', {
  max_memory: always(int64),
  max_storage: always(int64),
  max_streams: always(int),
  max_consumers: always(int),
  max_ack_pending: always(int),
  memory_max_stream_bytes: always(int64),
  storage_max_stream_bytes: always(int64),
  max_bytes_required: always(bool),
});

const TIER = struct('JetStreamTier', {
  memory: always(uint64),
  storage: always(uint64),
  reserved_memory: always(uint64),
  reserved_storage: always(uint64),
  streams: always(int),
  consumers: always(int),
  limits: always(ACCOUNT_LIMITS),
});

const API_STATS = struct('JetStreamAPIStats', {
  level: always(int),
  total: always(uint64),
  errors: always(uint64),
  inflight: unlessEmpty(uint64),
});

export const ACCOUNT_INFO = struct('JetStreamAccountStats', {
  ...embedded('JetStreamTier', TIER),
  domain: unlessEmpty(text),
  api: always(API_STATS),
  tiers: unlessEmpty(map(TIER)),
});

export type AccountLimits = ValueOf<typeof ACCOUNT_LIMITS>;
export type AccountTier = ValueOf<typeof TIER>;
export type ApiStats = ValueOf<typeof API_STATS>;
export type AccountInfo = ValueOf<typeof ACCOUNT_INFO>;

/** Nothing is limited. */
export const NO_LIMITS: AccountLimits = {
  max_memory: -1n,
  max_storage: -1n,
  max_streams: -1n,
  max_consumers: -1n,
  max_ack_pending: -1n,
  memory_max_stream_bytes: -1n,
  storage_max_stream_bytes: -1n,
  max_bytes_required: false,
};

/** What an account has that says nothing about it. */
export const EMPTY_TIER: AccountTier = TIER.zero();
