// Leaves with process.exit() before the start has settled.
import { Broker } from '../../../dist/index.js';

Broker.start({ host: '127.0.0.1', port: 0 }).catch(() => {});
setImmediate(() => process.exit(8));
