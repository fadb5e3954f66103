// An unhandled rejection ends the process while a broker runs.
import { Broker } from '../../../dist/index.js';

await Broker.start({ host: '127.0.0.1', port: 0 });
void Promise.reject(new Error('nobody awaits this'));
