/**
 * Checks that latencies are measured correctly: a proxy delays every message by exactly 20 ms, and nats-bench must report
 * that at p50.
 */
import { join } from 'node:path';
import { root } from '../../scripts/lib/root.mjs';
import { StepFailed } from '../../scripts/lib/run.mjs';
import { natsBench } from './command.mjs';
import { startProxy } from './proxy.mjs';
import { startServer } from './server.mjs';

const DELAY_MS = 20;
/** What the way itself may add. */
const TOLERANCE_MS = 0.5;
const EARLY_MS = 0.1;
/** On a machine that is busy with something else even the proxy is late; it says so, and tries again. */
const TRIES = 5;

/** Resolves to the p50 in ms; throws when it is not the delay. */
export async function checkDelay() {
  const broker = await startServer([process.execPath, join(root, 'dist/cli/nats-turbo.js')]);
  try {
    const seen = [];
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { p50, held } = await measureOnce(broker.port);
      if (p50 >= DELAY_MS - EARLY_MS && p50 <= DELAY_MS + TOLERANCE_MS) return p50;
      seen.push(`p50 ${p50.toFixed(2)} ms, held ${held.toFixed(2)} ms`);
    }
    throw new StepFailed(
      `a delay of ${DELAY_MS} ms was not found in ${TRIES} tries (${seen.join('; ')}): is the machine idle?`,
    );
  } finally {
    await broker.stop();
  }
}

async function measureOnce(port) {
  const proxy = await startProxy(port, { delayMs: DELAY_MS });
  try {
    const args = ['pubsub', '--rate', '500', '--duration', '2s', '--size', '64', '-s', proxy.url, '--no-progress'];
    const { code, file } = await natsBench(args);
    if (code !== 0) throw new StepFailed(`nats-bench ended with ${code} behind a proxy that only delays`);
    const held = proxy.held.toSorted((a, b) => a - b)[Math.floor(proxy.held.length / 2)];
    return { p50: file.runs[0].latencyUs.p50 / 1000, held };
  } finally {
    await proxy.close();
  }
}
