/** What is told about a stream, which depends on who asked. Pure functions. */
import type { Instant } from '../messages/instant.js';
import type { StreamConfig } from '../messages/stream-config.js';
import type { SourceInfo, StreamInfo, StreamState } from '../messages/stream-info.js';
import { withServerMetadata } from '../streams/metadata.js';

/** What is known about a stream. */
export interface StreamFacts {
  readonly config: StreamConfig;
  readonly created: Instant;
  readonly state: StreamState;
  readonly mirror?: SourceInfo;
  readonly sources?: readonly SourceInfo[];
}

/** Who tells it. */
export interface Teller {
  readonly version: string;
  readonly name: string;
  /** Empty: none. */
  readonly domain: string;
  readonly now: Instant;
}

/** What an answer has beside configuration and state: who has made it what it is, and where it is. */
const PARTS = {
  create: { metadata: true, domain: false, cluster: false },
  update: { metadata: true, domain: true, cluster: false },
  info: { metadata: true, domain: true, cluster: true },
  list: { metadata: false, domain: true, cluster: false },
} as const;

export function streamInfo(purpose: keyof typeof PARTS, facts: StreamFacts, teller: Teller): StreamInfo {
  const { metadata, domain, cluster } = PARTS[purpose];
  return {
    config: metadata ? withServerMetadata(facts.config, teller.version) : facts.config,
    created: facts.created,
    state: facts.state,
    domain: domain ? teller.domain : '',
    // A server on its own leads its streams.
    cluster: cluster ? { name: '', leader: teller.name } : undefined,
    mirror: facts.mirror,
    sources: facts.sources ?? [],
    alternates: [],
    ts: teller.now,
  };
}
