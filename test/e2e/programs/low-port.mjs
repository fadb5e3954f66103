// Run as a user without rights: a port below 1024 is refused with a typed error.
import { Broker } from '../../../dist/index.js';

const error = await Broker.start({ host: '127.0.0.1', port: 1 }).catch((reason) => reason);
console.log(JSON.stringify({ name: error.name, code: error.code, message: error.message }));
