/**
 * Jobs shared among workers: the workers are members of one queue group, so each job goes to one of them. Every job is
 * a request, so its sender learns that it is done. Ends by itself.
 *
 * Core NATS keeps nothing: a job that is sent while no worker is there is refused, not stored.
 */
import { connect } from '@nats-io/transport-node';
import { Broker } from 'nats-turbo';

const WORKERS = 3;
const JOBS = 60;

const broker = await Broker.start({ port: 0, host: '127.0.0.1' });

const workers = await Promise.all(Array.from({ length: WORKERS }, (_, n) => startWorker(`worker ${n + 1}`)));

const sender = await connect({ servers: broker.url, name: 'sender' });
const jobs = Array.from({ length: JOBS }, (_, n) => sender.request('jobs.square', String(n), { timeout: 5000 }));
const results = (await Promise.all(jobs)).map((answer) => answer.json());

console.log(`${results.length} jobs done, the last with ${results.at(-1)}`);
console.log(`by all workers: ${workers.every(({ done }) => done > 0)}`);

await Promise.all([sender, ...workers.map(({ client }) => client)].map((client) => client.drain()));
await broker.stop();

async function startWorker(name) {
  const client = await connect({ servers: broker.url, name });
  const worker = { client, done: 0 };
  client.subscribe('jobs.*', {
    queue: 'workers',
    callback: (_error, job) => {
      worker.done += 1;
      job.respond(JSON.stringify(Number(job.string()) ** 2));
    },
  });
  await client.flush();
  return worker;
}
