/** Tests of a service against a real broker: one for the file, on a free port, so files run beside each other. */
import { connect } from '@nats-io/transport-node';
import { Broker } from 'nats-turbo';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

/** What is tested. */
function greet(client) {
  client.subscribe('greet.*', {
    callback: (_error, request) => request.respond(`Hello ${request.subject.split('.')[1]}`),
  });
  return client.flush();
}

let broker;
let client;
beforeAll(async () => {
  broker = await Broker.start({ port: 0, host: '127.0.0.1' });
});
afterAll(() => broker.stop());
beforeEach(async () => {
  client = await connect({ servers: broker.url });
});
afterEach(() => client.close());

it('greets by name', async () => {
  await greet(client);
  const answer = await client.request('greet.Ada', '', { timeout: 5000 });
  expect(answer.string()).toBe('Hello Ada');
});

it('is not there before it was started', async () => {
  await expect(client.request('greet.Ada', '', { timeout: 5000 })).rejects.toThrow(/no responders/);
});
