/**
 * Starts a process of this folder that loads a server and counts what it does, such as flood.mjs. Ends it by its id. What it
 * counts is its own business.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../scripts/lib/root.mjs';
import { StepFailed } from '../../scripts/lib/run.mjs';

/** Resolves once the process says that the server has answered for the first time. `what` names it in errors. */
export async function startCounter(script, args, what) {
  const child = fork(join(root, 'bench/lib', script), args.map(String));
  const ended = once(child, 'exit');
  const early = ended.then(() => {
    throw new StepFailed(`${what} ended early`);
  });
  early.catch(() => {});
  const told = async () => (await Promise.race([once(child, 'message'), early]))[0];
  await told();
  return {
    /** Its counters, and when that was. */
    async counts() {
      const answer = told();
      child.send('counts');
      return { ...(await answer), at: performance.now() };
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** How much `field` has grown per second between two answers of `counts`. */
export function perSecond(before, after, field) {
  return (1000 * (after[field] - before[field])) / (after.at - before.at);
}
