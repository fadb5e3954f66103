// Listeners that throw: the program hears of each as of any uncaught error, and the broker goes on, and stops.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Broker } from '../../../dist/index.js';

const heard = [];
process.on('uncaughtException', (error) => heard.push(error.message));
const broker = await Broker.start({ host: '127.0.0.1', port: 0 });
for (const event of ['connect', 'disconnect', 'log']) {
  broker.on(event, () => {
    throw new Error(event);
  });
}
const clients = [];
for (let i = 0; i < 3; i++) {
  const client = connect(broker.port, '127.0.0.1');
  client.on('error', () => {});
  client.write('CONNECT {"verbose":false}\r\nPING\r\n');
  let text = '';
  while (!text.includes('PONG')) text += (await once(client, 'data'))[0];
  clients.push(once(client, 'close'));
}
await broker.reload({ host: '127.0.0.1', port: 0, maxPayload: 1000 });
await broker.stop();
await Promise.all(clients);
const count = (message) => heard.filter((one) => one === message).length;
console.log(
  JSON.stringify([count('connect'), count('disconnect'), count('log') > 10, broker.closedConnections().length]),
);
