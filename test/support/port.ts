/**
 * Ports for servers that are restarted on the same port. They lie outside the range that the system assigns, so no client
 * or server of another test gets one meanwhile. All other servers listen on port 0.
 */
import { createServer } from 'node:net';

/** Below the ports that systems assign by themselves, above most registered services. */
const FIRST = 16_384;
const COUNT = 16_384;

/** A free port that can be used again after a restart. */
export async function portToKeep(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
}
