/**
 * Ports for servers that leave and come back: the system hands out none of them, so no client or server of another test
 * takes one meanwhile. Everything else listens on port 0.
 */
import { createServer } from 'node:net';

/** Below what systems hand out by themselves, above what services are registered for as a rule. */
const FIRST = 16_384;
const COUNT = 16_384;

/** A free port to come back to. */
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
