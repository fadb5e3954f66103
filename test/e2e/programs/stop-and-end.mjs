// Starts a broker, serves a client, stops: nothing is left open, so the process ends by itself.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Broker } from '../../../dist/index.js';

const broker = await Broker.start({ host: '127.0.0.1', port: 0, http: '127.0.0.1:0' });
const client = connect(broker.port, '127.0.0.1');
client.write('CONNECT {"verbose":false}\r\nPING\r\n');
let text = '';
while (!text.includes('PONG')) text += (await once(client, 'data'))[0];
const closed = once(client, 'close');
await broker.stop();
await closed;
console.log('stopped');
