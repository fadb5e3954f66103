/**
 * The target of a measurement: URLs, credentials and certificates from flags and files. Never connects; never prints a
 * secret.
 */
import { readFileSync } from 'node:fs';
import type { LoadCredentials, LoadTls } from '../../native/load-contract.js';
import { BenchError, textOf } from '../errors.js';
import { usage } from '../flags/parse.js';
import type { Flags } from '../flags/table.js';

export interface Target {
  /** For people, without secrets; the first of several. */
  url: string;
  /** `host:port` each. */
  servers: string[];
  credentials?: LoadCredentials;
  tls?: LoadTls;
  /** Path of the credentials file, for the client library. */
  creds?: string;
}

const DEFAULT_URL = 'nats://127.0.0.1:4222';
const DEFAULT_PORT = '4222';

/** `urls` replaces those of the flags (`--vs`, a spawned server). */
export function targetOf(flags: Flags, urls: readonly string[] = flags.servers ?? [DEFAULT_URL]): Target {
  const parsed = urls.filter((url) => url !== '').map(readUrl);
  const first = parsed[0];
  if (!first) throw usage('-s names no server');
  const credentials = credentialsOf(flags, parsed.find(({ credentials }) => credentials)?.credentials);
  const tls = tlsOf(
    flags,
    parsed.some(({ tls }) => tls),
  );
  return {
    url: first.url,
    servers: parsed.map(({ server }) => server),
    ...(credentials && { credentials }),
    ...(tls && { tls }),
    ...(flags.creds !== undefined && { creds: flags.creds }),
  };
}

function readUrl(text: string): { url: string; server: string; tls: boolean; credentials?: LoadCredentials } {
  const whole = text.includes('://') ? text : `nats://${text}`;
  let url: URL;
  try {
    // Ports of unknown schemes are kept as they are; those of http would lose their default.
    url = new URL(whole);
  } catch {
    throw usage(`"${hide(text)}" is no server URL such as nats://127.0.0.1:4222`);
  }
  if (url.protocol !== 'nats:' && url.protocol !== 'tls:') {
    throw usage(`"${hide(text)}": nats-bench speaks nats:// and tls://, not ${url.protocol}//`);
  }
  if (url.hostname === '') throw usage(`"${hide(text)}" names no host`);
  const server = `${url.hostname}:${url.port || DEFAULT_PORT}`;
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const credentials = password ? { user, password } : user ? { token: user } : undefined;
  return {
    url: `${url.protocol}//${server}`,
    server,
    tls: url.protocol === 'tls:',
    ...(credentials && { credentials }),
  };
}

/** Of `host:port`; an IPv6 address loses its brackets. */
export function splitServer(server: string): { host: string; port: number } {
  const at = server.lastIndexOf(':');
  return { host: server.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(server.slice(at + 1)) };
}

function hide(url: string): string {
  return url.replace(/[^/@]+@/, '…@');
}

function credentialsOf(flags: Flags, fromUrl: LoadCredentials | undefined): LoadCredentials | undefined {
  const { user, password, token, creds, nkey } = flags;
  if (creds !== undefined) {
    const text = readText(creds, '--creds');
    const jwt = section(text, 'NATS USER JWT');
    const nkeySeed = section(text, 'USER NKEY SEED');
    if (!jwt || !nkeySeed) throw usage(`${creds} is no credentials file: it holds no user JWT with its seed`);
    return { jwt, nkeySeed };
  }
  if (nkey !== undefined) {
    const nkeySeed = /\bSU[A-Z2-7]{56}\b/.exec(readText(nkey, '--nkey'))?.[0];
    if (!nkeySeed) throw usage(`${nkey} holds no seed of a user nkey (SU…)`);
    return { nkeySeed };
  }
  if (token !== undefined) return { token };
  if (user !== undefined) return { user, password: password ?? '' };
  if (password !== undefined) throw usage('--password needs --user');
  return fromUrl;
}

function section(text: string, title: string): string | undefined {
  const found = new RegExp(`-----BEGIN ${title}-----\\s+(\\S+)\\s+-+END ${title}-+`).exec(text);
  return found?.[1];
}

function tlsOf(flags: Flags, byUrl: boolean): LoadTls | undefined {
  const { tls, tlsCa, tlsCert, tlsKey, tlsFirst, tlsInsecure, tlsName } = flags;
  const wanted = tls || byUrl || tlsCa || tlsCert || tlsKey || tlsFirst || tlsInsecure || tlsName;
  if (!wanted) return undefined;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw usage('--tlscert and --tlskey go together');
  return {
    ...(tlsCa !== undefined && { ca: readText(tlsCa, '--tlsca') }),
    ...(tlsCert !== undefined && { cert: readText(tlsCert, '--tlscert') }),
    ...(tlsKey !== undefined && { key: readText(tlsKey, '--tlskey') }),
    ...(tlsName !== undefined && { serverName: tlsName }),
    ...(tlsInsecure && { insecure: true }),
    ...(tlsFirst && { first: true }),
  };
}

export function readText(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BenchError('FILE', `${flag}: ${file} can't be read: ${textOf(error)}`, error);
  }
}
