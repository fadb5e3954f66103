// Fifty brokers, one after the other, each stopped twice while messages flow as fast as they can.
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { Broker } from '../../../dist/index.js';

const count = (folder) => readdirSync(`/proc/self/${folder}`).length;
const batch = Buffer.from('PUB load 16\r\n0123456789abcdef\r\n'.repeat(2000));
let before;

for (let round = 0; round < 50; round++) {
  const broker = await Broker.start({ host: '127.0.0.1', port: 0 });
  const subscriber = open(broker.port, 'CONNECT {"verbose":false}\r\nSUB load 1\r\n');
  const publisher = open(broker.port, 'CONNECT {"verbose":false}\r\n');
  pump(publisher);
  await new Promise((resolve) => subscriber.once('data', () => subscriber.once('data', resolve)));
  const closed = [subscriber, publisher].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  await Promise.all([broker.stop(), broker.stop()]);
  await Promise.all(closed);
  await broker.stop();
  // The first rounds load modules and start Node's own helper threads.
  if (round === 4) before = { threads: count('task'), files: count('fd'), listeners: process.listenerCount('exit') };
}
const after = { threads: count('task'), files: count('fd'), listeners: process.listenerCount('exit') };
console.log(
  JSON.stringify({ before, after, open: process.getActiveResourcesInfo().filter((name) => /TCP|Message/.test(name)) }),
);

function open(port, greeting) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write(greeting);
  return socket;
}

function pump(socket) {
  let batches = 0;
  while (!socket.destroyed && batches++ < 50 && socket.write(batch));
  if (!socket.destroyed) socket.once('drain', () => pump(socket));
}
