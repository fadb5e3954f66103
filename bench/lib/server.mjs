/** Starts the servers that the scripts of this folder measure, each on a free port of loopback, and ends them by their id. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** Resolves once the server says that it is ready. `command`: program and arguments, without address and port. */
export async function startServer([program, ...args]) {
  const port = await freePort();
  const child = spawn(program, [...args, '-a', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await ready(child);
  return {
    port,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function ready(child) {
  return new Promise((resolve, reject) => {
    let log = '';
    // Read to the end: a server that logs much must not wait for its reader.
    child.stderr.setEncoding('utf8').on('data', (text) => {
      if (log.length < 10_000) log += text;
      if (log.includes('Server is ready')) resolve();
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`the server did not start:\n${log}`)));
  });
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
