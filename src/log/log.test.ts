import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowMs } from './clock.js';
import { LogFile, LogFileError } from './file.js';
import { formatLine, formatTime } from './format.js';
import { Logger } from './logger.js';
import { BatchWriter } from './writer.js';

const AT_MS = Date.UTC(2026, 10, 21, 1, 25, 52, 65) + 0.778;
const FORMAT = { pid: 42, time: true, utc: true, colours: false };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-turbo-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('formatLine', () => {
  it('writes pid, microseconds, label and text', () => {
    const entry = { level: 'INF', text: 'hello', timeMs: AT_MS } as const;
    expect(formatLine(entry, FORMAT)).toBe('[42] 2026/11/21 01:25:52.065778 [INF] hello\n');
    expect(formatLine(entry, { ...FORMAT, time: false })).toBe('[42] [INF] hello\n');
  });

  it.each([
    ['INF', '32'],
    ['DBG', '36'],
    ['WRN', '0;93'],
    ['ERR', '31'],
    ['FTL', '31'],
    ['TRC', '33'],
  ] as const)('colours %s for terminals', (level, code) => {
    const line = formatLine({ level, text: 'x', timeMs: AT_MS }, { ...FORMAT, time: false, colours: true });
    expect(line).toBe(`[42] [\u001b[${code}m${level}\u001b[0m] x\n`);
  });

  it('knows local time from UTC', () => {
    const local = new Date(AT_MS);
    expect(formatTime(AT_MS, false)).toContain(` ${String(local.getHours()).padStart(2, '0')}:`);
    expect(formatTime(AT_MS, true)).toBe('2026/11/21 01:25:52.065778');
  });
});

describe('nowMs', () => {
  it('stays with the wall clock', () => {
    expect(Math.abs(nowMs() - Date.now())).toBeLessThan(50);
  });
});

describe('Logger', () => {
  const options = { time: false, utc: false, debug: false, trace: false };

  it('appends to a file nobody else may read, and loses nothing at the end', () => {
    const file = join(folder, 'x.log');
    for (const text of ['one', 'two']) {
      const logger = new Logger({ ...options, file });
      logger.write({ level: 'INF', text, timeMs: 0 });
      logger.write({ level: 'DBG', text: 'hidden', timeMs: 0 });
      logger.write({ level: 'TRC', text: 'hidden', timeMs: 0 });
      logger.close();
    }
    expect(readFileSync(file, 'utf8')).toBe(`[${process.pid}] [INF] one\n[${process.pid}] [INF] two\n`);
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it('re-opens the file under its old path', () => {
    const file = join(folder, 'x.log');
    const logger = new Logger({ ...options, debug: true, trace: true, file });
    logger.write({ level: 'DBG', text: 'before', timeMs: 0 });
    renameSync(file, `${file}.1`);
    expect(logger.reopen()).toBe(true);
    logger.write({ level: 'TRC', text: 'after', timeMs: 0 });
    logger.close();
    expect(readFileSync(`${file}.1`, 'utf8')).toContain('before');
    expect(readFileSync(file, 'utf8')).toBe(`[${process.pid}] [TRC] after\n`);
  });

  it('lives by other options from the next line on', () => {
    const [first, second] = [join(folder, 'a.log'), join(folder, 'b.log')] as const;
    const logger = new Logger({ ...options, file: first });
    const write = (text: string) => logger.write({ level: 'DBG', text, timeMs: 0 });
    write('hidden');
    logger.reconfigure({ ...options, file: first, debug: true });
    write('one');
    logger.reconfigure({ ...options, file: second, debug: true });
    write('two');
    expect(() => logger.reconfigure({ ...options, file: join(folder, 'none', 'x.log') })).toThrow(LogFileError);
    write('three');
    logger.close();
    const line = (text: string) => `[${process.pid}] [DBG] ${text}\n`;
    expect(readFileSync(first, 'utf8')).toBe(line('one'));
    expect(readFileSync(second, 'utf8')).toBe(line('two') + line('three'));
  });

  it('says which file does not open', () => {
    const file = join(folder, 'none', 'x.log');
    const failure = expect(() => new Logger({ ...options, file }));
    failure.toThrow(LogFileError);
    failure.toThrow(`error opening file: open ${file}: no such file or directory`);
  });
});

describe('LogFile', () => {
  it('sets a large file aside and keeps as many as it may', () => {
    const path = join(folder, 'x.log');
    const log = new LogFile(path, { sizeLimit: 60, maxFiles: 3, format: { ...FORMAT, time: false } });
    for (let i = 0; i < 12; i++) {
      log.write({ level: 'INF', text: `line ${i} ${'.'.repeat(60)}`, timeMs: AT_MS + i });
    }
    log.close();
    const backups = readdirSync(folder).filter((name) => name !== 'x.log');
    expect(backups).toHaveLength(2);
    for (const name of backups) expect(name).toMatch(/^x\.log\.\d{4}\.\d\d\.\d\d\.\d\d\.\d\d\.\d\d\.\d{9}$/);
    expect(readFileSync(path, 'utf8')).toMatch(/^\[42\] \[INF\] Rotated log, backup saved as "/);
  });
});

describe('BatchWriter', () => {
  it('writes what a full pipe refused as soon as there is room', () => {
    let room = 0;
    let written = '';
    const write = ((_fd: number, bytes: Buffer) => {
      if (room === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
      const part = bytes.subarray(0, Math.min(room, 3));
      room -= part.length;
      written += part.toString();
      return part.length;
    }) as typeof import('node:fs').writeSync;
    const writer = new BatchWriter(1, write);
    writer.push('first line\n');
    writer.flush();
    expect(written).toBe('');
    room = 1000;
    writer.push('second line\n');
    writer.flush();
    expect(written).toBe('first line\nsecond line\n');
  });

  it('bounds what it keeps and says how much was dropped', () => {
    let open = false;
    let written = '';
    const write = ((_fd: number, bytes: Buffer) => {
      if (!open) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
      written += bytes.toString();
      return bytes.length;
    }) as typeof import('node:fs').writeSync;
    const writer = new BatchWriter(1, write);
    const line = `${'x'.repeat(1024 * 1024)}\n`;
    for (let i = 0; i < 20; i++) writer.push(line);
    open = true;
    writer.flush();
    expect(written.length).toBeLessThan(10 * 1024 * 1024);
    expect(written).toMatch(/\((\d+) log lines dropped/);
  });

  it('goes quiet when nobody reads any more', () => {
    let attempts = 0;
    const write = (() => {
      attempts += 1;
      throw Object.assign(new Error('gone'), { code: 'EPIPE' });
    }) as unknown as typeof import('node:fs').writeSync;
    const writer = new BatchWriter(1, write);
    writer.push('a\n');
    writer.flush();
    writer.push('b\n');
    writer.flush();
    expect(attempts).toBe(1);
  });
});
