// The main thread is blocked in a child's run; the child is a client of the broker in this very process.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Broker } from '../../../dist/index.js';

const broker = await Broker.start({
  host: '127.0.0.1',
  port: 0,
  authorization: {
    timeout: '60s',
    users: [{ user: 'ada', password: 'lovelace', permissions: { publish: ['open.>'] } }],
  },
});
const client = fileURLToPath(new URL('blocking-client.mjs', import.meta.url));
process.stdout.write(
  execFileSync(process.execPath, [client, String(broker.port)], { encoding: 'utf8', timeout: 15_000 }),
);
await broker.stop();
