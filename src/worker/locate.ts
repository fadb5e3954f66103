/**
 * Finds the script a worker thread runs. The library, the command line and the sources lie at different depths, so
 * the built script is looked for beside, above and in the build folder.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export class WorkerScriptMissingError extends Error {
  override readonly name = 'WorkerScriptMissingError';
  readonly code = 'WORKER_SCRIPT_MISSING';
}

/** `reactor.js` serves brokers, `load.js` the load generator. */
export function locateScript(from: string, script: 'reactor.js' | 'load.js'): string {
  for (const place of [`./worker/${script}`, `../worker/${script}`, `./${script}`, `../../dist/worker/${script}`]) {
    const file = fileURLToPath(new URL(place, from));
    if (existsSync(file)) return file;
  }
  throw new WorkerScriptMissingError(
    `worker/${script}, which belongs to nats-turbo, is missing: install the package again, or run \`npm run build\` in a clone`,
  );
}
