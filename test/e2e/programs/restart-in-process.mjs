// The Runtime ends with its last broker and comes again with the next one, on the same port.
import { Broker } from '../../../dist/index.js';

let port = 0;
for (let round = 0; round < 5; round++) {
  const broker = await Broker.start({ host: '127.0.0.1', port });
  if (port !== 0 && broker.port !== port) throw new Error(`port ${broker.port} instead of ${port}`);
  port = broker.port;
  await broker.stop();
}
console.log('five rounds');
