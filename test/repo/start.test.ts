/** `npm start`: quick when nothing changed, and the process behind it is the broker itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { withDeadline } from '../support/deadline.js';

const root = resolve(import.meta.dirname, '../..');
/** A build of everything takes minutes. */
const PREPARATION_MS = 600_000;

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

/** The broker must have nothing left to prepare: how long that takes says nothing about what is judged here. */
beforeAll(async () => {
  const { exited } = npmStart(['--version']);
  expect(await withDeadline(exited, 'the preparation', PREPARATION_MS)).toBe(0);
}, PREPARATION_MS);

function npmStart(args: string[]) {
  const npm = spawn('npm', ['start', '--silent', '--', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  npm.stdout.resume();
  child = npm;
  const said = { text: '' };
  const ready = new Promise<void>((resolve) => {
    npm.stderr.on('data', (chunk: Buffer) => {
      said.text += chunk;
      if (said.text.includes('Server is ready')) resolve();
    });
  });
  const exited = new Promise<number | null>((resolve) => npm.once('close', resolve));
  return { npm, said, ready, exited };
}

it.each(['SIGINT', 'SIGTERM'] as const)('%s to npm reaches the broker, which ends in order', async (signal) => {
  const { npm, said, ready, exited } = npmStart(['-a', '127.0.0.1', '-p', '-1']);
  await withDeadline(Promise.race([ready, exited]), 'the broker to be ready');
  npm.kill(signal);
  const code = await withDeadline(exited, 'npm to end');
  expect(said.text).toContain('Server Exiting');
  expect(code).toBe(0);
  // A preparation that has something to do says so first.
  expect(said.text).toMatch(/^\[\d+\] .*Starting/);
});

it('passes the exit code through', async () => {
  const { exited } = npmStart(['-c', 'test/repo/no-such-file.conf']);
  expect(await withDeadline(exited, 'npm to end')).toBe(1);
});

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s while something is being prepared ends that as well', async (signal, code) => {
  const helper = 'process.stdout.write("runs"); setInterval(() => {}, 1000)';
  const script = `
    const { run } = await import(${JSON.stringify(pathToFileURL(join(root, 'scripts/lib/run.mjs')).href)});
    await run(process.execPath, ['-e', ${JSON.stringify(helper)}]);`;
  const preparing = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child = preparing;
  await withDeadline(new Promise((resolve) => preparing.stderr.once('data', resolve)), 'the helper to run');
  // Both hold the other end: it closes when both are gone.
  const gone = new Promise((resolve) => preparing.stderr.once('close', resolve));
  const exited = new Promise<number | null>((resolve) => preparing.once('exit', resolve));
  preparing.kill(signal);
  expect(await withDeadline(exited, 'the preparation to end')).toBe(code);
  await withDeadline(gone, 'the helper to end');
});
