/** The command's process: what must be in place before the broker starts. */
import { afterEach, expect, test, vi } from 'vitest';
import { configure } from '../config/index.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
const start = vi.hoisted(() => vi.fn());
vi.mock('../broker/start.js', () => ({ startResolved: start }));

const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
afterEach(() => {
  for (const signal of SIGNALS) {
    for (const listener of process.listeners(signal)) {
      if (!before.get(signal)?.includes(listener)) process.off(signal, listener);
    }
  }
});

test('signals are handled before the broker starts', async () => {
  const { run } = await import('./run.js');
  const handled: boolean[] = [];
  start.mockImplementation(async () => {
    handled.push(...SIGNALS.map((signal) => process.listenerCount(signal) > (before.get(signal)?.length ?? 0)));
    return { on: () => {} };
  });
  const written = { port: 0 };
  await run(configure(written), written);
  expect(handled).toEqual(SIGNALS.map(() => true));
});
