/**
 * `npm run bench`: the short standard suite against this broker alone, and the check that a known delay is found. Keeps
 * the results. Further flags go to nats-bench: `npm run bench -- --suite core --repeat 3`.
 */
import { prepare } from '../scripts/lib/prepare.mjs';
import { main, StepFailed, say } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';
import { keep, natsBench, OURS } from './lib/command.mjs';
import { checkDelay } from './lib/delay.mjs';

await main(async () => {
  await prepare(toRun);
  const given = process.argv.slice(2);
  const suite = given.includes('--suite') ? [] : ['--suite', 'short'];
  const { code, text, file } = await natsBench([...suite, '--spawn', OURS, ...given]);
  if (!file) throw new StepFailed('nats-bench measured nothing');
  const p50 = await checkDelay();
  const remarks = [`a delay of 20 ms, put in by a proxy, was measured as p50 = ${p50.toFixed(2)} ms`];
  say(`results are in ${keep(file.meta.suite ?? 'bench', { title: 'nats-turbo alone', file, text, remarks })}`);
  process.exitCode = code;
});
