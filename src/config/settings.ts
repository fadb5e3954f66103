/**
 * Options in force as the list a reload goes through: what each is called in the reference's refusals, how its value
 * prints there, and the line that tells of its change.
 *
 * Comes from the option table, so an option that is added there is compared as well; here stands only what the
 * reference says in its own way. Reads resolved options and nothing else. Values of credentials are compared, never
 * printed.
 */

import type { Comparable } from './difference.js';
import { formatDuration } from './duration.js';
import { OPTIONS } from './schema.js';
import type { OptionSpec, Reloadable } from './spec.js';
import type { ResolvedOptions } from './types.js';

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

/** Fields whose name does not follow from the library's. */
const FIELDS: Readonly<Record<string, string>> = {
  maxConnections: 'MaxConn',
  maxSubscriptions: 'MaxSubs',
  pingMax: 'MaxPingsOut',
  logtimeUtc: 'LogtimeUTC',
  logMaxNum: 'LogMaxFiles',
  disableSublistCache: 'NoSublistCache',
  allowNonTls: 'AllowNonTLS',
  serverTags: 'Tags',
  serverMetadata: 'Metadata',
};

/** The order of the reference's options, which is that of its lines and decides which refusal comes first. */
const ORDER = `ServerName Host Port DontListen ClientAdvertise Trace Debug TraceVerbose TraceHeaders NoSublistCache
  NoHeaderSupport Logtime LogtimeUTC MaxConn MaxSubs MaxSubTokens Users Accounts NoAuthUser SystemAccount
  NoSystemAccount Username Password ProxyProtocol Authorization PingInterval MaxPingsOut HTTPHost HTTPPort HTTPBasePath
  HTTPSPort AuthTimeout MaxControlLine MaxPayload MaxPending NoFastProducerStall StoreDir ProfPort ProfBlockRate PidFile
  PortsFileDir LogFile LogSizeLimit LogMaxFiles Syslog RemoteSyslog AllowNonTLS WriteDeadline WriteTimeout
  MaxClosedClients LameDuckDuration LameDuckGracePeriod MaxTracedMsgLen ConnectErrorReports ReconnectErrorReports Tags
  Metadata FeatureFlags`.split(/\s+/);

/** Lines that are not `Reloaded: name = value`. */
const LINES: Readonly<Record<string, (shown: string) => string>> = {
  // Spelled like this in the reference.
  clientAdvertise: (shown) => `Reload: client_advertise = ${shown}`,
  noFastProducerStall: (shown) => `Reloaded: fast producers will ${shown === 'true' ? 'not ' : ''}be stalled`,
  pidFile: (shown) => (shown === '' ? '' : `Reloaded: pid_file = ${shown}`),
  serverTags: () => 'Reloaded: tags',
  serverMetadata: () => 'Reloaded: metadata',
  // Without JetStream nothing follows from it.
  storeDir: () => '',
};

/** Where the options come from may change at will; and these are told in parts below. */
const LEFT_OUT = new Set(['configFile', 'allowUnsupported', 'authorization', 'noAuthUser', 'http', 'httpPort']);
LEFT_OUT.add('httpHost').add('httpBasePath');

/** `bound` is the port in use: any free port is that one for as long as the broker runs. */
export function settingsOf(options: ResolvedOptions, bound: { port: number }): Setting[] {
  const settings = [...plainSettings(options, bound), ...httpSettings(options), ...authorizationSettings(options)];
  const place = ({ field }: Setting) => {
    const at = ORDER.indexOf(field);
    return at === -1 ? ORDER.length : at;
  };
  return settings.sort((a, b) => place(a) - place(b));
}

function plainSettings(options: ResolvedOptions, bound: { port: number }): Setting[] {
  const settings: Setting[] = [];
  for (const row of ROWS) {
    if (row.key === undefined || row.support !== 'yes' || LEFT_OUT.has(row.key)) continue;
    const isDuration = row.type === 'duration' || row.type === 'duration_string';
    let value = (options as unknown as Record<string, unknown>)[isDuration ? `${row.key}Ms` : row.key];
    if (row.key === 'port' && value === 0) value = bound.port;
    const shown = isDuration ? formatDuration(value as number) : goText(row.key, value);
    const line = LINES[row.key]?.(shown) ?? `Reloaded: ${row.name} = ${shown}`;
    settings.push(setting(row.name, FIELDS[row.key] ?? pascalCase(row.key), row.reload, value, shown, line));
  }
  return settings;
}

function httpSettings({ http, host }: ResolvedOptions): Setting[] {
  const fixed = (name: string, field: string, value: string | number) =>
    setting(name, field, reloadOf(name), value, String(value), '');
  return [
    fixed('http_host', 'HTTPHost', http?.host ?? host),
    fixed('http_port', 'HTTPPort', http === undefined ? 0 : http.port === 0 ? -1 : http.port),
    fixed('http_base_path', 'HTTPBasePath', http?.basePath ?? ''),
  ];
}

function authorizationSettings({ authorization }: ResolvedOptions): Setting[] {
  const { users, single, token, noAuthUser, timeoutMs } = authorization;
  const one = users.find(({ user }) => user === single);
  const part = (name: string, field: string, value: unknown, line: string) =>
    setting(`authorization.${name}`, field, reloadOf('authorization'), value, '', line);
  const seconds = String(timeoutMs / 1000);
  return [
    { ...part('users', 'Users', users, 'Reloaded: authorization users'), always: true },
    { ...part('accounts', 'Accounts', null, 'Reloaded: accounts'), always: true },
    part('user', 'Username', one?.user, 'Reloaded: authorization username'),
    part('password', 'Password', one?.password, 'Reloaded: authorization password'),
    part('token', 'Authorization', token, 'Reloaded: authorization token'),
    part('timeout', 'AuthTimeout', timeoutMs, `Reloaded: authorization timeout = ${seconds}`),
    setting('no_auth_user', 'NoAuthUser', reloadOf('no_auth_user'), noAuthUser, noAuthUser ?? '', ''),
  ];
}

function setting(
  name: string,
  field: string,
  reload: Reloadable,
  value: unknown,
  shown: string,
  line: string,
): Setting {
  return { name, field, reload, fingerprint: JSON.stringify(value ?? null), shown, line };
}

function reloadOf(name: string): Reloadable {
  return ROWS.find((row) => row.name === name)?.reload ?? 'N';
}

function goText(key: string, value: unknown): string {
  if (key === 'featureFlags') return goMap(value as object | undefined);
  if (value === undefined || value === null) return '';
  if (key === 'writeTimeout' && value === 'default') return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
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
