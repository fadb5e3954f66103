/**
 * From what users wrote to what the broker runs with: the one place that fills in defaults and checks options
 * against each other.
 *
 * A zero means the default wherever zero makes no sense as a value, as in the reference. Two numbers are special:
 * `port` 0 and -1 both mean any free port, `maxConnections` 0 refuses everyone. Reads no file and opens no socket.
 */

import { posix } from 'node:path';
import { formatDuration } from './duration.js';
import { OptionsError } from './errors.js';
import { sizeInBytes } from './integer.js';
import { resolveFeatureFlags, resolveMetadata, resolveTags } from './labels.js';
import { parseListen } from './listen.js';
import { resolveAuthorization } from './resolve-authorization.js';
import { OPTIONS } from './schema.js';
import type { OptionSpec } from './spec.js';
import { didYouMean } from './suggest.js';
import { quote } from './text.js';
import type { BrokerOptions, ResolvedHttp, ResolvedOptions } from './types.js';
import { milliseconds, wrongType } from './written.js';

const INT32_MAX = 2 ** 31 - 1;
const PORT_MAX = 65_535;
const SUB_TOKENS_MAX = 255;
const PAYLOAD_DISCOURAGED_ABOVE = 8 * 1024 * 1024;

/** Options whose value is a number where zero or less has a meaning of its own. */
const SPECIAL_NUMBERS: Record<string, (value: number) => number> = {
  port: (value) => listenPort('port', value),
  // Told apart from none: any free port stays -1.
  profPort: (value) => (value === -1 ? -1 : listenPort('profPort', value)),
  maxConnections: (value) => (value <= 0 ? -1 : value),
  maxSubscriptions: (value) => Math.max(0, value),
  maxTracedMsgLen: (value) => Math.max(0, value),
  logSizeLimit: (value) => Math.max(0, value),
  logMaxNum: (value) => Math.max(0, value),
};
const UPPER_BOUNDS: Record<string, number> = {
  maxPayload: INT32_MAX,
  maxControlLine: INT32_MAX,
  maxSubTokens: SUB_TOKENS_MAX,
};
/** These rows become one value of their own. */
const FOLDED = new Set(['authorization', 'noAuthUser', 'http', 'httpPort', 'httpHost', 'httpBasePath']);

/** Normalises, fills in and checks; throws `OptionsError`. */
export function resolveOptions(options: BrokerOptions = {}): ResolvedOptions {
  refuseUnknown(options);
  const resolved: Record<string, unknown> = {};
  for (const row of OPTIONS as readonly OptionSpec[]) {
    if (row.key === undefined || FOLDED.has(row.key)) continue;
    const isDuration = row.type === 'duration' || row.type === 'duration_string';
    resolved[isDuration ? `${row.key}Ms` : row.key] = normalise(row, row.key, options[row.key as keyof BrokerOptions]);
  }
  const result = resolved as ResolvedOptions;
  if (options.trace === undefined && (result.traceVerbose || result.traceHeaders)) result.trace = true;
  result.authorization = resolveAuthorization(options.authorization, options.noAuthUser || undefined);
  const http = resolveHttp(options, result.host);
  if (http !== undefined) result.http = http;
  checkTogether(result);
  return result;
}

/** What is legal but unwise, in the words the start-up log uses. */
export function startupWarnings(resolved: ResolvedOptions): string[] {
  const warnings: string[] = [];
  if (resolved.maxPayload > PAYLOAD_DISCOURAGED_ABOVE) {
    warnings.push('Maximum payloads over 8.00 MB are generally discouraged and could lead to poor performance');
  }
  if (resolved.authorization.users.some((user) => user.password !== '')) {
    warnings.push('Plaintext passwords detected, use nkeys or bcrypt');
  }
  return warnings;
}

