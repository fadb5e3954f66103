/** Fakes for tests: reports of the load generator, an engine that runs nothing, a server that only sends INFO. */
import { createServer } from 'node:net';
import type { LoadPlan, LoadReport } from '../../native/load-contract.js';
import type { Engine, RunHooks } from '../run/engine.js';

export function reportOf(changes: Partial<LoadReport> = {}): LoadReport {
  return {
    seconds: 2,
    sendSeconds: 1,
    published: 1000,
    delivered: 1000,
    publishedBytes: 128_000,
    deliveredBytes: 128_000,
    clients: [],
    clientLatencies: [],
    connectSeconds: 0.1,
    warmed: 0,
    connects: { count: 2, minNs: 1000, maxNs: 2000, meanNs: 1500, counts: [[1000, 2]] },
    ledgers: [{ name: 'pair', expected: 1000, received: 1000, lost: 0, duplicated: 0, reordered: 0, foreign: 0 }],
    errors: [],
    slowConsumers: 0,
    timeline: [],
    generatorCpuSeconds: 0.5,
    notMeasured: [],
    stopped: false,
    ...changes,
  };
}

export class FakeEngine implements Engine {
  readonly plans: LoadPlan[] = [];
  closed = 0;

  constructor(private readonly answer: (plan: LoadPlan, hooks: RunHooks) => Promise<LoadReport> | LoadReport) {}

  async run(plan: LoadPlan, hooks: RunHooks = {}) {
    this.plans.push(plan);
    return this.answer(plan, hooks);
  }

  async close() {
    this.closed += 1;
  }
}

/** Sends INFO like a NATS server, and nothing more. */
export async function greeter(info: Record<string, unknown> = {}): Promise<{ url: string; close(): Promise<void> }> {
  const fields = { version: '2.15.2', go: 'go1.26.8', max_payload: 1024 * 1024, ...info };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`INFO ${JSON.stringify(fields)}\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `nats://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
