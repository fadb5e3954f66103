// Brokers inside worker threads, while the main thread never loads the addon. The argument says how the worker ends.
import { once } from 'node:events';
import { connect } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const how = isMainThread ? process.argv[2] : workerData;

if (isMainThread) {
  // One after the other: later ones get the system's identity of earlier ones.
  for (let round = 0; round < 8; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: how });
    const ended = once(worker, 'exit');
    const [port] = await once(worker, 'message');
    if (how === 'process-exit') process.exit(3);
    if (how === 'terminate') await worker.terminate();
    await ended;
    await refused(port);
  }
  console.log('eight workers');
} else {
  const { Broker } = await import('../../../dist/index.js');
  const broker = await Broker.start({ host: '127.0.0.1', port: 0 });
  const socket = connect(broker.port, '127.0.0.1');
  socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes('PONG')) break;
  }
  parentPort.postMessage(broker.port);
  if (how === 'stop') await broker.stop();
  else if (how === 'exit') process.exit(0);
  // Otherwise it stays, broker and all.
}

/** A loop that outlives its worker would still listen. */
async function refused(port) {
  const [error] = await once(connect(port, '127.0.0.1'), 'error').catch((thrown) => [thrown]);
  if (error.code !== 'ECONNREFUSED') throw error;
}
