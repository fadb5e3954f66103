/**
 * What an account may have, and what its streams reserve: every `max_bytes` is reserved, in the account and on the server.
 * Pure functions.
 */
import { apiError } from '../errors/api-error.js';
import type { AccountLimits } from '../messages/account-info.js';
import type { StreamConfig } from '../messages/stream-config.js';
import type { AccountStreams, Group, Surroundings } from './surroundings.js';

const INT64_MAX = 2n ** 63n - 1n;

interface Tier {
  /** Empty: one for all streams. */
  readonly name: string;
  readonly limits: AccountLimits;
}

/** The limits for streams with so many replicas; undefined: such streams can't be. */
function tierFor(replicas: bigint, limits: ReadonlyMap<string, AccountLimits>): Tier | undefined {
  const one = limits.get('');
  if (one !== undefined) return { name: '', limits: one };
  const name = tierName(replicas);
  const own = limits.get(name);
  return own && { name, limits: own };
}

export function tierName(replicas: bigint): string {
  return `R${replicas === 0n ? 1n : replicas}`;
}

/** A stream may have to say how much it stores, and may be told how much at most. Throws an `ApiError`. */
export function checkStreamBytes(config: StreamConfig, { limits }: Surroundings): StreamConfig {
  const tier = tierFor(config.num_replicas, limits);
  if (tier === undefined) return config;
  const { max_bytes_required: required, memory_max_stream_bytes: memory, storage_max_stream_bytes: file } = tier.limits;
  const most = config.storage === 'memory' ? memory : file;
  if (required && config.max_bytes <= 0n) throw apiError('streamMaxBytesRequired');
  if (most > 0n && config.max_bytes > most) throw apiError('streamMaxStreamBytesExceeded');
  return config;
}

/**
 * Before anything else about a new stream, as it is asked for: the number of streams, and what it reserves. Throws an
 * `ApiError`.
 */
export function checkNewStream(config: StreamConfig, surroundings: Surroundings): void {
  const { name, limits } = requiredTier(config.num_replicas, surroundings);
  const streams = othersOf(name, config, surroundings.streams).reduce((count, group) => count + group.streams, 0n);
  if (limits.max_streams > 0n && streams >= limits.max_streams) throw apiError('maximumStreamsLimit');
  checkReservation(config, surroundings);
}

/** Whether account and server have room for what the stream reserves. Throws an `ApiError`. */
export function checkReservation(config: StreamConfig, surroundings: Surroundings): void {
  const tier = requiredTier(config.num_replicas, surroundings);
  checkRoom(config, config.max_bytes, reservedByOthers(tier.name, config, surroundings.streams), tier, surroundings);
}

/** The same for a stream that changes: only what is added has to find room on the server. Throws an `ApiError`. */
export function checkChangedReservation(old: StreamConfig, config: StreamConfig, surroundings: Surroundings): void {
  const { limits } = surroundings;
  const tier = tierFor(config.num_replicas, limits) ?? tierFor(old.num_replicas, limits);
  if (tier === undefined) throw apiError('noLimits');
  const added = max(0n, max(config.max_bytes, 0n) - max(old.max_bytes, 0n));
  const kept = accountBytes(tier.name, config.num_replicas, config.max_bytes - added);
  const reserved = saturated(reservedByOthers(tier.name, config, surroundings.streams) + kept);
  checkRoom(config, added, reserved, tier, surroundings);
}

function requiredTier(replicas: bigint, { limits }: Surroundings): Tier {
  const tier = tierFor(replicas, limits);
  if (tier === undefined) throw apiError('noLimits');
  return tier;
}

function checkRoom(
  config: StreamConfig,
  bytes: bigint,
  reserved: bigint,
  tier: Tier,
  surroundings: Surroundings,
): void {
  const { limits } = tier;
  if (config.max_consumers > 0n && limits.max_consumers > 0n && config.max_consumers > limits.max_consumers) {
    throw apiError('maximumConsumersLimit');
  }
  // Without a limit a stream reserves nothing, but there has to be something left.
  const wanted = bytes < 0n ? 1n : bytes;
  const inAccount = accountBytes(tier.name, config.num_replicas, wanted);
  if (config.storage === 'memory') {
    const fits = hasRoom(limits.max_memory, reserved, inAccount) && fitsIn(surroundings.memory, wanted);
    if (!fits) throw apiError('memoryResourcesExceeded');
  } else if (config.storage === 'file') {
    const fits = hasRoom(limits.max_storage, reserved, inAccount) && fitsIn(surroundings.file, wanted);
    if (!fits) throw apiError('storageResourcesExceeded');
  }
}

function hasRoom(most: bigint, reserved: bigint, wanted: bigint): boolean {
  return most < 0n || fitsIn({ max: most, reserved }, wanted);
}

function fitsIn({ max: most, reserved }: { max: bigint; reserved: bigint }, wanted: bigint): boolean {
  return reserved <= most && wanted <= most - reserved;
}

function reservedByOthers(tier: string, config: StreamConfig, streams: AccountStreams): bigint {
  const groups = othersOf(tier, config, streams).filter(({ storage }) => storage === config.storage);
  return groups.reduce((sum, { replicas, reserved }) => saturated(sum + accountBytes(tier, replicas, reserved)), 0n);
}

/** The account's streams that share the limits of this one, without it. */
function othersOf(tier: string, config: StreamConfig, streams: AccountStreams): Group[] {
  const own = streams.find(config.name);
  const groups = [...streams.groups()].filter(
    ({ replicas }) => tier === '' || tierName(replicas) === tierName(config.num_replicas),
  );
  return groups.map((group) => (own !== undefined && isIn(group, own) ? without(group, own) : group));
}

function isIn({ storage, replicas }: Group, stream: StreamConfig): boolean {
  return storage === stream.storage && replicas === stream.num_replicas;
}

function without(group: Group, { max_bytes: bytes }: StreamConfig): Group {
  return { ...group, streams: group.streams - 1n, reserved: group.reserved - max(bytes, 0n) };
}

/** Where there are no tiers, each replica counts. */
function accountBytes(tier: string, replicas: bigint, bytes: bigint): bigint {
  if (bytes <= 0n) return 0n;
  return tier === '' && replicas > 1n ? saturated(replicas * bytes) : bytes;
}

function saturated(value: bigint): bigint {
  return value > INT64_MAX ? INT64_MAX : value;
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
