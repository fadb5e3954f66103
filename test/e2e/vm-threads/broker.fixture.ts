/** Run by ../vm-threads.test.ts in a vitest of its own, whose tests have a realm of their own. */
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

type Library = typeof import('../../../src/index.js');
type Broker = InstanceType<Library['Broker']>;

test('await using stops the broker at the end of the block', async () => {
  const { Broker } = (await import(pathToFileURL('dist/index.js').href)) as Library;
  let broker: Broker;
  {
    await using running = await Broker.start({ host: '127.0.0.1', port: 0 });
    broker = running;
    expect(broker.isStopping).toBe(false);
  }
  expect(broker.isStopping).toBe(true);
});
