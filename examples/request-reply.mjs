/**
 * A question and its answer over the broker of this program, and what the client is told when nobody is there to
 * answer. Ends by itself.
 */
import { connect, errors } from '@nats-io/transport-node';
import { Broker } from 'nats-turbo';

const broker = await Broker.start({ port: 0, host: '127.0.0.1' });

const answering = await connect({ servers: broker.url, name: 'answers' });
answering.subscribe('sum', {
  callback: (_error, request) => request.respond(String(request.json().reduce((a, b) => a + b, 0))),
});
// The server has the subscription when it has answered a ping that was sent after it.
await answering.flush();

const asking = await connect({ servers: broker.url, name: 'asks' });
const answer = await asking.request('sum', JSON.stringify([1, 2, 3]), { timeout: 2000 });
console.log(`sum: ${answer.string()}`);

try {
  await asking.request('product', JSON.stringify([1, 2, 3]), { timeout: 2000 });
} catch (error) {
  if (!(error instanceof errors.RequestError && error.isNoResponders())) throw error;
  console.log('product: nobody answers');
}

await asking.drain();
await answering.drain();
await broker.stop();
