/**
 * Runs the small programs beside this file in a Node process of their own: how a process that holds a broker ends can
 * only be seen from outside. Owns the child; never leaves it behind.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { withDeadline } from '../support/deadline.js';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Waits until the program ends by itself; a program that hangs is killed and fails the test. */
export async function runProgram(
  name: string,
  { args = [], ...options }: { args?: string[]; uid?: number; cwd?: string } = {},
  patienceMs = 20_000,
): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'programs', name), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  const ended: Ended = { code: null, signal: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ended.stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    ended.stderr += chunk;
  });
  const closed = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(Object.assign(ended, { code, signal })));
  });
  try {
    return await withDeadline(closed, `${name} to end by itself`, patienceMs);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${(error as Error).message}; so far it said:\n${ended.stdout}${ended.stderr}`);
  }
}
