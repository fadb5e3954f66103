/**
 * Everything together: a file if one is named, what was given beside it on top, defaults below.
 *
 * Calling it again with the same arguments is how a reload sees the file anew while flags keep their priority.
 */

import { cautions } from './cautions.js';
import { ConfigError, type ConfigProblem, OptionsError } from './errors.js';
import { valueAt } from './language/nodes.js';
import { type LoadedConfig, type LoadSettings, loadConfigFile } from './load.js';
import { nodeOf } from './names.js';
import { resolveOptions } from './resolve.js';
import { TOP_LEVEL } from './schema.js';
import type { BrokerOptions, ResolvedOptions } from './types.js';
import type { BlockType } from './value-type.js';

export interface Configured {
  options: ResolvedOptions;
  warnings: ConfigProblem[];
  /** What belongs into the log, loudly. */
  cautions: string[];
  /** Of the file; absent without one. */
  digest?: string;
  /** An error about an option, with its place where a file says it. */
  located(error: OptionsError): Error;
}

const CREDENTIALS_IGNORED =
  'Ignoring the user or token given beside the configuration file: the file has a list of users, which counts alone';

/** Throws a `ConfigError` for what a file says, an `OptionsError` for what was given beside it. */
export function configure(written: BrokerOptions, settings: Omit<LoadSettings, 'allowUnsupported'> = {}): Configured {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new OptionsError('', 'options must be an object', 'Give an object such as { port: 0 }, or nothing at all.');
  }
  if (!written.configFile) {
    const [options, found] = [resolveOptions(written), cautions(written)];
    return { options, warnings: [], cautions: found, located: (error) => error };
  }
  const allowUnsupported = written.allowUnsupported ?? false;
  const loaded = loadConfigFile(written.configFile, { ...settings, allowUnsupported });
  const { warnings, skippedGuards, digest } = loaded;
  const merged = mergeOptions(loaded.options, written);
  const found = cautions(merged, skippedGuards);
  if (ignoresCredentials(loaded.options, written)) found.push(CREDENTIALS_IGNORED);
  const located = (error: OptionsError): Error => withPlace(error, loaded, written);
  return { options: resolveFile(loaded, written), warnings, cautions: found, digest, located };
}

/** `over` on top of a file; throws as `configure` does, with the place of what the file should not say. */
export function resolveFile(loaded: LoadedConfig, over: BrokerOptions): ResolvedOptions {
  try {
    return resolveOptions(mergeOptions(loaded.options, over), keepsAccounts(over));
  } catch (error) {
    throw error instanceof OptionsError ? withPlace(error, loaded, over) : error;
  }
}

/** Whether nothing is given beside a file that concerns its accounts. */
function keepsAccounts({ accounts, authorization, noSystemAccount }: BrokerOptions): boolean {
  return [accounts, authorization, noSystemAccount].every((given) => given === undefined);
}

/** The same error for who wrote the file, unless it is about what was given beside it. */
function withPlace(error: OptionsError, { root }: LoadedConfig, over: BrokerOptions): Error {
  const [key = ''] = error.path;
  const node = over[key as keyof BrokerOptions] === undefined ? nodeOf(root, error.path) : undefined;
  if (!node) return error;
  const { reason: message, remedy } = error.inFile();
  return new ConfigError([{ file: node.file, ...valueAt(node), message, remedy }]);
}

/**
 * `over` wins wherever it says something; blocks are merged field by field. A single user or a token given beside a list
 * of users in the file is ignored, as in the reference.
 */
export function mergeOptions(under: BrokerOptions, over: BrokerOptions): BrokerOptions {
  const merged = merge(TOP_LEVEL, under, over) as BrokerOptions;
  if (!ignoresCredentials(under, over)) return merged;
  const { user: _user, password: _password, token: _token, ...authorization } = merged.authorization ?? {};
  return { ...merged, authorization };
}

/** Whether a single user or a token is given beside a list of users in the file. */
function ignoresCredentials(file: BrokerOptions, { authorization: given }: BrokerOptions): boolean {
  const single = given !== undefined && Boolean(given.user || given.password || given.token);
  const listed = file.authorization?.users !== undefined || hasUsers(file.accounts);
  return single && listed && given.users === undefined;
}

function hasUsers(accounts: BrokerOptions['accounts'] = []): boolean {
  return !Array.isArray(accounts) && Object.values(accounts).some(({ users }) => users !== undefined);
}

function merge({ fields }: BlockType, under: object, over: object): object {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const type = fields.find((field) => field.key === key)?.type;
    if (value === undefined) continue;
    const both = type?.kind === 'block' && isBlock(merged[key]) && isBlock(value);
    merged[key] = both ? merge(type, merged[key] as object, value) : value;
  }
  return merged;
}

function isBlock(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
