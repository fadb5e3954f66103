/**
 * Who sent a message of the system account: the object that every answer and event contains, as JSON. Nearly all of it is
 * the same until the next reload, so it is written once.
 */
import type { ResolvedOptions } from '../config/index.js';
import { goJson, rfc3339 } from '../http/go-format.js';
import { nowMs } from '../log/index.js';
import { COMPAT_VERSION } from '../version.js';
import type { SystemHost } from './host.js';

export class ServerInfo {
  readonly #host: SystemHost;
  /** What the text was written for. */
  #options: ResolvedOptions | undefined;
  #text = '';

  constructor(host: SystemHost) {
    this.#host = host;
  }

  /** For the next message: each has a number of its own. */
  next(): string {
    const options = this.#host.options();
    if (options !== this.#options) {
      this.#text = goJson(this.#describe(options), 0).slice(0, -1);
      this.#options = options;
    }
    return `${this.#text},"seq":${this.#host.nextEventNumber()},"time":"${rfc3339(nowMs())}"}`;
  }

  #describe({ serverTags, serverMetadata }: ResolvedOptions): object {
    const { serverName, serverId, featureFlags } = this.#host.source();
    return {
      name: serverName,
      host: this.#host.advertisedHost(),
      id: serverId,
      ver: COMPAT_VERSION,
      ...(serverTags ? { tags: serverTags } : {}),
      ...(serverMetadata ? { metadata: serverMetadata } : {}),
      feature_flags: featureFlags,
      jetstream: false,
      flags: 0,
    };
  }
}

/** `{…before,"server":…,…after}`; `before` are fields as JSON, without braces. Both may be empty. */
export function withServer(server: ServerInfo, before: string, after: object): string {
  const fields = goJson(after, 0).slice(1);
  return `{${before}${before && ','}"server":${server.next()}${fields === '}' ? '' : ','}${fields}`;
}
