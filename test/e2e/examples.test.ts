/** The programs in examples/ do what they say. Those that are tests run as all tests do. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { withDeadline } from '../support/deadline.js';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'examples');
const execute = promisify(execFile);

async function outputOf(example: string): Promise<string> {
  const { stdout, stderr } = await execute(process.execPath, [join(folder, example)], { timeout: 25_000 });
  expect(stderr).toBe('');
  return stdout;
}

it('request-reply.mjs', async () => {
  expect(await outputOf('request-reply.mjs')).toBe('sum: 6\nproduct: nobody answers\n');
});

it('work-queue.mjs', async () => {
  expect(await outputOf('work-queue.mjs')).toBe('60 jobs done, the last with 3481\nby all workers: true\n');
});

describe('service.mjs', () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  it('answers until it is told to stop', async () => {
    const service = spawn(process.execPath, [join(folder, 'service.mjs')], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = service;
    let said = '';
    const exited = new Promise<number | null>((done) => service.once('close', done));
    const url = await withDeadline(
      new Promise<string>((ready, failed) => {
        service.stdout.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          const found = /^ready at (.*)$/m.exec(said)?.[1];
          if (found) ready(found);
        });
        service.once('close', () => failed(new Error(`it ended and said ${said}`)));
      }),
      'the service to be ready',
    );
    const client = await connect({ servers: url, name: 'asks for the time' });
    const answer = await client.request('time.now', '', { timeout: 10_000 });
    expect(answer.string()).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    await client.close();
    service.kill('SIGTERM');
    expect(await withDeadline(exited, 'the service to end')).toBe(0);
    expect(said).toContain('here: asks for the time\n');
    expect(said).toMatch(/stopped\n$/);
  });
});

it('Dockerfile names a program that is there, and flags that it has', async () => {
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8');
  const list = (word: string): string[] =>
    JSON.parse(new RegExp(`^${word} (\\[.*\\])$`, 'm').exec(text)?.[1] ?? 'null');
  const [node, program] = list('ENTRYPOINT');
  expect(node).toBe('node');
  const built = join(root, (program as string).replace('node_modules/nats-turbo/', ''));
  const scratch = mkdtempSync(join(tmpdir(), 'nats-turbo-examples-'));
  try {
    const config = join(scratch, 'server.conf');
    writeFileSync(config, 'max_payload: 1MB\n');
    await execute(process.execPath, [built, '-t', '-c', config, ...list('CMD')]);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

it('the list in README.md is complete', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const listed = [...readme.matchAll(/^\| \[(.*?)\]/gm)].map(([, name]) => name).sort();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  expect(listed).toEqual(files.filter((name) => !name.endsWith('.tgz')).sort());
});
