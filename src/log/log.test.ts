import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowMs } from './clock.js';
import type { LogEntry } from './entry.js';
import { connectionFields } from './fields.js';
import { LogFile, LogFileError } from './file.js';
import { formatLine, formatTime } from './format.js';
import { Logger } from './logger.js';
import { RepeatLimiter } from './repeats.js';
import { LOCAL_SYSLOG, parseSyslogAddress, syslogMessage } from './syslog.js';
import type { LogTransport } from './transport.js';
import { LogWriter } from './writer.js';

const AT_MS = Date.UTC(2026, 10, 21, 1, 25, 52, 65) + 0.778;
const FORMAT = { pid: 42, time: true, utc: true, colours: false, json: false };

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

  it('is an object per line when JSON is asked for', () => {
    const entry = { level: 'ERR', text: '1.2.3.4:5 - cid:6 - a "b"\nc', timeMs: AT_MS } as const;
    const line = formatLine(entry, { ...FORMAT, json: true });
    expect(line.indexOf('\n')).toBe(line.length - 1);
    const { time, ...rest } = JSON.parse(line);
    expect(time).toBe('2026-11-21T01:25:52.065778Z');
    expect(rest).toEqual({ level: 'error', pid: 42, msg: entry.text, kind: 'Client', cid: 6, ip: '1.2.3.4', port: 5 });
    const local = JSON.parse(formatLine(entry, { ...FORMAT, json: true, utc: false }));
    expect(Date.parse(local.time)).toBe(Math.floor(AT_MS));
    expect(JSON.parse(formatLine(entry, { ...FORMAT, json: true, time: false }))).not.toHaveProperty('time');
  });

  it('knows local time from UTC', () => {
    const local = new Date(AT_MS);
    expect(formatTime(AT_MS, false)).toContain(` ${String(local.getHours()).padStart(2, '0')}:`);
    expect(formatTime(AT_MS, true)).toBe('2026/11/21 01:25:52.065778');
  });
});

describe('nowMs', () => {
  it('stays with the wall clock', () => {
    const [before, now, after] = [Date.now(), nowMs(), Date.now()];
    expect(now).toBeGreaterThan(before - 50);
    expect(now).toBeLessThan(after + 50);
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
    expect(readFileSync(path, 'utf8')).toMatch(/^\[42\] \[INF\] Rotated log, backup saved as "[^\n]*"\r\n/);
  });
});

describe('LogWriter', () => {
  /** Queues everything it gets and writes nothing. */
  class Blocked implements LogTransport {
    texts: string[] = [];
    waiting = 0;
    problem: string | undefined;
    write(text: string): number {
      this.texts.push(text);
      this.waiting += text.length;
      return this.waiting;
    }
    state = () => ({ waiting: this.waiting, problem: this.problem });
    replace(): void {}
    flush(): void {}
    close(): void {}
  }
  const line = `${'x'.repeat(1024 * 1024)}\n`;

  it('limits the queue and reports how many lines were dropped, and why, once there is room', () => {
    const transport = new Blocked();
    const writer = new LogWriter(transport, (text) => `note: ${text}\n`);
    for (let i = 0; i < 20; i++) writer.push(line);
    const kept = transport.texts.length;
    expect(kept).toBeLessThan(10);
    transport.problem = 'No space left on device';
    writer.push(line);
    transport.waiting = 0;
    transport.problem = undefined;
    writer.push('more\n');
    expect(transport.texts.slice(kept)).toEqual([
      `note: ${21 - kept} log lines dropped: No space left on device\n`,
      'more\n',
    ]);
  });

  it('tells it at the end at the latest', () => {
    const transport = new Blocked();
    const writer = new LogWriter(transport, (text) => `note: ${text}\n`);
    for (let i = 0; i < 9; i++) writer.push(line);
    transport.waiting = 0;
    writer.flush();
    expect(transport.texts.at(-1)).toMatch(/^note: 1 log line dropped: what takes the log did not keep up/);
  });
});

