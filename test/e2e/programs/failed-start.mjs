// A start that fails leaves nothing open either.
import { Broker, OptionsError, PortInUseError } from '../../../dist/index.js';

const broker = await Broker.start({ host: '127.0.0.1', port: 0 });
const inUse = await Broker.start({ host: '127.0.0.1', port: broker.port }).catch((error) => error);
const badOption = await Broker.start({ maxPayload: 'lots' }).catch((error) => error);
await broker.stop();
const alone = await Broker.start({ host: '192.0.2.1', port: 0 }).catch((error) => error);
console.log(inUse instanceof PortInUseError, badOption instanceof OptionsError, alone.name);
