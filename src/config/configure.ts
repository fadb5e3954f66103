/**
 * Everything together: a file if one is named, what was given beside it on top, defaults below.
 *
 * Calling it again with the same arguments is how a reload sees the file anew while flags keep their priority.
 */

import { cautions } from './cautions.js';
import { type ConfigProblem, OptionsError } from './errors.js';
import type { Environment } from './language/parse.js';
import { loadConfigFile } from './load.js';
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

/** Throws `ConfigError` for the file and `OptionsError` for the result. */
export function configure(written: BrokerOptions, env?: Environment): Configured {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new OptionsError('', 'options must be an object', 'Give an object such as { port: 0 }, or nothing at all.');
  }
  if (!written.configFile) return { options: resolveOptions(written), warnings: [], cautions: cautions(written) };
  const settings = { allowUnsupported: written.allowUnsupported ?? false, ...(env && { env }) };
  const { options, warnings, skippedGuards, digest } = loadConfigFile(written.configFile, settings);
  const merged = mergeOptions(options, written);
  return { options: resolveOptions(merged), warnings, cautions: cautions(merged, skippedGuards), digest };
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
