/**
 * The effective configuration: every option with the value the broker would run with, and where it came from.
 *
 * Goes through the option table, so an option that is added there is explained as well. Reads files and the
 * environment as a start would; opens nothing and prints nothing.
 */

import { resolveFile } from '../config/configure.js';
import { formatDuration } from '../config/duration.js';
import { type ConfigProblem, formatProblem } from '../config/errors.js';
import { scanFlags } from '../config/flag-values.js';
import { sizeText } from '../config/integer.js';
import type { ConfigMap } from '../config/language/nodes.js';
import type { Environment } from '../config/language/parse.js';
import { loadConfigFile } from '../config/load.js';
import { lastNode, namesOf } from '../config/names.js';
import { resolveOptions, startupWarnings } from '../config/resolve.js';
import { OPTIONS } from '../config/schema.js';
import { dashed } from '../config/schema-flags.js';
import type { OptionSpec } from '../config/spec.js';
import type { BrokerOptions, ResolvedOptions } from '../config/types.js';
import { type Entry, entry, type Origin } from './entry.js';
import { flatten, originOf } from './tree.js';

export interface Question {
  /** What the flags say, the configuration file included, as the command line reads them. */
  options: BrokerOptions;
  /** The flags themselves, for their spelling. */
  argv: readonly string[];
  environment?: Environment;
}

export interface Explanation {
  file?: string;
  digest?: string;
  entries: Entry[];
  warnings: string[];
  resolved: ResolvedOptions;
  root: ConfigMap;
}

const ROWS: readonly OptionSpec[] = OPTIONS;
/** Rows whose values stand under other names. */
const ELSEWHERE = new Set(['listen', 'http_port']);
const CREDENTIALS: Record<string, string> = { user: 'user', pass: 'password', auth: 'token' };

/** Throws `ConfigError` and `OptionsError`, as a start would. */
export function explain({ options, argv, environment }: Question): Explanation {
  const { configFile, ...flags } = options;
  const settings = {
    allowUnsupported: options.allowUnsupported ?? false,
    ...(environment && { env: environment }),
  };
  const loaded = configFile ? loadConfigFile(configFile, settings) : undefined;
  const resolved = loaded ? resolveFile(loaded, options) : resolveOptions(options);
  const context: Context = {
    file: configFile ?? '',
    root: loaded?.root ?? new Map(),
    written: loaded?.options ?? {},
    flags,
    flagNames: flagNames(argv),
    resolved,
  };
  const warnings = (loaded?.warnings ?? []).map((warning: ConfigProblem) => formatProblem(warning));
  return {
    ...(configFile ? { file: configFile } : {}),
    ...(loaded ? { digest: loaded.digest } : {}),
    entries: ROWS.flatMap((row) => explainRow(row, context)),
    warnings: [...warnings, ...startupWarnings(resolved)],
    resolved,
    root: context.root,
  };
}

interface Context {
  file: string;
  root: ConfigMap;
  /** What the file said. */
  written: BrokerOptions;
  flags: BrokerOptions;
  /** By the library name of the option, or by the name of the credential. */
  flagNames: ReadonlyMap<string, string>;
  resolved: ResolvedOptions;
}

function explainRow(row: OptionSpec, context: Context): Entry[] {
  if (row.inFile === false || ELSEWHERE.has(row.name)) return [];
  if (row.support !== 'yes') {
    const node = lastNode(context.root, namesOf(row));
    const place = { file: context.file, reload: row.reload, ignored: row.support.notYet };
    return node ? flatten(row.name, node, place) : [];
  }
  if (row.type === 'authorization') return explainAuthorization(row, context);
  const { reload, name } = row;
  if (name === 'http') return [entry({ name, reload, origin: originOfRow(row, context), value: httpAddress(context) })];
  const value = resolvedValue(row, context.resolved);
  // What has a structure of its own is shown as the file has it.
  const node = lastNode(context.root, namesOf(row));
  const structured = typeof value === 'object' && value !== null;
  if (structured && node !== undefined) return flatten(name, node, { file: context.file, reload });
  return [entry({ name, reload, origin: originOfRow(row, context), ...inNotation(row, value) })];
}

