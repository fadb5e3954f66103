// The Runtime ends with its last broker and comes again with the next one, on the same port, which is the argument.
import { Broker } from '../../../dist/index.js';

const port = Number(process.argv[2]);
for (let round = 0; round < 5; round++) {
  const broker = await Broker.start({ host: '127.0.0.1', port });
  if (broker.port !== port) throw new Error(`port ${broker.port} instead of ${port}`);
  await broker.stop();
}
console.log('five rounds');
