/**
 * Counts the sync calls of a process by tracing it. Tracing slows it down, so this is a separate run whose times are not
 * used. Owns the tracer process.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CALLS = 'fsync,fdatasync,sync_file_range';

export interface SyncTrace {
  /** Settles with the number of calls since the start. */
  stop(): Promise<number>;
}

/** A sentence says why the process can't be traced. */
export async function traceSyncs(pid: number): Promise<SyncTrace | string> {
  if (process.platform !== 'linux') return 'only Linux has the tracer that counts them';
  const dir = mkdtempSync(join(tmpdir(), 'nats-bench-'));
  const file = join(dir, 'calls');
  const child = spawn('strace', ['-f', '-e', `trace=${CALLS}`, '-o', file, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? 'strace is not installed' : error.message),
    );
    child.once('close', () => resolve(`the process can't be traced: ${output.trim().split('\n').at(-1) ?? ''}`));
  });
  const attached = new Promise<undefined>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (/attached/.test(output)) resolve(undefined);
    });
  });
  const failed = await Promise.race([attached, ended]);
  if (failed !== undefined) {
    rmSync(dir, { recursive: true, force: true });
    return failed;
  }
  return {
    async stop() {
      child.kill('SIGINT');
      await ended;
      // One line per call; one that was interrupted by another thread has a second line, "resumed".
      const calls = readFileSync(file, 'utf8').match(/^\d+\s+(?:fsync|fdatasync|sync_file_range)\(/gm)?.length ?? 0;
      rmSync(dir, { recursive: true, force: true });
      return calls;
    },
  };
}
