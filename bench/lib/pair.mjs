/** A publisher and a subscriber (128 B), measured by nats-bench beside whatever else the server has to do. */
import { StepFailed } from '../../scripts/lib/run.mjs';
import { natsBench } from './command.mjs';

/** `rate`: messages per second; absent: as many as there can be. */
export async function pair(url, { seconds, rate, subject }) {
  const pace = rate === undefined ? [] : ['--rate', `${rate}`];
  const work = ['pubsub', ...(subject === undefined ? [] : [subject]), '--size', '128'];
  const load = [...work, ...pace, '--duration', `${seconds}s`, '-s', url, '--no-progress'];
  const { code, file, text } = await natsBench(load, { show: false });
  const [run] = file?.runs ?? [];
  if (code !== 0 || !run) throw new StepFailed(`nats-bench ended with ${code}:\n${text}`);
  const { p50, p99 } = run.latencyUs ?? {};
  return { delivered: run.deliveredPerSecond, messages: run.delivered, p50, p99 };
}
