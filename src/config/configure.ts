/**
 * Everything together: a file if one is named, what was given beside it on top, defaults below.
 *
 * Calling it again with the same arguments is how a reload sees the file anew while flags keep their priority.
 */

import { cautions } from './cautions.js';
import { ConfigError, type ConfigProblem, OptionsError } from './errors.js';
import { type LoadedConfig, type LoadSettings, loadConfigFile } from './load.js';
import { nodeOf } from './names.js';
import { resolveOptions } from './resolve.js';
import type { BrokerOptions, ResolvedOptions } from './types.js';

export interface Configured {
  options: ResolvedOptions;
  warnings: ConfigProblem[];
  /** What belongs into the log, loudly. */
  cautions: string[];
  /** Of the file; absent without one. */
  digest?: string;
}

/** Throws a `ConfigError` for what a file says, an `OptionsError` for what was given beside it. */
export function configure(written: BrokerOptions, settings: Omit<LoadSettings, 'allowUnsupported'> = {}): Configured {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new OptionsError('', 'options must be an object', 'Give an object such as { port: 0 }, or nothing at all.');
  }
  if (!written.configFile) return { options: resolveOptions(written), warnings: [], cautions: cautions(written) };
  const allowUnsupported = written.allowUnsupported ?? false;
  const loaded = loadConfigFile(written.configFile, { ...settings, allowUnsupported });
  const { warnings, skippedGuards, digest } = loaded;
  const merged = mergeOptions(loaded.options, written);
  return { options: resolveFile(loaded, written), warnings, cautions: cautions(merged, skippedGuards), digest };
}

/** `over` on top of a file; throws as `configure` does, with the place of what the file should not say. */
export function resolveFile({ options, root }: LoadedConfig, over: BrokerOptions): ResolvedOptions {
  try {
    return resolveOptions(mergeOptions(options, over));
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    const [key = ''] = error.path;
    const node = over[key as keyof BrokerOptions] === undefined ? nodeOf(root, error.path) : undefined;
    if (!node) throw error;
    const { file, valueAt } = node;
    const { reason: message, remedy } = error.inFile();
    throw new ConfigError([{ file, ...valueAt, message, remedy }]);
  }
}

/** `over` wins wherever it says something; credentials are merged one by one. */
export function mergeOptions(under: BrokerOptions, over: BrokerOptions): BrokerOptions {
  const said = Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined));
  const merged: BrokerOptions = { ...under, ...said };
  if (under.authorization && over.authorization) {
    merged.authorization = { ...under.authorization, ...over.authorization };
  }
  return merged;
}
