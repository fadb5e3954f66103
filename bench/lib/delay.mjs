/**
 * The check that latency means what it says: a proxy holds every message for exactly 20 ms, and nats-bench has to find
 * that at p50.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { root } from '../../scripts/lib/root.mjs';
import { natsBench } from './command.mjs';
import { startProxy } from './proxy.mjs';

const DELAY_MS = 20;
/** What the way itself and a busy machine may add. */
const TOLERANCE_MS = 1.5;
const EARLY_MS = 0.2;

/** Resolves to the p50 in ms; throws when it is not the delay. */
export async function checkDelay() {
  const port = await freePort();
  const broker = spawn(
    process.execPath,
    [join(root, 'dist/cli/nats-turbo.js'), '-a', '127.0.0.1', '-p', String(port)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = new Promise((resolve) => broker.once('close', resolve));
  try {
    await ready(broker);
    const proxy = await startProxy(port, { delayMs: DELAY_MS });
    try {
      const args = ['pubsub', '--rate', '500', '--duration', '3s', '--size', '64', '-s', proxy.url, '--no-progress'];
      const { code, file } = await natsBench(args);
      const p50 = (file?.runs[0]?.latencyUs?.p50 ?? Number.NaN) / 1000;
      if (code !== 0 || !(p50 >= DELAY_MS - EARLY_MS && p50 <= DELAY_MS + TOLERANCE_MS)) {
        throw new Error(`a delay of ${DELAY_MS} ms was measured as p50 = ${p50} ms (exit code ${code})`);
      }
      return p50;
    } finally {
      await proxy.close();
    }
  } finally {
    broker.kill('SIGTERM');
    await ended;
  }
}

function ready(broker) {
  return new Promise((resolve, reject) => {
    let log = '';
    broker.stderr.setEncoding('utf8').on('data', (text) => {
      log += text;
      if (log.includes('Server is ready')) resolve();
    });
    broker.once('close', () => reject(new Error(`the broker did not start:\n${log}`)));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
