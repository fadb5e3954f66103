/**
 * One of the servers of a measurement: an existing one, or one that is started for each run.
 *
 * Owns the process it started, and knows where its cost can be read.
 */
import type { Flags } from '../flags/table.js';
import { probe, type ServerInfo } from '../server/probe.js';
import { listenerOf, processName } from '../server/process.js';
import { checkSpawn, type SpawnedServer, spawnServer } from '../server/spawn.js';
import { type Target, targetOf } from '../server/target.js';
import { turboVersion } from '../server/varz.js';

export interface Opened {
  target: Target;
  info: ServerInfo;
  pid?: number;
  /** Monitoring port, where the process is out of reach. */
  monitor?: string;
  costSource: string | null;
}

export type SidePlace = { spawn: string } | { urls: readonly string[] | undefined };

export const TIMEOUT_MS = 5000;

export class Side {
  readonly name: 'a' | 'b' | undefined;
  /** Each run gets a process of its own. */
  readonly fresh: boolean;
  readonly #place: SidePlace;
  readonly #flags: Flags;
  readonly #index: number;
  #spawned: SpawnedServer | undefined;
  #opened: Opened | undefined;
  #port: number | undefined;

  constructor(place: SidePlace, flags: Flags, index: number, name?: 'a' | 'b') {
    this.#place = place;
    this.#flags = flags;
    this.#index = index;
    this.name = name;
    this.fresh = 'spawn' in place;
    if ('spawn' in place) checkSpawn(place.spawn);
    // Wrong URLs and files are reported before anything is measured.
    else targetOf(flags, place.urls);
  }

  /** Settles once the server sends INFO; `signal` ends the waiting for one that was started. */
  async open(signal: AbortSignal): Promise<Opened> {
    if (this.#opened) return this.#opened;
    const flags = this.#flags;
    if ('spawn' in this.#place) {
      this.#spawned = await spawnServer(this.#place.spawn, signal, this.#port);
      this.#port = this.#spawned.port;
    }
    const urls = 'spawn' in this.#place ? [this.#spawned?.url as string] : this.#place.urls;
    const target = targetOf(flags, urls);
    const info = await probe(target, flags.timeout ?? TIMEOUT_MS);
    if (info.tlsRequired && !target.tls) target.tls = {};
    const monitor = this.#flags.monitor?.[this.#index];
    const own = monitor === undefined ? undefined : await turboVersion(monitor);
    if (own !== undefined) info.label = `nats-turbo ${own}`;
    this.#opened = { target, info, ...this.#cost(target, monitor) };
    return this.#opened;
  }

  /** Ends what was started. */
  async release(): Promise<void> {
    this.#opened = undefined;
    await this.#spawned?.stop();
    this.#spawned = undefined;
  }

  #cost(target: Target, monitor: string | undefined): Pick<Opened, 'pid' | 'monitor' | 'costSource'> {
    const named = this.#index === 0 ? this.#flags.pid : undefined;
    // What the user names goes before what is found.
    const given = this.#spawned?.pid ?? named;
    const [server, ...others] = target.servers as [string, ...string[]];
    // One of several servers would seem to have done the work of all.
    const pid = given ?? (monitor === undefined && others.length === 0 ? listenerOf(server) : undefined);
    if (pid !== undefined) {
      const name = processName(pid);
      return { pid, costSource: `process ${pid}${name ? ` (${name})` : ''}` };
    }
    return monitor === undefined ? { costSource: null } : { monitor, costSource: `${monitor.replace(/\/$/, '')}/varz` };
  }
}

/** The servers a command line names: one, or two to compare. */
export function sidesOf(flags: Flags): Side[] {
  const places: SidePlace[] = [];
  for (const command of flags.spawn ?? []) places.push({ spawn: command });
  if (places.length === 0) places.push({ urls: flags.servers });
  if (flags.vs !== undefined) places.push({ urls: [flags.vs] });
  const compare = places.length > 1;
  return places.map((place, index) => new Side(place, flags, index, compare ? (index === 0 ? 'a' : 'b') : undefined));
}