function originOfRow(row: OptionSpec, context: Context): Origin {
  const keys = row.name === 'http' ? ['http', 'httpPort'] : [row.key ?? ''];
  for (const key of keys) {
    const flag = context.flagNames.get(key);
    if (flag !== undefined) return { kind: 'flag', flag };
  }
  const said = keys.some((key) => context.written[key as keyof BrokerOptions] !== undefined);
  const node = lastNode(context.root, namesOf(row));
  // The options that need a trace turn it on, whatever the file says about it.
  if (row.name === 'trace' && context.resolved.trace && node?.value !== true) {
    return { kind: 'implied', by: context.resolved.traceVerbose ? 'trace_verbose' : 'trace_headers' };
  }
  if (said && node !== undefined) return originOf(node, context.file);
  return { kind: 'default' };
}

function resolvedValue(row: OptionSpec, resolved: ResolvedOptions): unknown {
  if (row.name === 'no_auth_user') return resolved.authorization.noAuthUser ?? null;
  if (row.name === 'http_base_path') return resolved.http?.basePath || null;
  const isDuration = row.type === 'duration' || row.type === 'duration_string';
  const value = (resolved as unknown as Record<string, unknown>)[isDuration ? `${row.key}Ms` : (row.key ?? '')];
  // Normalised numbers, back in the file's way of saying them.
  if (row.name === 'port' && value === 0) return -1;
  if (row.name === 'max_connections' && value === -1) return 0;
  return value ?? null;
}

function inNotation(row: OptionSpec, value: unknown): { value: unknown; shown?: string } {
  if (typeof value !== 'number') return { value };
  if (row.type === 'size') return { value, shown: sizeText(value) };
  if (row.type !== 'duration' && row.type !== 'duration_string') return { value };
  const text = formatDuration(value);
  return { value: text, shown: `"${text}"` };
}

function httpAddress({ resolved }: Context): string | null {
  if (resolved.http === undefined) return null;
  const { host, port } = resolved.http;
  return `${host.includes(':') ? `[${host}]` : host}:${port === 0 ? -1 : port}`;
}

function explainAuthorization(row: OptionSpec, context: Context): Entry[] {
  const { reload } = row;
  const node = lastNode(context.root, namesOf(row));
  const entries = node ? flatten(row.name, node, { file: context.file, reload }) : [];
  const named = (field: string) => `${row.name}.${field}`;
  const put = (added: Entry): void => {
    const at = entries.findIndex(({ name }) => name === added.name);
    if (at === -1) entries.push(added);
    else entries[at] = added;
  };
  for (const [flag, field] of Object.entries(CREDENTIALS)) {
    const spelled = context.flagNames.get(flag);
    const value = context.flags.authorization?.[field as 'user' | 'password' | 'token'];
    if (spelled === undefined || value === undefined) continue;
    put(entry({ name: named(field), value, origin: { kind: 'flag', flag: spelled }, reload }));
  }
  const value = formatDuration(context.resolved.authorization.timeoutMs);
  const origin = entries.find(({ name }) => name === named('timeout'))?.origin ?? { kind: 'default' };
  put(entry({ name: named('timeout'), value, shown: `"${value}"`, origin, reload }));
  return entries;
}

/** The flag that set each option: the last one, and those for several options win over those for one. */
function flagNames(argv: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const scanned = scanFlags(argv);
  if (typeof scanned === 'string') return names;
  for (const { name, flag } of scanned.flags) {
    if ('key' in flag) names.set(flag.key ?? '', dashed(name));
    else if (name in CREDENTIALS) names.set(name, dashed(name));
  }
  const compounds = scanned.flags.filter(({ flag }) => 'sets' in flag).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, flag } of compounds) {
    for (const key of ('sets' in flag && flag.sets) || []) names.set(key, dashed(name));
  }
  return names;
}
