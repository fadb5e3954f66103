/** `npm start`: quick when nothing changed, and the process behind it is the broker itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { withDeadline } from '../support/deadline.js';

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

function npmStart(args: string[]) {
  const npm = spawn('npm', ['start', '--silent', '--', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
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