describe('RepeatLimiter', () => {
  const limits = { burst: 2, periodMs: 3_600_000, kindsMax: 2 };
  const auth = (n: number, level: LogEntry['level'] = 'ERR'): LogEntry => ({
    level,
    text: `127.0.0.1:5000${n} - cid:${n} - authentication error - User "u${n}"`,
    timeMs: Date.now(),
  });

  it('writes the first ones and counts the rest', () => {
    const written: LogEntry[] = [];
    const limiter = new RepeatLimiter((entry) => written.push(entry), limits);
    expect([1, 2, 3, 4, 5].map((n) => limiter.admit(auth(n)))).toEqual([true, true, false, false, false]);
    expect([1, 2, 3].map((n) => limiter.admit(auth(n, 'INF')))).toEqual([true, true, true]);
    expect(limiter.admit({ level: 'ERR', text: 'another', timeMs: Date.now() })).toBe(true);
    limiter.end();
    expect(written.map(({ level, text }) => [level, text])).toEqual([
      ['ERR', '3 more like this in the last 1s: authentication error - User "u5"'],
    ]);
    expect(limiter.admit(auth(6))).toBe(true);
  });

  it('tells the count when the period is over', async () => {
    const told = await new Promise<LogEntry>((resolve) => {
      const limiter = new RepeatLimiter(resolve, { ...limits, periodMs: 1 });
      // In one instant, whatever the clock says.
      for (const n of [1, 2, 3]) limiter.admit({ ...auth(n), timeMs: 0 });
    });
    expect(told.text).toMatch(/^1 more like this in the last \d+s: authentication error - User "u3"$/);
  });

  it('never holds more kinds apart than it may, and then holds nothing back', () => {
    const limiter = new RepeatLimiter(() => {}, limits);
    const admit = (text: string) => limiter.admit({ level: 'WRN', text, timeMs: 0 });
    expect(['a', 'b', 'c', 'c', 'c', 'a', 'a'].map(admit)).toEqual([true, true, true, true, true, true, false]);
  });
});

describe('connectionFields', () => {
  it.each([
    ['Server is ready', {}],
    ['127.0.0.1:50001 - cid:7 - Client connection created', { kind: 'Client', cid: 7, ip: '127.0.0.1', port: 50001 }],
    [
      '[::1]:50001 - cid:7 - "go:1.2:n\\"x" - "A/user:u\\"v" - Client connection closed: Client Closed',
      { cid: 7, ip: '::1', client: 'go:1.2:n"x', account: 'A', user: 'u"v', reason: 'Client Closed' },
    ],
    // What a client calls itself is not who it is.
    ['1.2.3.4:1 - cid:7 - "$G/user:admin" - ->> [OK]', { cid: 7, account: undefined, user: undefined }],
    [
      '1.2.3.4:1 - cid:7 - "x" - "$G/token" - Client connection closed: Stale Connection',
      { client: 'x', account: '$G', user: undefined, reason: 'Stale Connection' },
    ],
  ])('%s', (text, fields) => {
    // Both ways: nothing that is not there.
    expect({ ...connectionFields(text), ...fields }).toEqual(connectionFields(text));
  });
});

describe('syslogMessage', () => {
  const entry = { level: 'WRN', text: 'hello', timeMs: new Date(2026, 10, 1, 7, 26, 5).getTime() } as const;

  it('has the facility, the form and the levels that others expect', () => {
    const remote = syslogMessage(entry, parseSyslogAddress('udp://h:514'), false);
    expect(remote).toMatch(
      new RegExp(`^<4>2026-11-01T07:26:05(Z|[+-]\\d\\d:\\d\\d) \\S+ \\S+\\[${process.pid}\\]: hello\\n$`),
    );
    const local = (level: LogEntry['level']) => syslogMessage({ ...entry, level }, LOCAL_SYSLOG, false);
    expect(local('WRN')).toMatch(new RegExp(`^<28>Nov  1 07:26:05 \\S+\\[${process.pid}\\]: hello\\n$`));
    const levels = ['INF', 'DBG', 'TRC', 'ERR', 'FTL'] as const;
    expect(levels.map((level) => /^<\d+>/.exec(local(level))?.[0])).toEqual(['<29>', '<31>', '<29>', '<27>', '<26>']);
  });

  it.each([
    ['foo://h:1', /error invalid network type: "foo"/],
    ['h:514', /error invalid network type: ""/],
    ['udp://h', /no port/],
    ['unix://', /no socket/],
  ])('refuses %s', (address, text) => {
    expect(() => parseSyslogAddress(address)).toThrow(text);
  });
});
