/**
 * Starts a server for one run and ends it again. Owns the process, its port and its folder, and removes the folder.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError, textOf } from '../errors.js';
import { usage } from '../flags/parse.js';
import { probe } from './probe.js';
import { splitCommand } from './split-command.js';

const START_MS = 20_000;
const STOP_MS = 10_000;
/** Characters of a log, at each end. */
const LOG_SHOWN = 800;

/** With their folders. */
const running = new Map<ChildProcess, string>();
process.on('exit', () => {
  for (const [child, dir] of running) {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});

export interface SpawnedServer {
  url: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** The arguments of a command, checked before anything starts. */
export function checkSpawn(command: string): void {
  if (!command.includes('{port}')) {
    throw usage(
      `--spawn '${command}': write {port} where the server takes its port, e.g. 'nats-server -a 127.0.0.1 -p {port}'`,
    );
  }
  if (splitCommand(command).length === 0) throw usage('--spawn is empty');
}

/**
 * Settles once the server sends INFO. Throws a `BenchError` of code `SPAWN_FAILED` with the end of its log. `before` is the
 * port of an earlier one: it is taken again if it is free, so that reports show one server and not many.
 */
export async function spawnServer(command: string, signal: AbortSignal, before?: number): Promise<SpawnedServer> {
  const port = await freePort(before);
  const dir = mkdtempSync(join(tmpdir(), 'nats-bench-'));
  const words = splitCommand(command).map((word) => word.replaceAll('{port}', String(port)).replaceAll('{dir}', dir));
  const log = join(dir, 'server.log');
  const out = openSync(log, 'a');
  // Without a shell: the process that is measured is the server itself. In a group of its own, or Ctrl-C would end it
  // before the run that is to be reported.
  const child = spawn(words[0] as string, words.slice(1), {
    stdio: ['ignore', out, out],
    detached: process.platform !== 'win32',
  });
  closeSync(out);
  running.set(child, dir);
  let ended: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = textOf(error);
      running.delete(child);
      resolve();
    });
    child.once('exit', (code, signal) => {
      ended = `it ended with ${signal ?? `code ${code}`}`;
      running.delete(child);
      resolve();
    });
  });
  const stop = async () => {
    if (ended === undefined) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(timer);
    }
    rmSync(dir, { recursive: true, force: true });
  };
  const url = `nats://127.0.0.1:${port}`;
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      await probe({ url, servers: [`127.0.0.1:${port}`] }, 1000);
      return { url, port, pid: child.pid as number, stop };
    } catch (error) {
      if (ended === undefined && !signal.aborted && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const late = signal.aborted ? 'before it was stopped' : `within ${START_MS / 1000} s`;
      const why = ended ?? `it was not ready ${late}: ${textOf(error)}`;
      const output = shortened(readFileSync(log, 'utf8').trim());
      await stop();
      throw new BenchError('SPAWN_FAILED', `${words.join(' ')}: ${why}${output ? `\n${output}` : ''}`);
    }
  }
}

/** Servers report an error first, followed by the help of all flags, or as the last line of their log. */
function shortened(log: string): string {
  if (log.length <= 2 * LOG_SHOWN) return log;
  return `${log.slice(0, LOG_SHOWN)}\n…\n${log.slice(-LOG_SHOWN)}`;
}

function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wanted === 0 ? reject(error) : resolve(freePort())));
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
