// Leaves with process.exit() while two brokers run and a client is connected.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Broker } from '../../../dist/index.js';

const broker = await Broker.start({ host: '127.0.0.1', port: 0 });
await Broker.start({ host: '127.0.0.1', port: 0 });
await once(connect(broker.port, '127.0.0.1'), 'data');
console.log('leaving');
process.exit(7);
