/**
 * `npm start`: builds what is missing or stale, then becomes the broker. No child process stands between: signals
 * and the exit code are the broker's own.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare } from './lib/prepare.mjs';
import { root } from './lib/root.mjs';
import { main } from './lib/run.mjs';
import { toRun } from './lib/steps.mjs';

await main(() => prepare(toRun));
if (!process.exitCode) {
  const cli = join(root, 'dist/cli/nats-turbo.js');
  process.argv[1] = cli;
  await import(pathToFileURL(cli).href);
}
