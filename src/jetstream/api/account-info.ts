/** What an account is told about itself. Pure functions. */
import {
  type AccountInfo,
  type AccountLimits,
  type AccountTier,
  type ApiStats,
  EMPTY_TIER,
} from '../messages/account-info.js';
import type { StreamConfig } from '../messages/stream-config.js';
import { tierName } from '../streams/limits.js';

/** A stream as the account counts it. */
export interface CountedStream {
  readonly config: StreamConfig;
  /** All of them, those of mirrors and sources included. */
  readonly consumers: bigint;
  /** What its messages take. */
  readonly bytes: bigint;
}

export interface AccountFacts {
  readonly streams: Iterable<CountedStream>;
  /** As in `Surroundings`: by tier, or one entry without a name. */
  readonly limits: ReadonlyMap<string, AccountLimits>;
  readonly domain: string;
  readonly api: ApiStats;
}

export function accountInfo({ streams, limits, domain, api }: AccountFacts): AccountInfo {
  const all = [...streams];
  const untiered = limits.get('');
  const total = usage(all, untiered ?? EMPTY_TIER.limits);
  return { ...total, domain, api, tiers: untiered === undefined ? tiersOf(all, limits) : new Map() };
}

/** Those that have limits, and those that streams are in all the same. */
function tiersOf(
  streams: readonly CountedStream[],
  limits: ReadonlyMap<string, AccountLimits>,
): Map<string, AccountTier> {
  const tierOf = ({ config }: CountedStream) => tierName(config.num_replicas);
  const within = (name: string) => streams.filter((stream) => tierOf(stream) === name);
  const names = new Set([...limits.keys(), ...streams.map(tierOf)]);
  return new Map([...names].map((name) => [name, usage(within(name), limits.get(name) ?? EMPTY_TIER.limits)]));
}

function usage(streams: readonly CountedStream[], limits: AccountLimits): AccountTier {
  const [memory, file] = (['memory', 'file'] as const).map((storage) => {
    return streams.filter(({ config }) => config.storage === storage);
  }) as [CountedStream[], CountedStream[]];
  return {
    memory: sum(memory.map(({ bytes }) => bytes)),
    storage: sum(file.map(({ bytes }) => bytes)),
    reserved_memory: reserved(memory),
    reserved_storage: reserved(file),
    streams: BigInt(streams.length),
    consumers: sum(streams.map(({ consumers }) => consumers)),
    limits,
  };
}

function reserved(streams: readonly CountedStream[]): bigint {
  return sum(streams.map(({ config }) => (config.max_bytes > 0n ? config.max_bytes : 0n)));
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
