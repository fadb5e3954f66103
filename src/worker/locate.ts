/**
 * Finds the script a worker thread runs. The library, the command line and the sources lie at different depths, so
 * the built script is looked for beside, above and in the build folder.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PLACES = ['./worker/reactor.js', '../worker/reactor.js', './reactor.js', '../../dist/worker/reactor.js'];

export class WorkerScriptMissingError extends Error {
  override readonly name = 'WorkerScriptMissingError';
  readonly code = 'WORKER_SCRIPT_MISSING';
}

export function locateReactor(from: string): string {
  for (const place of PLACES) {
    const file = fileURLToPath(new URL(place, from));
    if (existsSync(file)) return file;
  }
  throw new WorkerScriptMissingError(
    'worker/reactor.js, which belongs to nats-turbo, is missing: install the package again, or run `npm run build` in a clone',
  );
}
