#!/usr/bin/env node
/**
 * The command `nats-bench`: connects the load generator with the arguments, output and signals of the process. The load
 * generator is loaded when a measurement begins.
 */
import { benchMain, EXIT } from '../bench/main.js';
import { engineOf } from '../bench/run/engine.js';
import { loadAddon } from '../native/index.js';
import { LoadPool } from '../worker/load-pool.js';
import { print, STDERR, STDOUT } from './print.js';

/** The first Ctrl-C ends the run and reports, the second ends the process. */
function onInterrupt(stop: () => void): () => void {
  let asked = false;
  const interrupt = () => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    print(STDERR, '\nnats-bench: stopping; once more ends it at once\n');
    stop();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
}

benchMain({
  argv: process.argv.slice(2),
  env: process.env,
  out: (text) => print(STDOUT, text),
  err: (text) => print(STDERR, text),
  engine: () => engineOf({ addon: loadAddon(), pool: new LoadPool() }),
  onInterrupt,
}).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    print(STDERR, `nats-bench: ${'code' in error ? error.message : (error.stack ?? error.message)}\n`);
    process.exitCode = 1;
  },
);
