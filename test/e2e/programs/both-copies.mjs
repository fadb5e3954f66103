// Two copies of the library in one process share one Runtime, and so its threads. `import` and `require` get one copy.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { Broker } from '../../../dist/index.js';

const require = createRequire(import.meta.url);
const { Broker: RequiredBroker } = require('../../../dist/index.cjs');
// A second copy: what two dependencies with an installation each would load.
for (const file of Object.keys(require.cache)) if (!file.endsWith('.node')) delete require.cache[file];
const { Broker: OtherBroker } = require('../../../dist/index.cjs');
const threads = () => readdirSync('/proc/self/task').map(nameOf);
// Node's own helper threads come at the first use; let them come before anything is counted.
await readFile(new URL(import.meta.url));

const options = { host: '127.0.0.1', port: 0 };
const first = await Broker.start(options);
// The loops are on interim threads until the workers have booted.
while (threads().some((name) => name.startsWith('nt-interim'))) await setTimeout(5);
const withOne = threads().length;
const others = [await OtherBroker.start(options)];
for (let index = 0; index < 10; index++) others.push(await Broker.start(options));
const ports = new Set([first, ...others].map((broker) => broker.port));
const result = {
  oneForBoth: Broker === RequiredBroker,
  another: OtherBroker !== Broker,
  more: threads().length - withOne,
  ports: ports.size,
};
// The one that brought the Runtime leaves first; the others must not notice.
await first.stop();
result.stillServing = await fetchInfo(others[0].port);
await Promise.all(others.map((broker) => broker.stop()));
console.log(JSON.stringify(result));

/** Empty for a thread that has just ended. */
function nameOf(task) {
  try {
    return readFileSync(`/proc/self/task/${task}/comm`, 'utf8');
  } catch {
    return '';
  }
}

async function fetchInfo(port) {
  const { connect } = await import('node:net');
  const { once } = await import('node:events');
  const socket = connect(port, '127.0.0.1');
  const [data] = await once(socket, 'data');
  socket.destroy();
  return String(data).slice(0, 4);
}
