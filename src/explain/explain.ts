/**
 * The effective configuration: every option with the value the broker would run with, and where it came from.
 *
 * Goes through the option table, so an option that is added there is explained as well. Reads files and the
 * environment as a start would; opens nothing and prints nothing.
 */

import { cautions } from '../config/cautions.js';
import { mergeOptions, resolveFile } from '../config/configure.js';
import { type ConfigProblem, formatProblem } from '../config/errors.js';
import { scanFlags } from '../config/flag-values.js';
import { valueInForce } from '../config/in-force.js';
import type { ConfigMap, ConfigNode } from '../config/language/nodes.js';
import type { Environment } from '../config/language/parse.js';
import { loadConfigFile } from '../config/load.js';
import { lastNode, namesOf } from '../config/names.js';
import { resolveOptions, startupWarnings } from '../config/resolve.js';
import { OPTIONS } from '../config/schema.js';
import { dashed } from '../config/schema-flags.js';
import { notYet, type OptionSpec } from '../config/spec.js';
import type { BrokerOptions, ResolvedOptions } from '../config/types.js';
import { type BlockType, holdsSecret } from '../config/value-type.js';
import { type Entry, entry, type Origin } from './entry.js';
import { flatten, inNotation, originOf, type Place, placeOf } from './tree.js';

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

/** Throws `ConfigError` and `OptionsError`, as a start would. */
export function explain({ options, argv, environment }: Question): Explanation {
  const { configFile, ...flags } = options;
  const settings = {
    allowUnsupported: options.allowUnsupported ?? false,
    ...(environment && { env: environment }),
  };
  const loaded = configFile ? loadConfigFile(configFile, settings) : undefined;
  const resolved = loaded ? resolveFile(loaded, options) : resolveOptions(options);
  const merged = loaded ? mergeOptions(loaded.options, options) : options;
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
    warnings: [...warnings, ...cautions(merged, loaded?.skippedGuards), ...startupWarnings(resolved)],
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
  /** By the library name of the option, e.g. `authorization.user`. */
  flagNames: ReadonlyMap<string, string>;
  resolved: ResolvedOptions;
}

function explainRow(row: OptionSpec, context: Context): Entry[] {
  if (row.inFile === false || isPartOfAnother(row)) return [];
  const { reload, name, type } = row;
  const node = lastNode(context.root, namesOf(row));
  const ignored = notYet(row);
  if (ignored !== undefined) return node ? flatten(name, type, node, { file: context.file, reload, ignored }) : [];
  if (type.kind === 'block')
    return explainBlock(name, type, [row.key ?? ''], node, { file: context.file, reload }, context);
  const value = valueInForce(row, context.resolved) ?? null;
  const origin = originOfRow(row, context);
  if (type.kind === 'address') return [entry({ name, reload, origin, value: addressText(value) })];
  // What has a structure of its own is shown as the file has it.
  const structured = typeof value === 'object' && value !== null;
  if (structured && node !== undefined) return flatten(name, type, node, { file: context.file, reload });
  return [entry({ name, reload, origin, ...inNotation(type, value === '' ? null : value) })];
}

/** Rows whose values stand under the name of an address: what it sets, and addresses that only set others. */
function isPartOfAnother({ key, type }: OptionSpec): boolean {
  if (type.kind === 'address') return key === undefined;
  return ROWS.some((row) => row.key !== undefined && row.type.kind === 'address' && row.type.sets.includes(key ?? ''));
}

function originOfRow(row: OptionSpec, context: Context): Origin {
  const keys = [row.key ?? '', ...(row.type.kind === 'address' ? row.type.sets : [])];
  for (const key of keys) {
    const flag = context.flagNames.get(key);
    if (flag !== undefined) return { kind: 'flag', flag };
  }
  const said = keys.some((key) => context.written[key as keyof BrokerOptions] !== undefined);
  const node = lastNode(context.root, namesOf(row));
  const resolved = context.resolved as unknown as Record<string, unknown>;
  // A switch that needs another one turns it on, whatever the file says about it.
  const by = ROWS.find(({ turnsOn, key = '' }) => turnsOn === row.key && turnsOn !== undefined && resolved[key]);
  if (by !== undefined && resolved[row.key ?? ''] && node?.value !== true) return { kind: 'implied', by: by.name };
  if (said && node !== undefined) return originOf(node, context.file);
  return { kind: 'default' };
}

function addressText(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const { host, port } = value as { host: string; port: number };
  return `${host.includes(':') ? `[${host}]` : host}:${port === 0 ? -1 : port}`;
}

/** What the file says in the block, what flags say instead, and the defaults of what neither says. */
function explainBlock(
  path: string,
  type: BlockType,
  keys: readonly string[],
  node: ConfigNode | undefined,
  place: Place,
  context: Context,
): Entry[] {
  const entries = node ? flatten(path, type, node, place) : [];
  const put = (added: Entry): void => {
    const at = entries.findIndex(({ name }) => name === added.name);
    if (at === -1) entries.push(added);
    else entries[at] = added;
  };
  for (const field of type.fields) {
    if (field.key === undefined || notYet(field) !== undefined) continue;
    const name = `${path}.${field.name}`;
    const { reload } = placeOf(field, place);
    const way = [...keys, field.key];
    const given = at(mergeOptions(context.written, context.flags), way);
    const flag = given === undefined ? undefined : context.flagNames.get(way.join('.'));
    const parts = { name, reload, secret: holdsSecret(field.type) };
    if (flag !== undefined) {
      put(entry({ ...parts, ...inNotation(field.type, given), origin: { kind: 'flag', flag } }));
    } else if (field.default !== undefined && !entries.some((known) => known.name === name)) {
      put(entry({ ...parts, ...inNotation(field.type, field.default), origin: { kind: 'default' } }));
    }
  }
  return entries;
}

function at(options: object, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], options);
}

/** The flag that set each option: the last one, and those for several options win over those for one. */
function flagNames(argv: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const scanned = scanFlags(argv);
  if (typeof scanned === 'string') return names;
  for (const { name, flag } of scanned.flags) {
    if ('path' in flag) names.set(flag.path?.join('.') ?? '', dashed(name));
  }
  const compounds = scanned.flags.filter(({ flag }) => 'sets' in flag).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, flag } of compounds) {
    for (const key of ('sets' in flag && flag.sets) || []) names.set(key, dashed(name));
  }
  return names;
}
