/** nats-server beside the tests of a block; without it they are skipped, each with the reason. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { referenceCommand, TestServer } from '../support/server.js';

/** Starts it with this configuration, then `ready` connects; `done` comes before its end. */
export function withReference(config: string, ready: (port: number) => Promise<void>, done: () => Promise<void>): void {
  const command = referenceCommand();
  let server: TestServer | undefined;

  beforeAll(async () => {
    if (command === undefined) return;
    server = await TestServer.start({ config }, command);
    await ready(server.port);
  });
  beforeEach((ctx) => {
    if (command === undefined) ctx.skip('skipped: needs nats-server');
  });
  afterAll(async () => {
    await done();
    await server?.stop();
  });
}
