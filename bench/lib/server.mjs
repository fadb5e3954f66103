/** Starts the servers that the scripts of this folder measure, each on a free port of loopback, and ends them by their id. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
    /** Of the process so far; undefined where there is no /proc. */
    cpuSeconds: () => cpuSeconds(child.pid),
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

/** Linux counts in hundredths of a second. */
const TICKS_PER_SECOND = 100;

function cpuSeconds(pid) {
  if (process.platform !== 'linux') return undefined;
  // Behind the name, which may contain anything: the 14th and 15th field of the line.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
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
