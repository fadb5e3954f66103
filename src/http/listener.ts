/** Starts and ends an HTTP server. Used by the monitoring and profiling listeners; knows nothing of what they serve. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Settles once the server listens. Rejects with the system's error, which has a `code` such as `EADDRINUSE`. */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The port the server is bound to. */
export function boundPort(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Stops listening and closes all connections, also those with a request in progress. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
