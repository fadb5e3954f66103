/**
 * A Node program that is broker and service in one: other programs connect to it and ask for the time. Runs until
 * SIGINT or SIGTERM; then it takes no more requests, answers those it has and stops the broker.
 *
 * PORT is the port it listens on, 4222 if it is not set.
 */
import { once } from 'node:events';
import { connect } from '@nats-io/transport-node';
import { Broker } from 'nats-turbo';

const broker = await Broker.start({ host: '127.0.0.1', port: Number(process.env.PORT ?? 4222) });
broker.on('connect', ({ name }) => console.log(`here: ${name || 'a client without a name'}`));

const client = await connect({ servers: broker.url, name: 'time service' });
// In a queue group a second service beside this one shares the requests.
client.subscribe('time.now', {
  queue: 'time',
  callback: (_error, request) => request.respond(new Date().toISOString()),
});
await client.flush();
console.log(`ready at ${broker.url}`);

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await client.drain();
await broker.stop();
console.log('stopped');
