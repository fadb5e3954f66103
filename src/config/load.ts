/**
 * A configuration file, read whole: options, warnings and digest, or everything that is wrong with it.
 */

import { type AccountFault, accountFaults, importFaults } from './blocks/resolved-accounts.js';
import { ConfigError, type ConfigProblem } from './errors.js';
import { digest } from './language/digest.js';
import { type ConfigMap, SyntaxProblem } from './language/nodes.js';
import { type Environment, type HostEnvironment, hostEnvironment, parseBytes, parseFile } from './language/parse.js';
import { isSecret, nodeOf } from './names.js';
import { readOptions } from './read-options.js';
import { Report } from './report.js';
import type { BrokerOptions } from './types.js';

export interface LoadSettings {
  /** Skip options whose feature is not there yet, with a warning. */
  allowUnsupported?: boolean;
  /** Where `$name` is looked up; the environment of the process unless given. */
  env?: Environment;
  /** Treat warnings as errors, as `-t` does. Options that `allowUnsupported` skips don't count. */
  checkOnly?: boolean;
}

export interface LoadedConfig {
  options: BrokerOptions;
  warnings: ConfigProblem[];
  /** Options that decide who may connect and were skipped because `allowUnsupported` said so, as written. */
  skippedGuards: string[];
  /** `sha256:…`, equal for files that say the same. */
  digest: string;
  /** Everything the file says, with its places. */
  root: ConfigMap;
}

/** Reads a file and what it includes; throws `ConfigError` with all its problems. */
export function loadConfigFile(path: string, settings: LoadSettings = {}): LoadedConfig {
  return load(path, settings, (host) => parseFile(path, host));
}

/** The same for text, as if it stood in the file `name`. */
export function loadConfigText(text: string | Uint8Array, name: string, settings: LoadSettings = {}): LoadedConfig {
  return load(name, settings, (host) => parseBytes(Buffer.from(text), name, host));
}

function load(file: string, settings: LoadSettings, parse: (host: HostEnvironment) => ConfigMap): LoadedConfig {
  const root = orConfigError(() => parse({ ...hostEnvironment(settings.env), isSecret }));
  const report = new Report(settings.allowUnsupported ?? false);
  if (root.size === 0) report.warnings.push({ message: `${file}: config has no values or is empty` });
  const options = readOptions(root, report);
  reportFaults(accountFaults(options), root, report);
  // What is missing because of another mistake can't be imported.
  if (report.problems.length === 0) reportFaults(importFaults(options), root, report);
  const failed = report.problems.length > 0 || (settings.checkOnly === true && report.warnings.length > 0);
  if (failed) throw new ConfigError(report.problems, report.warnings, report.skipped);
  const { skippedGuards } = report;
  return { options, warnings: [...report.skipped, ...report.warnings], skippedGuards, digest: digest(root), root };
}

function reportFaults(faults: readonly AccountFault[], root: ConfigMap, report: Report): void {
  for (const { path, problem } of faults) {
    const node = nodeOf(root, path);
    if (node !== undefined) report.error(node, problem);
  }
}

function orConfigError<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const { file, line, column, message } = error;
    const place = line > 0 ? { file, line, column } : {};
    throw new ConfigError([{ ...place, message, printed: message }]);
  }
}
