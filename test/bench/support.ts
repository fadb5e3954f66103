/**
 * Runs the built nats-bench as a process and reads what it says. Owns the processes it starts; knows no scenario.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach } from 'vitest';
import type { BenchFile, RunResult } from '../../src/bench/types.js';
import { until, withDeadline } from '../support/deadline.js';
import type { TestServer } from '../support/server.js';

const root = resolve(import.meta.dirname, '../..');
const RUN_DEADLINE_MS = 60_000;

export interface BenchRun {
  code: number | null;
  out: string;
  err: string;
  file?: BenchFile;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** A run under way: for those that are stopped from outside. */
export class BenchProcess {
  out = '';
  err = '';
  readonly child: ChildProcess;
  readonly dir = mkdtempSync(join(tmpdir(), 'nats-bench-test-'));
  readonly ended: Promise<BenchRun>;

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    const json = join(this.dir, 'out.json');
    this.child = spawn(process.execPath, [join(root, 'dist/cli/nats-bench.js'), ...args, '--json', json], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NATS_URL: '', ...env },
    });
    running.add(this.child);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.ended = new Promise((done) => {
      this.child.once('close', (code) => {
        running.delete(this.child);
        const file = existsSync(json) ? { file: JSON.parse(readFileSync(json, 'utf8')) as BenchFile } : {};
        rmSync(this.dir, { recursive: true, force: true });
        done({ code, out: this.out, err: this.err, ...file });
      });
    });
  }

  finish(): Promise<BenchRun> {
    return withDeadline(this.ended, `nats-bench to end; it says:\n${this.err}${this.out}`, RUN_DEADLINE_MS);
  }
}

export function bench(args: readonly string[], env?: Record<string, string>): Promise<BenchRun> {
  return new BenchProcess(args, env).finish();
}

/** For runs that have to succeed: their one result. A server that a busy machine holds up has lost nothing yet. */
export async function benchOk(args: readonly string[]): Promise<RunResult> {
  const { code, file, err, out } = await bench([...args, '--quiet', '10s']);
  const run = file?.runs[0];
  if (code !== 0 || !run) throw new Error(`nats-bench ${args.join(' ')} ended with ${code}:\n${err}${out}`);
  return run;
}

/** Settles once the server, which needs its monitoring port, knows so many subscriptions of this subject. */
export async function subscribed(server: TestServer, subject: string, count = 1): Promise<void> {
  await until(async () => {
    const response = await fetch(`http://127.0.0.1:${server.monitorPort}/connz?subs=1`);
    const { connections } = (await response.json()) as { connections: { subscriptions_list?: string[] }[] };
    const found = connections.filter((one) => one.subscriptions_list?.includes(subject));
    return found.length >= count ? true : undefined;
  }, `${count} subscriptions of ${subject}`);
}
