/**
 * The log file under load and under operators: rotation, moving it away, a disk that is full. What the reference can do
 * is asked of it, too.
 */
import { mkdtempSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openClient } from '../support/raw.js';
import { endServersAfterEach, type TestServer } from '../support/server.js';
import { generations, read, SERVERS, says, startQuiet } from './log-support.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-log-files-'));
});
endServersAfterEach();
afterEach(() => rmSync(folder, { recursive: true }));

/** Publishes to `n.1`, `n.2`, … and waits until the server has taken them. */
async function publish(server: TestServer, from: number, to: number): Promise<void> {
  const client = await openClient(server.port);
  for (let next = from; next <= to; ) {
    const batch: string[] = [];
    for (; next <= to && batch.length < 500; next += 1) batch.push(`PUB n.${next} 0\r\n\r\n`);
    client.send(batch.join(''));
    await client.ping();
  }
  await client.close();
}

/** The numbers of all publications in these files, as they stand there. */
function numbers(files: string[]): number[] {
  const text = files.map(read).join('');
  return [...text.matchAll(/<<- \[PUB n\.(\d+) 0\]/g)].map(([, n]) => Number(n));
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe.each(SERVERS)('%s', (name, exe) => {
  const there = name === 'nats-turbo' || exe !== undefined;

  test('rotation under load keeps every line, once, in order', async (ctx) => {
    if (!there) return ctx.skip('skipped: needs nats-server');
    const file = join(folder, 'x.log');
    const server = await startQuiet(`log_file: "${file}"\nlog_size_limit: 40000\ntrace: true\n`, [], exe);
    await publish(server, 1, 6000);
    await server.stop();
    const files = generations(file);
    expect(files.length).toBeGreaterThan(10);
    expect(numbers(files)).toEqual(upTo(6000));
    for (const [i, path] of files.entries()) {
      expect(read(path).endsWith('\n')).toBe(true);
      if (i === 0) continue;
      const backup = files[i - 1] as string;
      expect(backup.slice(file.length)).toMatch(/^\.\d{4}\.\d\d\.\d\d\.\d\d\.\d\d\.\d\d\.\d{9}$/);
      const first = read(path).split('\n')[0];
      expect(first).toMatch(
        /^\[\d+\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6} \[INF\] Rotated log, backup saved as ".*"\r$/,
      );
      expect(first).toContain(JSON.stringify(backup));
      // All but the line that was one too many.
      expect(statSync(backup).size).toBeGreaterThan(40_000);
      expect(statSync(backup).size).toBeLessThan(41_000);
    }
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  test('a file that is too large at the start is set aside at once', async (ctx) => {
    if (!there) return ctx.skip('skipped: needs nats-server');
    const file = join(folder, 'x.log');
    writeFileSync(file, 'old\n'.repeat(1000));
    const server = await startQuiet(`log_file: "${file}"\nlog_size_limit: 3000\nlog_max_num: 2\n`, [], exe);
    await says(file, 'Server is ready');
    await server.stop();
    const [backup, ...more] = generations(file);
    expect(more).toEqual([file]);
    expect(read(backup as string)).toMatch(/^(old\n){1000}\[\d+\] \S+ \S+ \[INF\] Rotating logfile\.\.\.\n$/);
  });

  test('what is one too many is purged, by name', async (ctx) => {
    if (!there) return ctx.skip('skipped: needs nats-server');
    const file = join(folder, 'x.log');
    const other = `${file}.old`;
    writeFileSync(other, 'not a backup');
    const server = await startQuiet(
      `log_file: "${file}"\nlog_size_limit: 4000\nlog_max_num: 3\ntrace: true\n`,
      [],
      exe,
    );
    await publish(server, 1, 500);
    await server.stop();
    expect(generations(file).filter((path) => path !== other)).toHaveLength(3);
    expect(read(other)).toBe('not a backup');
    expect(read(file)).toMatch(/\[INF\] Purged log file "x\.log\.\d{4}(\.\d+){6}"\r\n/);
  });

  test('moved away and opened again, twice, under load: nothing is lost', async (ctx) => {
    if (!there) return ctx.skip('skipped: needs nats-server');
    const file = join(folder, 'x.log');
    const server = await startQuiet(`log_file: "${file}"\ntrace: true\n`, [], exe);
    let from = 1;
    for (const moved of [`${file}.1`, `${file}.2`]) {
      const publishing = publish(server, from, from + 999);
      from += 1000;
      await says(file, /<<- \[PUB n\.\d+ 0\]/);
      renameSync(file, moved);
      server.kill('SIGUSR1');
      await says(file, /\[INF\] File log re-opened\n/);
      await publishing;
    }
    await server.stop();
    expect(read(`${file}.1`)).toMatch(/\[INF\] Trapped "user defined signal 1" signal\n/);
    expect(numbers([`${file}.1`, `${file}.2`, file])).toEqual(upTo(2000));
  });
});

test('a full disk stops nobody, and what fits the memory is written when there is room', async (ctx) => {
  if (process.platform !== 'linux') return ctx.skip('skipped: needs /dev/full');
  const file = join(folder, 'x.log');
  symlinkSync('/dev/full', file);
  const server = await startQuiet(`log_file: "${file}"\ntrace: true\n`);
  await publish(server, 1, 1000);
  const real = join(folder, 'real.log');
  writeFileSync(real, '');
  unlinkSync(file);
  symlinkSync(real, file);
  server.kill('SIGUSR1');
  const text = await says(real, 'File log re-opened');
  expect(text).toMatch(/^\[\d+\] \S+ \S+ \[INF\] Starting nats-server\n/);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(numbers([real])).toEqual(upTo(1000));
});

test('what does not fit the memory is counted, and the count is told with its reason', async (ctx) => {
  if (process.platform !== 'linux') return ctx.skip('skipped: needs /dev/full');
  const file = join(folder, 'x.log');
  symlinkSync('/dev/full', file);
  const server = await startQuiet(`log_file: "${file}"\ntrace: true\n`);
  const client = await openClient(server.port);
  for (let i = 0; i < 25; i += 1) {
    client.send(`PUB n 1000\r\n${'x'.repeat(1000)}\r\n`.repeat(500));
    await client.ping();
  }
  const real = join(folder, 'real.log');
  writeFileSync(real, '');
  unlinkSync(file);
  symlinkSync(real, file);
  server.kill('SIGUSR1');
  await says(real, / \[WRN\] \d+ log lines? dropped: No space left on device\n/);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(read(real)).toMatch(/\[INF\] Server Exiting\.\.\n$/);
  // Whole lines only.
  const lines = read(real).split('\n').slice(0, -1);
  expect(lines.filter((line) => !/^\[\d+\] \S+ \S+ \[[A-Z]{3}\] /.test(line))).toEqual([]);
});

test('a disk that stays full holds up neither clients nor the end', async (ctx) => {
  if (process.platform !== 'linux') return ctx.skip('skipped: needs /dev/full');
  const server = await startQuiet('log_file: "/dev/full"\ndebug: true\n');
  await publish(server, 1, 10);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});
