/**
 * The options in force, as the list that a reload compares: the name of each in the reference's refusals, its value as
 * printed there, and the log line about a change.
 *
 * Made from the option table, so an option that is added there is compared as well. Reads resolved options and nothing
 * else. Values of credentials are compared, never printed.
 */

import { authorizationInForce } from './blocks/authorization.js';
import type { Comparable } from './difference.js';
import { formatDuration } from './duration.js';
import { valueInForce } from './in-force.js';
import { resolvedKey } from './normalize.js';
import { OPTIONS } from './schema.js';
import { type FieldSpec, notYet, type OptionSpec, type Reloadable } from './spec.js';
import type { ResolvedOptions } from './types.js';
import { type BlockType, holdsSecret, type MapType } from './value-type.js';

export interface Setting extends Comparable {
  /** The name of the field in the reference's options. */
  readonly field: string;
  /** The value as Go prints it. */
  readonly shown: string;
  /** What the log says when a reload brings this value; empty: nothing. */
  readonly line: string;
  /** The line is written whether or not the value is another one, as in the reference. */
  readonly always?: true;
}

const ROWS: readonly OptionSpec[] = OPTIONS;

/** The order of the reference's options, which is that of its lines and decides which refusal comes first. */
const ORDER = `ServerName Host Port DontListen ClientAdvertise Trace Debug TraceVerbose TraceHeaders NoSublistCache
  NoHeaderSupport Logtime LogtimeUTC MaxConn MaxSubs MaxSubTokens Nkeys Users Accounts NoAuthUser SystemAccount
  NoSystemAccount Username Password ProxyProtocol Authorization PingInterval MaxPingsOut HTTPHost HTTPPort HTTPBasePath
  HTTPSPort AuthTimeout MaxControlLine MaxPayload MaxPending NoFastProducerStall StoreDir ProfPort ProfBlockRate PidFile
  PortsFileDir LogFile LogSizeLimit LogMaxFiles Syslog RemoteSyslog AllowNonTLS WriteDeadline WriteTimeout
  MaxClosedClients LameDuckDuration LameDuckGracePeriod MaxTracedMsgLen ConnectErrorReports ReconnectErrorReports Tags
  Metadata FeatureFlags`.split(/\s+/);

/** Where the options come from may change at will. */
const LEFT_OUT = ['configFile', 'allowUnsupported'];

/** `bound` is the port in use: any free port is that one for as long as the broker runs. */
export function settingsOf(options: ResolvedOptions, bound: { port: number }): Setting[] {
  const settings = [...ROWS.flatMap((row) => settingsOfRow(row, options, bound)), nkeySetting(options)];
  const place = ({ field }: Setting) => {
    const at = ORDER.indexOf(field);
    return at === -1 ? ORDER.length : at;
  };
  return settings.sort((a, b) => place(a) - place(b));
}

/** Users with keys, wherever they are listed, are an option of their own in the reference. */
function nkeySetting({ authorization, accounts = {} }: ResolvedOptions): Setting {
  const own = authorization.users.filter(({ nkey }) => nkey !== undefined);
  const ofAccounts = Object.entries(accounts).flatMap(([account, { users }]) => {
    const named = users?.filter(({ nkey }) => nkey !== undefined) ?? [];
    return named.map((user) => ({ ...user, account }));
  });
  const users = [...own, ...ofAccounts];
  users.sort((a, b) => ((a.nkey ?? '') < (b.nkey ?? '') ? -1 : 1));
  return {
    name: 'authorization.nkeys',
    field: 'Nkeys',
    reload: 'Y',
    fingerprint: JSON.stringify(users),
    shown: '',
    line: 'Reloaded: authorization nkey users',
  };
}

function settingsOfRow(row: OptionSpec, options: ResolvedOptions, bound: { port: number }): Setting[] {
  const { key, name, type, reload } = row;
  if (row.reloadText?.always && notYet(row) !== undefined) return [setting(row, name, reload, undefined)];
  if (key === undefined || notYet(row) !== undefined || LEFT_OUT.includes(key)) return [];
  // The rows that it sets are compared.
  if (type.kind === 'address') return [];
  if (type.kind === 'block') return blockSettings(row, type, options);
  const value = valueInForce(row, options);
  return [setting(row, name, reload, key === 'port' && value === -1 ? bound.port : value)];
}

/** A block is compared field by field. */
function blockSettings(row: OptionSpec, type: BlockType, options: ResolvedOptions): Setting[] {
  const block = row.key === 'authorization' ? authorizationInForce(options.authorization) : valueInForce(row, options);
  return fieldSettings(row, type, block);
}

/** One setting per field; `block` is the block in its normal form. */
export function fieldSettings(row: OptionSpec, type: BlockType, block: unknown): Setting[] {
  return type.fields.flatMap((field) => {
    if (field.key === undefined || notYet(field) !== undefined) return [];
    const value = (block as Record<string, unknown> | undefined)?.[resolvedKey(field)];
    return [setting(field, `${row.name}.${field.name}`, field.reload ?? row.reload, value)];
  });
}

function setting(row: FieldSpec, name: string, reload: Reloadable, value: unknown): Setting {
  const { reloadText = {}, key = row.name } = row;
  const shown = holdsSecret(row.type) ? '' : goText(row, value);
  const { line = `Reloaded: ${row.name} = ${shown}` } = reloadText;
  return {
    name,
    field: reloadText.field ?? pascalCase(key),
    reload,
    fingerprint: JSON.stringify(value ?? null, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)),
    shown,
    line: typeof line === 'string' ? line : line(shown),
    ...(reloadText.always && { always: true }),
  };
}

function goText({ type, reloadText }: FieldSpec, value: unknown): string {
  if (type.kind === 'map' && notText(type)) return goMap(value as object | undefined);
  if (value === undefined || value === null) return type.kind === 'port' ? '0' : '';
  if (value === reloadText?.blank) return '';
  if (type.kind === 'duration')
    return type.number === 'seconds' ? String(Number(value) / 1000) : formatDuration(Number(value));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function notText({ of }: MapType): boolean {
  return of.kind !== 'text';
}

/** As Go prints a map: `map[a:1 b:2]`, sorted. */
function goMap(value: object = {}): string {
  const pairs = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => `${key}:${entry}`);
  return `map[${pairs.join(' ')}]`;
}

function pascalCase(key: string): string {
  return key.replace(/^./, (letter) => letter.toUpperCase());
}
