/** The result of a connection attempt, for ports that should no longer answer. Sends nothing; closes the connection. */
import { connect } from 'node:net';
import { withDeadline } from './deadline.js';

/** `connected`, or the system's error code (`ECONNREFUSED`). */
export function attemptConnection(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  return withDeadline(
    new Promise<string>((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code as string));
    }).finally(() => socket.destroy()),
    'the connection attempt',
  );
}
