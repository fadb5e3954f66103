/**
 * The metadata that the server keeps about a stream, and what it adds when it tells of one: which level of the API the
 * stream needs, and which one this server has. What users say under these names is replaced. Pure functions.
 */
import type { StreamConfig } from '../messages/stream-config.js';

/** The level of the API that this server has. */
export const API_LEVEL = 5;

const REQUIRED_LEVEL = '_nats.req.level';
const SERVER_VERSION = '_nats.ver';
const SERVER_LEVEL = '_nats.level';

/** The lowest level of servers that can keep the stream. */
export function requiredLevel(config: StreamConfig): number {
  if (config.allow_batched) return 4;
  const { allow_msg_counter, allow_atomic, allow_msg_schedules, persist_mode } = config;
  if (allow_msg_counter || allow_atomic || allow_msg_schedules || persist_mode === 'async') return 2;
  return config.allow_msg_ttl || config.subject_delete_marker_ttl > 0n ? 1 : 0;
}

/** As it is kept. */
export function withStoredMetadata(config: StreamConfig): StreamConfig {
  return withMetadata(config, [[REQUIRED_LEVEL, String(requiredLevel(config))]]);
}

/** As it is told where a stream is made, changed or asked for; lists tell it as it is kept. */
export function withServerMetadata(config: StreamConfig, version: string): StreamConfig {
  const metadata = new Map(config.metadata).set(SERVER_VERSION, version).set(SERVER_LEVEL, String(API_LEVEL));
  return { ...config, metadata };
}

/** With the level of another configuration, so that it makes no difference between the two. */
export function withLevelOf(config: StreamConfig, other: StreamConfig): StreamConfig {
  const level = other.metadata.get(REQUIRED_LEVEL);
  return withMetadata(config, level === undefined ? [] : [[REQUIRED_LEVEL, level]]);
}

/** Why this server can't open a stream that another one has made; undefined where it can. */
export function unsupportedReason({ metadata }: StreamConfig): string | undefined {
  const level = metadata.get(REQUIRED_LEVEL) ?? '';
  if (level === '' || (/^[+-]?\d+$/.test(level) && Number(level) <= API_LEVEL)) return undefined;
  return `unsupported - required API level: ${level}, current API level: ${API_LEVEL}`;
}

function withMetadata(config: StreamConfig, added: readonly (readonly [string, string])[]): StreamConfig {
  const reserved = [REQUIRED_LEVEL, SERVER_VERSION, SERVER_LEVEL];
  const kept = [...config.metadata].filter(([name]) => !reserved.includes(name));
  return { ...config, metadata: new Map([...kept, ...added]) };
}
