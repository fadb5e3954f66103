/**
 * `auth_module`: the function `authenticate` from a file, for servers that a command starts.
 *
 * Loaded only where the option is set. A file that has changed since is loaded again by a reload; what it imports is not.
 */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionsError, type ResolvedOptions } from '../config/index.js';
import type { Authenticate } from './authenticate.js';

const EXPORT_IT = 'Export a function: export default async ({ user, pass }) => ({ user }).';

/** Throws an `OptionsError`. The path counts from the folder of the configuration file. */
export async function loadAuthModule(
  written: string,
  { configFile }: Pick<ResolvedOptions, 'configFile'>,
): Promise<Authenticate> {
  const path = resolve(configFile ? dirname(configFile) : '.', written);
  const version = await stat(path).then(
    ({ mtimeMs, size }) => `${mtimeMs}-${size}`,
    (error: Error) => {
      throw fault(`${path} can't be read: ${error.message}`, 'Give the path of a JavaScript module.');
    },
  );
  const module = await load(path, version);
  const authenticate = module.default ?? module.authenticate;
  if (typeof authenticate !== 'function') throw fault(`${path} exports no function`, EXPORT_IT);
  return authenticate as Authenticate;
}

/** Node loads a module once for each address: the version makes another one of a file that has changed. */
async function load(path: string, version: string): Promise<Record<string, unknown>> {
  try {
    return (await import(`${pathToFileURL(path).href}?${version}`)) as Record<string, unknown>;
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw fault(`${path} can't be loaded: ${text}`, `Correct the module. ${EXPORT_IT}`);
  }
}

function fault(problem: string, remedy: string): OptionsError {
  return new OptionsError('authModule', (nameOf) => `${nameOf('authModule')}: ${problem}`, remedy);
}