function refuseUnknown(options: BrokerOptions): void {
  const rows: readonly OptionSpec[] = OPTIONS;
  const known = rows.flatMap((row) => row.key ?? []);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const support = rows.find((row) => row.key === undefined && row.name === snakeCase(key))?.support ?? 'yes';
    if (support !== 'yes') {
      throw new OptionsError(key, `${quote(key)} can't be used: ${support.notYet}`, 'Remove the option.');
    }
    const hint = didYouMean(key, known);
    throw new OptionsError(key, `unknown option ${quote(key)}${hint}`, 'Remove the option or correct its spelling.');
  }
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function normalise(row: OptionSpec, key: string, written: unknown): unknown {
  if (written === undefined || written === null || written === '') return row.default;
  switch (row.type) {
    case 'bool':
      if (typeof written !== 'boolean') throw wrongType(key, 'true or false', written);
      return written;
    case 'string':
      if (typeof written !== 'string') throw wrongType(key, 'a string', written);
      if (key === 'serverName' && written.includes(' ')) {
        throw new OptionsError(key, 'server name cannot contain spaces', 'Use a name such as "my-server".');
      }
      if (key === 'clientAdvertise') checkAdvertise(written);
      return written;
    case 'int':
      if (!Number.isSafeInteger(written)) throw wrongType(key, 'a whole number', written);
      return bounded(row, key, written as number);
    case 'size': {
      const bytes = typeof written === 'number' || typeof written === 'string' ? sizeInBytes(written) : undefined;
      if (bytes === undefined) throw wrongType(key, "a number of bytes, or a size such as '1MB'", written);
      return bounded(row, key, bytes);
    }
    case 'duration':
    case 'duration_string':
      return bounded(row, key, milliseconds(key, written));
    case 'write_timeout':
      if (written !== 'default' && written !== 'close' && written !== 'retry') {
        throw new OptionsError(
          key,
          "write_timeout must be 'default', 'close' or 'retry'",
          "Use 'default' unless slow links need 'retry'.",
        );
      }
      return written;
    case 'log_format':
      if (written !== 'text' && written !== 'json') {
        throw new OptionsError(
          key,
          "log_format must be 'text' or 'json'",
          "Use 'json' for machines, else leave it out.",
        );
      }
      return written;
    case 'tags':
      return resolveTags(key, written);
    case 'metadata':
      return resolveMetadata(key, written);
    case 'feature_flags':
      return resolveFeatureFlags(key, written);
    default:
      return undefined;
  }
}

function bounded(row: OptionSpec, key: string, value: number): number {
  const special = SPECIAL_NUMBERS[key];
  if (special) return special(value);
  if (value === 0) return row.default as number;
  if (value < 0) {
    throw new OptionsError(key, `${row.name} can not be negative`, `Leave it out for the default, ${row.default}.`);
  }
  const limit = UPPER_BOUNDS[key];
  if (limit !== undefined && value > limit) {
    throw new OptionsError(key, `${row.name} value is too big`, `Use ${limit} or less.`);
  }
  return value;
}

function resolveHttp(options: BrokerOptions, clientHost: string): ResolvedHttp | undefined {
  let host = '';
  let port: number | undefined;
  if (options.http === false) return undefined;
  if (options.http !== undefined) {
    if (typeof options.http !== 'number' && typeof options.http !== 'string') {
      throw wrongType('http', "a port, 'host:port' or false", options.http);
    }
    const address = parseListen(options.http);
    if (typeof address === 'string') throw new OptionsError('http', address, "Use a port or 'host:port'.");
    ({ host, port } = address);
  }
  port = options.httpPort ?? port;
  if (port === undefined) return undefined;
  if (!Number.isSafeInteger(port)) throw wrongType('httpPort', 'a whole number', port);
  return {
    host: options.httpHost || host || clientHost,
    port: listenPort('httpPort', port),
    basePath: basePath(options.httpBasePath ?? ''),
  };
}

function listenPort(option: string, port: number): number {
  if (port === -1) return 0;
  if (port < 0 || port > PORT_MAX) {
    const remedy = `Use a port up to ${PORT_MAX}, or -1 for any free port.`;
    throw new OptionsError(option, `invalid ${snakeCase(option)} ${port}`, remedy);
  }
  return port;
}

/** Clients are told this address: one they can't parse would cut them off. */
function checkAdvertise(written: string): void {
  const match = /^(?:\[[^\]]+\]|[^:\s]*)(?::(-1|\d{1,5}))?$/.exec(written.trim());
  if (match && Number(match[1] ?? 0) <= PORT_MAX) return;
  throw new OptionsError(
    'clientAdvertise',
    `client_advertise ${quote(written)} is not an address of the form host[:port]`,
    "Write 'host', 'host:port' or '[v6]:port'.",
  );
}

function basePath(path: string): string {
  const clean = posix.normalize(`/${path}`).replace(/^\/+/, '/');
  return clean.replace(/\/+$/, '');
}

function checkTogether(resolved: ResolvedOptions): void {
  if (resolved.lameDuckGracePeriodMs >= resolved.lameDuckDurationMs) {
    const [grace, duration] = [resolved.lameDuckGracePeriodMs, resolved.lameDuckDurationMs].map(formatDuration);
    throw new OptionsError(
      'lameDuckGracePeriod',
      `lame duck grace period (${grace}) should be strictly lower than lame duck duration (${duration})`,
      'Shorten the grace period or lengthen the duration.',
    );
  }
  if (resolved.maxPayload > resolved.maxPending) {
    throw new OptionsError(
      'maxPayload',
      `max_payload (${resolved.maxPayload}) cannot be higher than max_pending (${resolved.maxPending})`,
      'Raise max_pending or lower max_payload.',
    );
  }
}
