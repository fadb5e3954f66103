/**
 * `npm run bench:compare`: the core suite against nats-server (NATS_SERVER, or the one on the PATH) and this broker, in
 * alternating rounds. Keeps the results. Further flags go to nats-bench: `npm run bench:compare -- --repeat 5`.
 */
import { prepare } from '../scripts/lib/prepare.mjs';
import { main, StepFailed, say } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';
import { keep, natsBench, OURS, referenceServer } from './lib/command.mjs';

await main(async () => {
  const reference = referenceServer();
  if (!reference)
    throw new StepFailed('bench:compare needs nats-server: put it on the PATH, or name it in NATS_SERVER');
  await prepare(toRun);
  const given = process.argv.slice(2);
  const suite = given.includes('--suite') ? [] : ['--suite', 'core'];
  const theirs = `${reference} -a 127.0.0.1 -p {port} -js -sd {dir}`;
  const { code, text, file } = await natsBench([...suite, '--spawn', theirs, '--spawn', OURS, ...given]);
  if (!file) throw new StepFailed('nats-bench measured nothing');
  const title = 'nats-turbo (B) beside nats-server (A)';
  say(`results are in ${keep(`compare-${file.meta.suite ?? 'core'}`, { title, file, text })}`);
  process.exitCode = code;
});
